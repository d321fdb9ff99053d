import { chunksOf, sha256 } from './cmaf-walk.ts';
import { edgeOf, readLive, type LivePlaylist } from './low-latency.ts';
import { listedSegments, tagOf, type Fetched, type ListedSegment } from './playlists.ts';

/** What a viewer was served under one media sequence. */
export interface ServedSegment {
  readonly sha256: string;
  readonly sizeBytes: number;
  readonly chunkSha256s: readonly string[];
  readonly seenAtMs: number;
}

/** The edge of a track as it was once seen. */
interface Edge {
  readonly first: number;
  readonly newest: number;
  readonly atMs: number;
}

const NOWHERE: Edge = { first: -1, newest: -1, atMs: 0 };

/** PROGRAM-DATE-TIME is written in milliseconds, and durations are summed up from the last one that is written. */
const CLOCK_TOLERANCE_MS = 20;
const FIXED_TAGS = ['TARGETDURATION', 'PART-INF', 'SERVER-CONTROL'] as const;
const REMEMBERED_EDGES = 256;
/** Parts of segments this far behind the newest are not waited for any more. */
const PARTS_KEPT_SEGMENTS = 4;

/** Everything that viewers were told and served of one track, and what of it no viewer may see. No I/O. */
export class TrackRecord {
  readonly served = new Map<number, ServedSegment>();
  readonly faults: string[] = [];
  /** How many answers to blocking requests were seen. */
  blockedAnswers = 0;
  readonly #name: string;
  readonly #staleMs: number;
  readonly #listed = new Map<number, ListedSegment>();
  readonly #fixed = new Map<string, string | undefined>();
  readonly #parts = new Map<string, Buffer>();
  #edges: Edge[] = [];
  #playlist: LivePlaylist | undefined;
  #longestPauseMs = 0;

  /** `staleMs`: how old a node's view may be. */
  constructor(name: string, staleMs: number) {
    this.#name = name;
    this.#staleMs = staleMs;
  }

  /** The newest media sequence that was listed, -1 before the first. */
  get newest(): number {
    return this.#edges.at(-1)?.newest ?? -1;
  }

  /** The first media sequence that was ever listed. */
  get oldest(): number {
    return Math.min(...this.#listed.keys());
  }

  /** The longest that a viewer waited for a further segment. */
  get longestPauseMs(): number {
    return this.#longestPauseMs;
  }

  /** The last playlist that was seen. */
  get playlist(): LivePlaylist | undefined {
    return this.#playlist;
  }

  /** Whether this is the record of that track. */
  tells(trackId: number): boolean {
    return this.#name.endsWith(`/${trackId}.m3u8`);
  }

  listedAs(mediaSequence: number): ListedSegment | undefined {
    return this.#listed.get(mediaSequence);
  }

  /** Takes an answer of 200 to a request made at `askedAtMs`; returns the segments that are new. */
  see(fetched: Fetched, askedAtMs: number, nowMs: number): ListedSegment[] {
    const segments = listedSegments(fetched);
    this.#playlist = readLive(fetched);
    this.#compareFixedTags(fetched);
    this.#compareEdges(segments, askedAtMs, nowMs);
    const fresh = segments.filter(({ mediaSequence }) => !this.#listed.has(mediaSequence));
    for (const segment of segments) this.#compareSegment(segment);
    this.#compareNeighbours(segments);
    return fresh;
  }

  /** Takes the answer to a blocking request for this part. */
  seeBlocked(asked: { mediaSequence: number; partIndex: number }, fetched: Fetched): void {
    this.blockedAnswers += 1;
    const edge = edgeOf(readLive(fetched));
    const reached =
      edge.mediaSequence > asked.mediaSequence ||
      (edge.mediaSequence === asked.mediaSequence && edge.partIndex >= asked.partIndex);
    if (!reached && tagOf(fetched, 'ENDLIST') === undefined && !fetched.text.includes('#EXT-X-ENDLIST'))
      this.fault(
        `asked for ${asked.mediaSequence}.${asked.partIndex}, answered ${edge.mediaSequence}.${edge.partIndex}`,
      );
  }

  /** Takes the bytes of a listed part. */
  serve(mediaSequence: number, partIndex: number, bytes: Buffer): void {
    this.#parts.set(`${mediaSequence}.${partIndex}`, bytes);
    for (const key of this.#parts.keys())
      if (Number.parseInt(key, 10) < this.newest - PARTS_KEPT_SEGMENTS) this.#parts.delete(key);
  }

  /** Takes the bytes of a listed segment. */
  serveSegment(mediaSequence: number, bytes: Buffer, nowMs: number): void {
    const hash = sha256(bytes);
    const known = this.served.get(mediaSequence);
    if (known !== undefined && known.sha256 !== hash) this.fault(`segment ${mediaSequence}: bytes differ`);
    if (known !== undefined) return;
    const chunkSha256s = chunksOf(bytes).map(sha256);
    this.served.set(mediaSequence, { sha256: hash, sizeBytes: bytes.length, chunkSha256s, seenAtMs: nowMs });
    this.#compareParts(mediaSequence, bytes);
  }

  fault(what: string): void {
    this.faults.push(`${this.#name}: ${what}`);
  }

  #compareFixedTags(fetched: Fetched): void {
    for (const tag of FIXED_TAGS) {
      const value = tagOf(fetched, tag);
      if (this.#fixed.has(tag) && this.#fixed.get(tag) !== value)
        this.fault(`${tag} ${this.#fixed.get(tag)} became ${value}`);
      this.#fixed.set(tag, value);
    }
  }

  #compareEdges(segments: readonly ListedSegment[], askedAtMs: number, nowMs: number): void {
    const edge = { first: segments[0]?.mediaSequence ?? -1, newest: segments.at(-1)?.mediaSequence ?? -1, atMs: nowMs };
    this.#compareWithSettled(edge, askedAtMs);
    const last = this.#edges.at(-1) ?? NOWHERE;
    if (edge.newest > last.newest && last.newest >= 0)
      this.#longestPauseMs = Math.max(this.#longestPauseMs, nowMs - this.#firstSeenMs(last.newest));
    if (edge.first <= last.first && edge.newest <= last.newest) return;
    const furthest = {
      first: Math.max(edge.first, last.first),
      newest: Math.max(edge.newest, last.newest),
      atMs: nowMs,
    };
    this.#edges = [...this.#edges.slice(-REMEMBERED_EDGES), furthest];
  }

  /** Nodes may differ by moments: only what was known everywhere before the request must be in the answer. */
  #compareWithSettled(edge: Edge, askedAtMs: number): void {
    const settled = this.#edges.findLast(({ atMs }) => atMs <= askedAtMs - this.#staleMs) ?? NOWHERE;
    const sinceMs = Math.round(edge.atMs - settled.atMs);
    if (edge.newest < settled.newest)
      this.fault(`newest was ${settled.newest} for ${sinceMs} ms, a node says ${edge.newest}`);
    if (edge.first < settled.first)
      this.fault(`oldest was ${settled.first} for ${sinceMs} ms, a node says ${edge.first}`);
  }

  #firstSeenMs(newest: number): number {
    return this.#edges.find((edge) => edge.newest === newest)?.atMs ?? Number.NaN;
  }

  #compareSegment(segment: ListedSegment): void {
    const { mediaSequence } = segment;
    const known = this.#listed.get(mediaSequence);
    this.#listed.set(mediaSequence, known ?? segment);
    if (known === undefined) return;
    const facts = (one: ListedSegment): string =>
      `${pathOf(one.url)} ${one.durationSec} ${one.discontinuitySequence} ${pathOf(one.mapUrl)}`;
    if (facts(known) !== facts(segment))
      this.fault(`segment ${mediaSequence}: ${facts(known)} became ${facts(segment)}`);
    if (Math.abs(known.programDateTimeMs - segment.programDateTimeMs) > CLOCK_TOLERANCE_MS)
      this.fault(`segment ${mediaSequence}: began at ${known.programDateTimeMs}, now ${segment.programDateTimeMs}`);
  }

  #compareNeighbours(segments: readonly ListedSegment[]): void {
    for (const [index, segment] of segments.entries()) {
      const before = segments[index - 1];
      if (before === undefined) continue;
      const seam = `between ${before.mediaSequence} and ${segment.mediaSequence}`;
      const cut = segment.discontinuitySequence - before.discontinuitySequence;
      if (cut < 0) this.fault(`discontinuity sequence falls ${seam}`);
      const jumpMs = segment.programDateTimeMs - before.programDateTimeMs - before.durationSec * 1000;
      if (cut === 0 && Math.abs(jumpMs) > CLOCK_TOLERANCE_MS) this.fault(`a jump of ${jumpMs} ms ${seam}`);
    }
  }

  /** The bytes of a segment are those of its parts (rfc8216bis 3.2). */
  #compareParts(mediaSequence: number, bytes: Buffer): void {
    const parts: Buffer[] = [];
    for (let part = this.#parts.get(`${mediaSequence}.0`); part !== undefined;) {
      parts.push(part);
      part = this.#parts.get(`${mediaSequence}.${parts.length}`);
    }
    let at = 0;
    for (const [partIndex, part] of parts.entries()) {
      // Shorter than the segment when a part came and went between two looks.
      if (!bytes.subarray(at, at + part.length).equals(part))
        this.fault(
          `segment ${mediaSequence}: part ${partIndex} of ${part.length} bytes is not what lies at ${at} of ${bytes.length}`,
        );
      at += part.length;
    }
  }
}

const pathOf = (url: string): string => (url === '' ? '' : new URL(url).pathname);
