/** What the URL of a segment of an origin says. */
export interface SegmentAddress {
  /** The input as the URL names it, by either of its ids. */
  readonly input: string;
  readonly trackId: number;
  readonly mediaSequence: number;
  /** Where its bytes are, as the encoder sent them: of a WebVTT file, the segment that it was made of. */
  readonly mediaUrl: string;
  /** The keys of the origin. */
  readonly keysUrl: string;
  readonly trackReportUrl: string;
  readonly segmentReportUrl: string;
}

const LIVE = /^(.*)\/live\/([^/]+)\/([1-9]\d{0,9})\/(\d{1,15})\.(?:m4s|vtt)$/;
const SHIFTED = /^(.*)\/shift\/([^/]+)\/([1-9]\d{0,9})\/\d{1,7}-(\d{1,15})\.m4s$/;

/** Reads the URL of a segment; undefined when it names none of an origin. The query, a token perhaps, goes with every address. */
export function addressOf(url: string): SegmentAddress | undefined {
  const { pathname, origin, search } = new URL(url);
  const match = LIVE.exec(pathname) ?? SHIFTED.exec(pathname);
  if (match === null) return undefined;
  const [, prefix = '', input = '', trackId = '', mediaSequence = ''] = match;
  const at = (path: string): string => `${origin}${prefix}/provenance/${path}${search}`;
  return {
    input: decodeURIComponent(input),
    trackId: Number(trackId),
    mediaSequence: Number(mediaSequence),
    mediaUrl: `${origin}${pathname.replace(/\.vtt$/, '.m4s')}${search}`,
    keysUrl: at('keys.json'),
    trackReportUrl: at(`${input}/${trackId}.json`),
    segmentReportUrl: at(`${input}/${trackId}/${mediaSequence}.json`),
  };
}
