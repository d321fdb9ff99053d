import { setTimeout as sleep } from 'node:timers/promises';
import type { PresentationNumbers, TrackDescription, TrackWindow, WindowFact, WindowSegment } from '#shared/contracts';
import { applyWindowFact, WINDOW_BOUND_MS, type AppendOutcome, type WindowHead } from '#shared/live-window';
import { bitratesOf } from './domain/bitrate.ts';
import { firstKept } from './domain/retention.ts';
import type { Effect } from './domain/segmenter-state.ts';
import { mergeWindow, partKey, partPlaces, withoutThrough } from './domain/window-merge.ts';
import type { PackagerContext, PartitionLease } from './packager-context.ts';
import type { StoredRecord, TrackRef } from './ports.ts';
import { WindowRebuilder } from './window-rebuilder.ts';

type PartFinished = Extract<Effect, { kind: 'part_finished' }>;

/**
 * How the window in Redis stands to the one in memory. `unread`: what a predecessor left is not known yet, so nothing is announced.
 * `behind`: Redis failed or lost data; facts go on and Redis is written whole later. `whole`: each change is written as it comes.
 * `fenced_out`: another packager writes it now.
 */
type Standing = 'unread' | 'behind' | 'whole' | 'fenced_out';

const MEND_PAUSE_MS = 500;
const MAX_WAITING_WRITES = 256;

const NOTHING_STORED = { open: null, lastAppendMs: 0, peakBitrate: 0, archivedThrough: -1, track: { name: '' } };

/**
 * The live window of one track: kept in memory, written to Redis, announced on the bus.
 * Redis being away stops neither the journal nor the facts; the window is mended from memory, journal and MEDIA when it is back.
 */
export class TrackWindowKeeper {
  readonly #context: PackagerContext;
  readonly #track: TrackRef;
  readonly #lease: PartitionLease;
  readonly #newest: StoredRecord | undefined;
  readonly #rebuilder: WindowRebuilder;
  readonly #stopping = new AbortController();
  #window: TrackWindow;
  #standing: Standing = 'unread';
  #writes: Promise<void> = Promise.resolve();
  #waitingWrites = 0;
  #mending: Promise<void> | undefined;
  #archivedThrough = -1;

  constructor(
    context: PackagerContext,
    lease: PartitionLease,
    start: {
      track: TrackRef;
      numbers: PresentationNumbers;
      description: TrackDescription;
      /** The track's newest journal record at this moment; later segments come as effects. */
      newest: StoredRecord | undefined;
    },
  ) {
    this.#context = context;
    this.#lease = lease;
    this.#track = start.track;
    this.#newest = start.newest;
    this.#rebuilder = new WindowRebuilder(context);
    this.#window = {
      inputId: start.track.inputId,
      fence: lease.fence,
      revision: 0,
      track: start.description,
      numbers: start.numbers,
      segments: [],
      open: null,
      lastAppendMs: start.newest?.record.closedAtMs ?? context.nowMs(),
      peakBitrate: 0,
      averageBitrate: 0,
      archivedThrough: -1,
    };
    this.#mend('start');
  }

  /** Takes a finished part of the open segment. */
  partFinished(effect: PartFinished, lastAppendMs: number): void {
    if (this.#hasPart(effect)) return;
    const { parts: _parts, ...segment } = effect.segment;
    const next = this.#apply({ kind: 'part_appended', segment, part: effect.part }, lastAppendMs);
    const { partIndex } = effect.part;
    this.#write(() =>
      this.#context.window.appendPart(headOf(next), {
        mediaSequence: segment.mediaSequence,
        partIndex,
        bytes: effect.bytes,
      }),
    );
  }

  /** Takes a closed segment that the journal has. */
  segmentClosed(segment: WindowSegment, description: TrackDescription, lastAppendMs: number): void {
    const segments = [...this.#window.segments, segment];
    const { numbers, peakBitrate } = this.#window;
    const first = firstKept(segments, {
      keepMs: this.#context.windowKeepMs,
      boundMs: WINDOW_BOUND_MS,
      archivedThrough: this.#archivedThrough,
    });
    const change = {
      kind: 'segment_closed',
      segment,
      firstMediaSequence: first,
      track: { ...description, name: description.name || this.#window.track.name },
      ...bitratesOf(segments, numbers.segmentTargetMs, peakBitrate),
      archivedThrough: this.#archivedThrough,
    } as const;
    const next = this.#apply(change, lastAppendMs);
    this.#write(() => this.#context.window.closeSegment(headOf(next), segment, first));
  }

  /** The archive holds the track durably through this media sequence. */
  archived(throughMediaSequence: number): void {
    this.#archivedThrough = Math.max(this.#archivedThrough, throughMediaSequence);
  }

  /** Resolves when nothing writes any more. */
  async stop(): Promise<void> {
    this.#stopping.abort();
    await this.#mending;
    await this.#writes;
  }

  /** A predecessor may have written this part of the open segment already. */
  #hasPart({ segment, part }: PartFinished): boolean {
    const { open } = this.#window;
    return open?.mediaSequence === segment.mediaSequence && open.parts[part.partIndex]?.sha256 === part.sha256;
  }

  #apply(change: WindowFact['change'], lastAppendMs: number): TrackWindow {
    const fact: WindowFact = { fence: this.#window.fence, revision: this.#window.revision + 1, lastAppendMs, change };
    const next = applyWindowFact(this.#window, fact) ?? this.#grownOver(change, fact);
    this.#window = next;
    if (this.#standing === 'whole' || this.#standing === 'behind')
      this.#context.announcements.windowChanged(this.#track, fact);
    return next;
  }

  /** The open segment in the window is not the one that grows here: it is replaced, and Redis and its mirrors are told so. */
  #grownOver(change: WindowFact['change'], fact: WindowFact): TrackWindow {
    this.#fallBehind('open_segment');
    if (change.kind !== 'part_appended') return { ...this.#window, revision: fact.revision };
    return { ...this.#window, revision: fact.revision, open: { ...change.segment, parts: [change.part] } };
  }

  #write(write: () => Promise<AppendOutcome>): void {
    if (this.#standing !== 'whole') return;
    if (this.#waitingWrites >= MAX_WAITING_WRITES) {
      this.#fallBehind('slow');
      return;
    }
    this.#waitingWrites += 1;
    this.#writes = this.#writes.then(() => {
      this.#waitingWrites -= 1;
      return this.#carryOut(write);
    });
  }

  async #carryOut(write: () => Promise<AppendOutcome>): Promise<void> {
    if (this.#standing !== 'whole') return;
    const stopTimer = this.#context.metrics.windowWriteSeconds.startTimer();
    try {
      const outcome = await write();
      if (outcome === 'fenced_out') this.#giveUp();
      else if (outcome === 'fence_missing' || outcome === 'out_of_step') this.#fallBehind(outcome);
    } catch (error) {
      this.#fallBehind('unreachable', String(error));
    } finally {
      stopTimer();
    }
  }

  #giveUp(): void {
    this.#standing = 'fenced_out';
    this.#context.logger.warn('window.fenced_out', { ...this.#track, fence: this.#lease.fence });
  }

  #fallBehind(reason: string, detail = ''): void {
    if (this.#standing !== 'whole') return;
    this.#standing = 'behind';
    this.#context.logger.warn('window.behind', { ...this.#track, reason, detail });
    this.#mend(reason);
  }

  #mend(reason: string): void {
    this.#mending ??= this.#mendUntilWhole(reason).finally(() => {
      this.#mending = undefined;
      // A write may have failed after the last look at the standing.
      if (this.#needsMending()) this.#mend(reason);
    });
  }

  #needsMending(): boolean {
    return !this.#stopping.signal.aborted && (this.#standing === 'unread' || this.#standing === 'behind');
  }

  async #mendUntilWhole(reason: string): Promise<void> {
    const { signal } = this.#stopping;
    while (this.#needsMending()) {
      try {
        if (this.#lease.isHeld()) await this.#mendOnce(reason);
      } catch (error) {
        this.#context.logger.warn('window.mend_failed', { ...this.#track, error: String(error) });
      }
      if (this.#needsMending()) await sleep(MEND_PAUSE_MS, undefined, { signal }).catch(() => undefined);
    }
  }

  async #mendOnce(reason: string): Promise<void> {
    const { inputId, trackId } = this.#track;
    if (!(await this.#context.window.takeFence(inputId, this.#lease.fence))) {
      this.#giveUp();
      return;
    }
    const stored = (await this.#context.window.readInput(inputId)).find((window) => window.track.trackId === trackId);
    const present = new Set(stored === undefined ? [] : partPlaces(stored).map(partKey));
    if (this.#standing === 'unread') await this.#readPredecessor(stored, present);
    await this.#putMissing(present);
    // From here to the write below nothing else runs: what is in memory now is what Redis gets, and later changes queue after it.
    this.#window = { ...this.#window, revision: Math.max(this.#window.revision, stored?.revision ?? 0) + 1 };
    this.#standing = 'whole';
    const snapshot = this.#window;
    this.#writes = this.#writes.then(() => this.#carryOut(() => this.#context.window.replace(snapshot)));
    await this.#writes;
    this.#announceReset(snapshot);
    this.#context.metrics.rebuilds.inc({ reason });
  }

  async #readPredecessor(stored: TrackWindow | undefined, present: Set<string>): Promise<void> {
    const segments = await this.#predecessorSegments(stored);
    for (const place of partPlaces({ segments, open: null })) present.add(partKey(place));
    const before = stored ?? NOTHING_STORED;
    this.#archivedThrough = Math.max(this.#archivedThrough, before.archivedThrough);
    const merged = mergeWindow({ segments, open: before.open }, this.#window);
    const peakBitrate = Math.max(merged.peakBitrate, before.peakBitrate);
    this.#window = {
      ...merged,
      ...bitratesOf(merged.segments, merged.numbers.segmentTargetMs, peakBitrate),
      lastAppendMs: Math.max(merged.lastAppendMs, before.lastAppendMs),
      track: { ...merged.track, name: merged.track.name || before.track.name },
      archivedThrough: this.#archivedThrough,
    };
    this.#standing = 'behind';
  }

  #predecessorSegments(stored: TrackWindow | undefined): Promise<WindowSegment[]> {
    if (this.#newest === undefined) return Promise.resolve([]);
    return this.#rebuilder.closedSegments(this.#track, this.#newest, { target: this.#window, stored });
  }

  /** Until Redis has the bytes of every part in memory; parts that come meanwhile are taken along. */
  async #putMissing(present: Set<string>): Promise<void> {
    for (;;) {
      const missing = partPlaces(this.#window).filter((place) => !present.has(partKey(place)));
      if (missing.length === 0) return;
      for (const place of missing.toReversed()) {
        this.#stopping.signal.throwIfAborted();
        if (await this.#rebuilder.putPart(this.#window, place)) present.add(partKey(place));
        else {
          this.#window = withoutThrough(this.#window, place.mediaSequence);
          break;
        }
      }
    }
  }

  #announceReset(window: TrackWindow): void {
    if (this.#standing !== 'whole') return;
    const { fence, revision, lastAppendMs } = window;
    this.#context.announcements.windowChanged(this.#track, {
      fence,
      revision,
      lastAppendMs,
      change: { kind: 'reset' },
    });
  }
}

const headOf = ({ segments: _segments, ...head }: TrackWindow): WindowHead => head;
