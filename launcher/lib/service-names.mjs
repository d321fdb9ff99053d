/** The five services, in the order in which they start and in which their health ports lie. */
export const serviceNames = Object.freeze(['ingest', 'packager', 'playback', 'timeshift', 'broadcast']);
