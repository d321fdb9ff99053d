import { fetchText, type Fetched } from './playlists.ts';

/** One EXT-X-PART as listed. */
export interface ListedPart {
  readonly url: string;
  readonly durationSec: number;
  readonly independent: boolean;
  readonly partIndex: number;
}

/** A segment as a low-latency playlist tells of it; `url` is absent while it is produced. */
export interface LiveSegment {
  readonly mediaSequence: number;
  readonly url?: string;
  readonly durationSec?: number;
  readonly parts: readonly ListedPart[];
  /** The tags before its first part or URI, in order. */
  readonly contextTags: readonly string[];
}

/** What a media playlist of Low-Latency HLS says, read by hand. */
export interface LivePlaylist {
  readonly fetched: Fetched;
  /** Closed ones, then the one that is produced, if it has parts. */
  readonly segments: readonly LiveSegment[];
  readonly partTargetSec: number | undefined;
  readonly serverControl: ReadonlyMap<string, string>;
  readonly hints: ReadonlyArray<ReadonlyMap<string, string>>;
  readonly reports: ReadonlyArray<ReadonlyMap<string, string>>;
  readonly skipped: number;
}

/** The attributes of a tag's value, quotes removed. */
export function attributesOf(list: string): Map<string, string> {
  const found = [...list.matchAll(/([A-Z0-9-]+)=("[^"]*"|[^,]*)/g)];
  return new Map(found.map(([, name, value]) => [name!, value!.replaceAll('"', '')]));
}

const valuesOf = (text: string, tag: string): string[] =>
  text
    .split('\n')
    .filter((line) => line.startsWith(`#${tag}:`))
    .map((line) => line.slice(tag.length + 2));

/** Reads a media playlist. */
export function readLive(fetched: Fetched): LivePlaylist {
  const { text } = fetched;
  const partInf = valuesOf(text, 'EXT-X-PART-INF')[0];
  const skipped = Number(attributesOf(valuesOf(text, 'EXT-X-SKIP')[0] ?? '').get('SKIPPED-SEGMENTS') ?? 0);
  return {
    fetched,
    segments: segmentsOf(fetched, skipped),
    partTargetSec: partInf === undefined ? undefined : Number(attributesOf(partInf).get('PART-TARGET')),
    serverControl: attributesOf(valuesOf(text, 'EXT-X-SERVER-CONTROL')[0] ?? ''),
    hints: valuesOf(text, 'EXT-X-PRELOAD-HINT').map(attributesOf),
    reports: valuesOf(text, 'EXT-X-RENDITION-REPORT').map(attributesOf),
    skipped,
  };
}

function segmentsOf({ text, url }: Fetched, skipped: number): LiveSegment[] {
  const segments: LiveSegment[] = [];
  let mediaSequence = Number(valuesOf(text, 'EXT-X-MEDIA-SEQUENCE')[0] ?? 0) + skipped;
  let parts: ListedPart[] = [];
  let contextTags: string[] = [];
  let durationSec = 0;
  for (const line of text.split('\n')) {
    if (line.startsWith('#EXT-X-PART:')) {
      const attributes = attributesOf(line.slice(12));
      parts.push({
        url: new URL(attributes.get('URI')!, url).href,
        durationSec: Number(attributes.get('DURATION')),
        independent: attributes.get('INDEPENDENT') === 'YES',
        partIndex: parts.length,
      });
    } else if (/^#EXT-X-(?:DISCONTINUITY$|MAP:|PROGRAM-DATE-TIME:)/.test(line)) contextTags.push(line);
    else if (line.startsWith('#EXTINF:')) durationSec = Number.parseFloat(line.slice(8));
    if (line === '' || line.startsWith('#')) continue;
    segments.push({ mediaSequence, url: new URL(line, url).href, durationSec, parts, contextTags });
    mediaSequence += 1;
    parts = [];
    contextTags = [];
  }
  return parts.length === 0 ? segments : [...segments, { mediaSequence, parts, contextTags }];
}

/** The last media sequence and part index that a playlist names; part -1 of a segment that has just been closed. */
export function edgeOf({ segments }: LivePlaylist): { mediaSequence: number; partIndex: number } {
  const last = segments.at(-1)!;
  return last.url === undefined
    ? { mediaSequence: last.mediaSequence, partIndex: last.parts.length - 1 }
    : { mediaSequence: last.mediaSequence + 1, partIndex: -1 };
}

/** The same URL with delivery directives. */
export function withDirectives(url: string, directives: Record<string, string | number>): string {
  const asked = new URL(url);
  for (const [name, value] of Object.entries(directives)) asked.searchParams.set(`_HLS_${name}`, String(value));
  return asked.href;
}

/** One answer to a blocking request. */
export interface BlockedReply {
  readonly playlist: LivePlaylist;
  readonly askedAtMs: number;
  readonly answeredAtMs: number;
  readonly asked: { readonly mediaSequence: number; readonly partIndex: number };
}

/** Follows a media playlist part by part as a low-latency player does, until told to stop. */
export function followLive(url: string): { readonly replies: readonly BlockedReply[]; stop(): Promise<void> } {
  const replies: BlockedReply[] = [];
  const stopping = new AbortController();
  const follow = async (): Promise<void> => {
    let playlist = readLive(await fetchText(url));
    while (!stopping.signal.aborted) {
      const edge = edgeOf(playlist);
      const asked = { mediaSequence: edge.mediaSequence, partIndex: edge.partIndex + 1 };
      const askedAtMs = performance.now();
      const fetched = await fetchText(withDirectives(url, { msn: asked.mediaSequence, part: asked.partIndex }));
      if (fetched.status !== 200) throw new Error(`${fetched.url}: ${fetched.status} ${fetched.text}`);
      playlist = readLive(fetched);
      replies.push({ playlist, asked, askedAtMs, answeredAtMs: performance.now() });
    }
  };
  const following = follow();
  // Raised where the follower is stopped.
  following.catch(() => undefined);
  return {
    replies,
    stop: () => {
      stopping.abort();
      return following;
    },
  };
}

/** The full playlist that a client holds after a delta update (rfc8216bis 6.3.7). */
export function mergedWith(previous: string, delta: string): string {
  const skipped = Number(attributesOf(valuesOf(delta, 'EXT-X-SKIP')[0] ?? '').get('SKIPPED-SEGMENTS') ?? 0);
  if (skipped === 0) return delta;
  const first = Number(valuesOf(delta, 'EXT-X-MEDIA-SEQUENCE')[0]);
  const held = blocksOf(previous);
  const kept = held.blocks.slice(first - held.first, first - held.first + skipped);
  if (kept.length !== skipped) throw new Error(`delta skips ${skipped} from ${first}, the client holds ${kept.length}`);
  return delta
    .split('\n')
    .flatMap((line) => (line.startsWith('#EXT-X-SKIP:') ? kept.flat() : [line]))
    .join('\n');
}

const HEAD =
  /^#(?:EXTM3U|EXT-X-(?:VERSION|TARGETDURATION|PART-INF|SERVER-CONTROL|MEDIA-SEQUENCE|DISCONTINUITY-SEQUENCE|INDEPENDENT-SEGMENTS|DATERANGE|PLAYLIST-TYPE))/;

/** The lines of each closed segment of a full playlist. */
function blocksOf(text: string): { first: number; blocks: string[][] } {
  const blocks: string[][] = [[]];
  for (const line of text.split('\n')) {
    if (HEAD.test(line)) continue;
    blocks.at(-1)!.push(line);
    if (line !== '' && !line.startsWith('#')) blocks.push([]);
  }
  return { first: Number(valuesOf(text, 'EXT-X-MEDIA-SEQUENCE')[0]), blocks };
}
