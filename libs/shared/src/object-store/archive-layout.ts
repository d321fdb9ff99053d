/** Where the archive keeps an init segment: written once, by timeshift, before the first object that refers to it. */
export const initObjectKey = (inputId: string, sha256: string): string => `init/${inputId}/${sha256}.mp4`;
