const MEDIA_ROOT = 'media/';

/** What the key of an archive object says about it. */
export interface ArchiveKey {
  readonly inputId: string;
  /** Earliest start of a segment in it, whole milliseconds since 1970. */
  readonly firstStartMs: number;
  readonly fence: number;
  /** Last journal record in it. */
  readonly journalSequence: number;
}

/** The fence of rows that the bucket tells anew: the oldest generation, so that a writer at work is not disturbed. */
export const REBUILD_FENCE = 0;

/** The folder of all inputs' media. */
export const mediaRoot = MEDIA_ROOT;

/** The folder of an input's archive objects. */
export const mediaFolder = (inputId: string): string => `${MEDIA_ROOT}${inputId}/`;

/** The folder of an input's init segments. */
export const initFolder = (inputId: string): string => `init/${inputId}/`;

/** Keys of one input sort by time: `media/{inputId}/{YYYY}/{MM}/{DD}/{HH}/{firstStartMs}-{fence}-{journalSequence}.hwar`. */
export function archiveKey(parts: ArchiveKey): string {
  const firstStartMs = Math.floor(parts.firstStartMs);
  const hourFolder = new Date(firstStartMs).toISOString().slice(0, 13).replaceAll(/[-T]/g, '/');
  return `${mediaFolder(parts.inputId)}${hourFolder}/${firstStartMs}-${parts.fence}-${parts.journalSequence}.hwar`;
}

/** What a key names; undefined when it is not an archive object's. */
export function parseArchiveKey(key: string): ArchiveKey | undefined {
  const match = /^media\/([^/]+)\/\d{4}\/\d\d\/\d\d\/\d\d\/(\d+)-(\d+)-(\d+)\.hwar$/.exec(key);
  if (match === null) return undefined;
  const [, inputId = '', firstStartMs, fence, journalSequence] = match;
  return {
    inputId,
    firstStartMs: Number(firstStartMs),
    fence: Number(fence),
    journalSequence: Number(journalSequence),
  };
}
