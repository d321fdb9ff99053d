import { durationSecOf, headsOf, listedParts, segmentKey } from '../edge.ts';
import type { MediaPlaylist, Part, Segment, SegmentHead } from '../model.ts';
import { judge } from '../rule.ts';
import {
  assemblyRules,
  clockRules,
  hintedBytesRules,
  neighbourRules,
  type PlacedSegment,
} from '../rules/continuity-rules.ts';
import { HintWatch } from './hint-watch.ts';
import { MediaStore, resourceOfPart, resourceOfSegment, type Fetched } from './media-store.ts';
import type { Session } from './session.ts';

/** What is kept of a listed segment until nobody owes it any more. */
interface Listing {
  readonly segment: Segment;
  /** Undefined when it was there before the watch began. */
  readonly appearedAtMs: number | undefined;
  longestPlaylistSec: number;
}

/** How many segments at each end of the first playlist are fetched. */
const FIRST_OLDEST = 1;
const FIRST_NEWEST = 3;
/** Fetches that wait for their time. */
const MAX_OWED = 500;
const TARGETS_FOR_DROPPED_PARTS = 3;
const MAX_KEPT_PARTS = 300;

/** Fetches what one playlist lists, hints and still owes, and judges what comes. */
export class MediaDesk {
  readonly #store: MediaStore;
  readonly #hints: HintWatch;
  readonly #listings = new Map<string, Listing>();
  readonly #parts = new Map<string, Promise<Fetched | undefined>>();
  readonly #work = new Set<Promise<void>>();
  #last: { placed: PlacedSegment; segment: Segment } | undefined;
  #order: Promise<void> = Promise.resolve();
  #owed = 0;

  constructor(
    private readonly session: Session,
    private readonly desk: {
      url: string;
      codecs: readonly string[];
      /** Hears of each segment that was placed on the media timeline. */
      onPlaced: (placed: PlacedSegment) => void;
    },
  ) {
    this.#store = new MediaStore(session, desk);
    this.#hints = new HintWatch(session);
  }

  /** Takes the next whole playlist. */
  see(previous: MediaPlaylist | undefined, next: MediaPlaylist, seenAtMs: number): void {
    this.#hints.follow(next);
    this.#fetchNewParts(previous, next);
    this.#fetchNewSegments(previous, next);
    if (previous !== undefined) {
      this.#checkRemoved(next);
      this.#checkDroppedParts(previous, next);
    }
    this.#remember(previous, next, seenAtMs);
  }

  /** Resolves when what was begun has ended. */
  async settled(): Promise<void> {
    while (this.#work.size > 0) await Promise.allSettled(this.#work);
  }

  #begin(work: Promise<void>): void {
    this.#work.add(work);
    void work.finally(() => this.#work.delete(work)).catch(() => undefined);
  }

  #remember(previous: MediaPlaylist | undefined, next: MediaPlaylist, seenAtMs: number): void {
    const durationSec = durationSecOf(next.segments);
    for (const segment of next.segments) {
      const known = this.#listings.get(segmentKey(segment));
      if (known !== undefined) known.longestPlaylistSec = Math.max(known.longestPlaylistSec, durationSec);
      else {
        this.#listings.set(segmentKey(segment), {
          segment,
          appearedAtMs: previous === undefined ? undefined : seenAtMs,
          longestPlaylistSec: durationSec,
        });
      }
    }
  }

  #fetchNewParts(previous: MediaPlaylist | undefined, next: MediaPlaylist): void {
    const known = new Set(
      (previous === undefined ? [] : listedParts(previous)).map(({ part }) => part.uri + part.line),
    );
    for (const { part, head } of listedParts(next)) {
      if (known.has(part.uri + part.line) || part.gap) continue;
      const fetched = this.#fetchPart(part, head, next.targetDurationSec);
      this.#parts.set(part.line, fetched);
      if (this.#parts.size > MAX_KEPT_PARTS) this.#parts.delete(this.#parts.keys().next().value ?? '');
      this.#begin(fetched.then(() => undefined));
    }
  }

  async #fetchPart(part: Part, head: SegmentHead, targetDurationSec: number | undefined): Promise<Fetched | undefined> {
    const resource = resourceOfPart(part, head.map);
    const hinted = await this.#hints.take(part);
    if (hinted !== undefined) await this.#store.fetch(resource, { when: 'hinted', targetDurationSec, hinted });
    const listed = await this.#store.fetch(resource, { when: 'listed', targetDurationSec });
    if (hinted?.status === 200 && listed?.exchange.status === 200) {
      const subject = { uri: part.uri, hinted: hinted.body, listed: listed.exchange.body };
      this.session.enter(judge(hintedBytesRules, subject, this.desk.url));
    }
    return listed;
  }

  #fetchNewSegments(previous: MediaPlaylist | undefined, next: MediaPlaylist): void {
    const { segments } = next;
    const fresh =
      previous === undefined
        ? segments.filter((_, index) => index < FIRST_OLDEST || index >= segments.length - FIRST_NEWEST)
        : segments.filter((segment) => !this.#listings.has(segmentKey(segment)));
    for (const segment of fresh) {
      // One after the other, so that each meets the one before it.
      this.#order = this.#order.then(() => this.#fetchSegment(segment, next)).catch(() => undefined);
    }
    this.#begin(this.#order);
  }

  async #fetchSegment(segment: Segment, playlist: MediaPlaylist): Promise<void> {
    if (segment.gap) return;
    const { targetDurationSec } = playlist;
    const fetched = await this.#store.fetch(resourceOfSegment(segment), { when: 'listed', targetDurationSec });
    if (fetched?.content === undefined) return;
    await this.#assemble(segment, fetched);
    const placed = placedOf(segment, fetched);
    if (this.#last !== undefined) this.#compare(this.#last, placed, playlist);
    this.#last = { placed, segment };
    this.desk.onPlaced(placed);
  }

  async #assemble(segment: Segment, fetched: Fetched): Promise<void> {
    const pieces = await Promise.all(
      segment.parts.map((part) => this.#parts.get(part.line) ?? Promise.resolve(undefined)),
    );
    for (const part of segment.parts) this.#parts.delete(part.line);
    const contents = pieces.map((piece) => piece?.content);
    if (contents.length === 0 || contents.some((content) => content === undefined)) return;
    const subject = {
      uri: segment.uri,
      segmentSamples: fetched.content?.samples ?? [],
      partSamples: contents.flatMap((content) => content?.samples ?? []),
      lines: segment.lines,
    };
    this.session.enter(judge(assemblyRules, subject, this.desk.url));
  }

  #compare(last: { placed: PlacedSegment; segment: Segment }, after: PlacedSegment, playlist: MediaPlaylist): void {
    const before = last.placed;
    if (before.discontinuitySequence === after.discontinuitySequence) {
      this.session.enter(judge(clockRules, { first: before, second: after, sameRendition: true }, this.desk.url));
    }
    const between = playlist.segments.filter(
      ({ mediaSequence }) => mediaSequence > before.mediaSequence && mediaSequence < after.mediaSequence,
    );
    const areNeighbours =
      between.every(({ gap }) => gap) && after.mediaSequence - before.mediaSequence === between.length + 1;
    if (!areNeighbours) return;
    this.session.enter(judge(neighbourRules, { before, after, gapSec: durationSecOf(between) }, this.desk.url));
  }

  /** rfc8216bis 6.2.2: what was listed is owed for a while after it is gone. */
  #checkRemoved(next: MediaPlaylist): void {
    const listed = new Set(next.segments.map(segmentKey));
    for (const [key, listing] of this.#listings) {
      if (listed.has(key)) continue;
      this.#listings.delete(key);
      if (listing.segment.gap) continue;
      // One that was there before the watch is owed at least until it is off the list.
      const atMs = this.#owedUntilMs(listing) ?? this.session.nowMs();
      this.#fetchOwed(atMs, () =>
        this.#store.fetch(resourceOfSegment(listing.segment), {
          when: 'removed',
          targetDurationSec: next.targetDurationSec,
        }),
      );
    }
  }

  #owedUntilMs({ segment, appearedAtMs, longestPlaylistSec }: Listing): number | undefined {
    if (appearedAtMs === undefined) return undefined;
    const untilMs = appearedAtMs + 1000 * (segment.durationSec + longestPlaylistSec);
    // It appeared somewhat before it was seen.
    const marginMs = Math.max(this.session.toleranceMs, 500 * segment.durationSec);
    return Math.max(this.session.nowMs(), untilMs - marginMs);
  }

  #checkDroppedParts(previous: MediaPlaylist, next: MediaPlaylist): void {
    const now = new Map(headsOf(next).map((head) => [head.mediaSequence, head]));
    for (const head of headsOf(previous)) {
      const last = head.parts.at(-1);
      const isDropped = last !== undefined && !last.gap && (now.get(head.mediaSequence)?.parts.length ?? 0) === 0;
      if (!isDropped || !('uri' in head)) continue;
      const { targetDurationSec = 0 } = next;
      const atMs =
        this.session.nowMs() + TARGETS_FOR_DROPPED_PARTS * 1000 * targetDurationSec - this.session.toleranceMs;
      this.#fetchOwed(atMs, () =>
        this.#store.fetch(resourceOfPart(last, head.map), { when: 'tag_dropped', targetDurationSec }),
      );
    }
  }

  #fetchOwed(atMs: number, fetch: () => Promise<unknown>): void {
    if (this.#owed >= MAX_OWED) return;
    this.#owed += 1;
    const work = async (): Promise<void> => {
      await this.session.until(atMs);
      this.#owed -= 1;
      if (this.session.running) await fetch();
    };
    this.#begin(work());
  }
}

function placedOf(segment: Segment, { content, init }: Fetched): PlacedSegment {
  const fragment = content?.fragments[0];
  const timescale = init?.tracks.find(({ trackId }) => trackId === fragment?.trackId)?.timescale ?? 0;
  const ticks = fragment?.decodeTimeTicks;
  const { mediaSequence, discontinuitySequence, durationSec, startEpochMs, lines } = segment;
  return {
    mediaSequence,
    discontinuitySequence,
    durationSec,
    startEpochMs,
    decodeTimeSec: ticks === undefined || timescale === 0 ? undefined : secondsOf(ticks, timescale),
    init,
    lines: lines.filter((line) => !line.startsWith('#EXT-X-PART:')),
  };
}

/** Whole seconds first: decode times may lie beyond 2^53. */
function secondsOf(ticks: bigint, timescale: number): number {
  const scale = BigInt(timescale);
  return Number(ticks / scale) + Number(ticks % scale) / timescale;
}
