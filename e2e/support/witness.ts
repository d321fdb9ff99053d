import { setTimeout as sleep } from 'node:timers/promises';
import { edgeOf, withDirectives, type ListedPart } from './low-latency.ts';
import { mediaPlaylistUrls, untilPlayable, type Fetched, type ListedSegment } from './playlists.ts';
import { TrackRecord } from './track-record.ts';

/** A viewer without stickiness: each request goes to any node, and to another when that one does not answer. */
export interface Witness {
  /** By media playlist path. */
  readonly tracks: ReadonlyMap<string, TrackRecord>;
  /** The newest media sequence that viewers have of every track. */
  newest(): number;
  /** What no viewer may see. */
  faults(): string[];
  /** The longest that a viewer of any track waited for a further segment. */
  longestPauseMs(): number;
  /** How many blocking requests were answered. */
  blockedAnswers(): number;
  /** Fetches what is listed now from every node; resolves when the record is complete. */
  stop(): Promise<void>;
}

export interface WitnessOptions {
  /** Base URLs of the playback nodes. */
  readonly doors: readonly string[];
  /** Path of the multivariant playlist. */
  readonly path: string;
  readonly trackCount: number;
  readonly everyMs?: number;
  /** How old a node's view may be. */
  readonly staleMs?: number;
}

const REQUEST_MS = 4000;
const BLOCKED_REQUEST_MS = 12_000;
/** How long a viewer looks for a node that answers. */
const PATIENCE_MS = 30_000;
const RETRY_MS = 100;
/** Of the looks at a low-latency playlist that could block. */
const PLAIN_SHARE = 0.25;

/** Watches a presentation until it is stopped; resolves when it is playable. */
export async function startWitness(options: WitnessOptions): Promise<Witness> {
  const { doors, path, trackCount, staleMs = 1000 } = options;
  const multivariant = await untilPlayable(`${doors[0]}${path}`, { segments: 2, tracks: trackCount });
  const paths = mediaPlaylistUrls(multivariant).map((url) => new URL(url).pathname);
  const tracks = new Map(paths.map((one) => [one, new TrackRecord(one, staleMs)]));
  const stopping = new AbortController();
  const viewers = [...tracks].map(
    ([media, record]) => new Viewer({ ...options, signal: stopping.signal }, media, record),
  );
  const watching = Promise.all(viewers.map((viewer) => viewer.watch()));
  // Raised where the witness is stopped.
  watching.catch(() => undefined);
  const records = [...tracks.values()];
  return {
    tracks,
    newest: () => Math.min(...records.map((record) => record.newest)),
    faults: () => records.flatMap((record) => record.faults),
    longestPauseMs: () => Math.max(...records.map((record) => record.longestPauseMs)),
    blockedAnswers: () => records.reduce((sum, record) => sum + record.blockedAnswers, 0),
    stop: async () => {
      stopping.abort();
      await watching;
      await Promise.all(viewers.map((viewer) => viewer.lookEverywhere()));
    },
  };
}

interface Answer {
  readonly url: string;
  readonly status: number;
  readonly bytes: Buffer;
  readonly headers: Headers;
}

interface Asking {
  readonly withinMs?: number;
  /** Instead of all nodes. */
  readonly doors?: readonly string[];
  /** It waits for what may never come once the witness is stopped. */
  readonly waits?: boolean;
}

type ViewerOptions = WitnessOptions & {
  /** Ends what is being waited for. */
  readonly signal: AbortSignal;
};

/** Follows one media playlist and fetches everything that it lists. */
class Viewer {
  readonly #options: ViewerOptions;
  readonly #path: string;
  readonly #record: TrackRecord;
  readonly #fetched = new Set<string>();
  readonly #refusedHints = new Set<string>();
  #hinted: Promise<void> | undefined;

  constructor(options: ViewerOptions, path: string, record: TrackRecord) {
    this.#options = options;
    this.#path = path;
    this.#record = record;
  }

  async watch(): Promise<void> {
    while (!this.#isOver) {
      const asked = this.#nextPart();
      if (asked === undefined || Math.random() < PLAIN_SHARE) {
        await this.#look(this.#path);
        await sleep(this.#options.everyMs ?? 300);
      } else {
        const query = { msn: asked.mediaSequence, part: asked.partIndex };
        const { pathname, search } = new URL(withDirectives(`http://any${this.#path}`, query));
        const fetched = await this.#look(`${pathname}${search}`, { withinMs: BLOCKED_REQUEST_MS, waits: true });
        if (fetched?.status === 200) this.#record.seeBlocked(asked, fetched);
      }
    }
    await this.#hinted;
  }

  /** At the end every node must list the same numbers with the same bytes. */
  async lookEverywhere(): Promise<void> {
    for (const door of this.#options.doors) {
      await this.#look(this.#path, { doors: [door] });
      for (const mediaSequence of [...this.#record.served.keys()].slice(-3)) {
        const path = new URL(this.#record.listedAs(mediaSequence)!.url).pathname;
        const answer = await this.#ask(path, { doors: [door] });
        if (answer.status === 200) this.#record.serveSegment(mediaSequence, answer.bytes, performance.now());
        else this.#record.fault(`${path} at ${door}: ${answer.status}`);
      }
    }
  }

  get #isOver(): boolean {
    return this.#options.signal.aborted;
  }

  #nextPart(): { mediaSequence: number; partIndex: number } | undefined {
    const { playlist } = this.#record;
    if (playlist?.partTargetSec === undefined || playlist.fetched.text.includes('#EXT-X-ENDLIST')) return undefined;
    const edge = edgeOf(playlist);
    return { mediaSequence: edge.mediaSequence, partIndex: edge.partIndex + 1 };
  }

  async #look(path: string, how: Asking = {}): Promise<Fetched | undefined> {
    const askedAtMs = performance.now();
    const answer = await this.#ask(path, how);
    if (how.waits === true && this.#isOver) return undefined;
    if (answer.status !== 200) {
      this.#record.fault(`${path}: ${answer.status} ${answer.bytes.toString().slice(0, 200)}`);
      await sleep(RETRY_MS);
      return undefined;
    }
    const fetched = { url: answer.url, status: answer.status, text: answer.bytes.toString(), headers: answer.headers };
    const fresh = this.#record.see(fetched, askedAtMs, performance.now());
    await this.#fetchParts();
    await this.#fetchSegments(fresh);
    this.#fetchHint();
    return fetched;
  }

  async #fetchParts(): Promise<void> {
    const segments = this.#record.playlist?.segments.slice(-2) ?? [];
    for (const { mediaSequence, parts } of segments) {
      await Promise.all(parts.map((part) => this.#fetchPart(mediaSequence, part)));
    }
  }

  async #fetchPart(mediaSequence: number, part: ListedPart): Promise<void> {
    const bytes = await this.#fetchOnce(part.url);
    if (bytes !== undefined) this.#record.serve(mediaSequence, part.partIndex, bytes);
  }

  async #fetchSegments(fresh: readonly ListedSegment[]): Promise<void> {
    for (const { mediaSequence, url, mapUrl } of fresh) {
      await this.#fetchOnce(mapUrl);
      const bytes = await this.#fetchOnce(url);
      if (bytes !== undefined) this.#record.serveSegment(mediaSequence, bytes, performance.now());
    }
  }

  /** Undefined when it was fetched before, or, with a fault, when there is nothing. */
  async #fetchOnce(url: string): Promise<Buffer | undefined> {
    const path = new URL(url).pathname;
    if (this.#fetched.has(path)) return undefined;
    this.#fetched.add(path);
    if (this.#refusedHints.has(path)) this.#record.fault(`${path}: hinted, not answered, then listed`);
    const { status, bytes } = await this.#ask(path);
    if (status === 200) return bytes;
    this.#record.fault(`${path}: ${status} ${bytes.toString().slice(0, 200)}`);
    return undefined;
  }

  /** Asks for the hinted part, which any node holds until it is there. A hint may be dropped, but not a hinted part that comes. */
  #fetchHint(): void {
    const url = this.#record.playlist?.hints.find((hint) => hint.get('TYPE') === 'PART')?.get('URI');
    if (url === undefined || this.#hinted !== undefined) return;
    const path = new URL(url, `http://any${this.#path}`).pathname;
    if (this.#fetched.has(path) || this.#refusedHints.has(path)) return;
    this.#hinted = this.#takeHinted(path).finally(() => {
      this.#hinted = undefined;
    });
  }

  async #takeHinted(path: string): Promise<void> {
    const { status, bytes } = await this.#ask(path, { withinMs: BLOCKED_REQUEST_MS, waits: true });
    if (status === 200) {
      this.#fetched.add(path);
      const [, mediaSequence, partIndex] = /\/(\d+)\.(\d+)\.m4s$/.exec(path) ?? [];
      this.#record.serve(Number(mediaSequence), Number(partIndex), bytes);
    } else this.#refusedHints.add(path);
  }

  /** From any of the nodes; one that is away or says 503 sends the viewer to any of them again. */
  async #ask(path: string, how: Asking = {}): Promise<Answer> {
    const { withinMs = REQUEST_MS, doors = this.#options.doors, waits = false } = how;
    const giveUpMs = performance.now() + PATIENCE_MS;
    for (;;) {
      const door = doors[Math.floor(Math.random() * doors.length)]!;
      const limit = AbortSignal.timeout(withinMs);
      const signal = waits ? AbortSignal.any([limit, this.#options.signal]) : limit;
      const answer = await askOnce(`${door}${path}`, signal);
      if (answer.status !== 503 || performance.now() > giveUpMs || (waits && this.#isOver)) return answer;
      await sleep(RETRY_MS);
    }
  }
}

/** A node that cannot be reached, or does not answer in time, counts as 503. */
async function askOnce(url: string, signal: AbortSignal): Promise<Answer> {
  try {
    const response = await fetch(url, { signal });
    const bytes = Buffer.from(await response.arrayBuffer());
    return { url, status: response.status, bytes, headers: response.headers };
  } catch (error) {
    return { url, status: 503, bytes: Buffer.from(String(error)), headers: new Headers() };
  }
}
