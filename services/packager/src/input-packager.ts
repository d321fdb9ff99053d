import type { SegmentClosed, TrackDescription } from '#shared/contracts';
import { chunkFactsOf } from './domain/chunk-facts.ts';
import { pendingFrom, unfinishedTracks, type Effect, type SegmenterState } from './domain/segmenter-state.ts';
import { advance, newSegmenter, resumeTrack, withNumbers } from './domain/segmenter.ts';
import type { MediaEvent } from './domain/media-event.ts';
import { InitCatalog } from './init-catalog.ts';
import type { PackagerContext, PartitionLease } from './packager-context.ts';
import { RecordRefusedError, type MediaMessage, type StoredRecord, type TrackRef } from './ports.ts';
import { ProblemBook } from './problem-book.ts';
import { TrackWindowKeeper } from './track-window-keeper.ts';
import { UnpackageableError } from './unpackageable-error.ts';

/** A readable message of MEDIA. */
export type TrackMessage = Exclude<MediaMessage, { kind: 'malformed' }>;

interface Track {
  readonly ref: TrackRef;
  readonly newestAtStart: StoredRecord | undefined;
  /** Stream sequence of the newest journal record, 0 when there is none. */
  journalSequence: number;
  lastMediaMs: number;
  keeper: TrackWindowKeeper | undefined;
}

const SILENCE_MIN_MS = 5000;

/** Packages one input: media in, journal records and window changes out, in the order of MEDIA. */
export class InputPackager {
  readonly #context: PackagerContext;
  readonly #lease: PartitionLease;
  readonly #inputId: string;
  readonly #tracks = new Map<number, Track>();
  readonly #inits: InitCatalog;
  readonly #problems: ProblemBook;
  #state: SegmenterState;

  private constructor(
    context: PackagerContext,
    lease: PartitionLease,
    start: { inputId: string; state: SegmenterState },
  ) {
    this.#context = context;
    this.#lease = lease;
    this.#inputId = start.inputId;
    this.#state = start.state;
    this.#inits = new InitCatalog(context, start.inputId);
    this.#problems = new ProblemBook(context, start.inputId);
  }

  static async open(context: PackagerContext, lease: PartitionLease, inputId: string): Promise<InputPackager> {
    const { numbers, wishes } = await context.presentations.load(inputId);
    return new InputPackager(context, lease, { inputId, state: newSegmenter(numbers, wishes) });
  }

  /** Takes up a track where the journal says it stands, and its window with it. */
  async resume(ref: TrackRef): Promise<void> {
    await this.#track(ref);
  }

  /**
   * `resumeFrom` gives the place for the records to name, from this input's oldest unfinished message.
   * @throws UnpackageableError when the failure would be the same at every try
   */
  async take(message: TrackMessage, resumeFrom: (pendingFrom: number | undefined) => number): Promise<void> {
    const track = await this.#track(message);
    const event = await this.#eventOf(message);
    if (event === undefined) return;
    if (event.kind === 'chunk') track.lastMediaMs = this.#context.nowMs();
    await this.#advance(event, resumeFrom);
  }

  /** Closes the segments of tracks that the clock says are silent. */
  async closeSilent(nowMs: number, resumeFrom: (pendingFrom: number | undefined) => number): Promise<void> {
    const limitMs = Math.max(SILENCE_MIN_MS, 2 * (this.#state.numbers?.segmentTargetMs ?? 0));
    this.#problems.clearOld(nowMs);
    for (const trackId of unfinishedTracks(this.#state)) {
      const lastMediaMs = this.#tracks.get(trackId)?.lastMediaMs ?? nowMs;
      if (nowMs - lastMediaMs > limitMs) await this.#advance({ kind: 'silence', trackId }, resumeFrom);
    }
  }

  /** The oldest message of this input that is in no closed segment yet. */
  pendingFrom(): number | undefined {
    return pendingFrom(this.#state);
  }

  /** Whether nothing is unfinished and nothing came for this long. */
  isIdle(nowMs: number, forMs: number): boolean {
    if (this.pendingFrom() !== undefined) return false;
    return [...this.#tracks.values()].every((track) => nowMs - track.lastMediaMs > forMs);
  }

  archived(trackId: number, throughMediaSequence: number): void {
    this.#tracks.get(trackId)?.keeper?.archived(throughMediaSequence);
  }

  /** Resolves when nothing writes any more. */
  async stop(): Promise<void> {
    const keepers = [...this.#tracks.values()].map((track) => track.keeper).filter((keeper) => keeper !== undefined);
    await Promise.all(keepers.map((keeper) => keeper.stop()));
  }

  async #advance(event: MediaEvent, resumeFrom: (pendingFrom: number | undefined) => number): Promise<void> {
    const steps = [this.#pure(event, () => advance(this.#state, event))];
    const { proposal, state } = steps[0] ?? {};
    if (proposal !== undefined && state !== undefined) {
      const numbers = await this.#context.presentations.freeze(this.#inputId, proposal);
      steps.push(this.#pure(event, () => withNumbers(state, numbers)));
    }
    for (const step of steps) {
      this.#state = step.state;
      for (const effect of step.effects) await this.#carryOut(effect, resumeFrom);
    }
  }

  /** A step that does no I/O fails for good: the same values give the same failure. */
  #pure<T>(event: Pick<MediaEvent, 'trackId'> & { readonly streamSequence?: number }, step: () => T): T {
    try {
      return step();
    } catch (error) {
      const streamSequence = event.streamSequence ?? this.pendingFrom() ?? 0;
      throw new UnpackageableError(this.#ref(event.trackId), [streamSequence], error);
    }
  }

  async #carryOut(effect: Effect, resumeFrom: (pendingFrom: number | undefined) => number): Promise<void> {
    if (effect.kind === 'problem') {
      this.#problems.raise(effect);
      return;
    }
    const track = this.#tracks.get(effect.trackId);
    if (track === undefined) return;
    const description = await this.#describe(track.ref, effect.segment.initSha256, firstBytes(effect));
    track.keeper ??= this.#keeperOf(track, description);
    if (effect.kind === 'part_finished') {
      track.keeper?.partFinished(effect, track.lastMediaMs);
      return;
    }
    const { signature } = await this.#journal(track, effect, resumeFrom(effect.pendingFrom));
    const segment = signature === undefined ? effect.segment : { ...effect.segment, signature };
    if (description !== undefined) track.keeper?.segmentClosed(segment, description, track.lastMediaMs);
  }

  async #journal(
    track: Track,
    { closed }: Extract<Effect, { kind: 'segment_closed' }>,
    resumeSequence: number,
  ): Promise<SegmentClosed> {
    const { inputId, trackId, partition } = track.ref;
    const signature = this.#context.signingKey?.sign({ inputId, trackId, ...closed });
    const record: SegmentClosed = {
      ...closed,
      inputId,
      trackId,
      partition,
      ...(signature === undefined ? {} : { signature }),
      fence: this.#lease.fence,
      resumeSequence,
      closedAtMs: this.#context.nowMs(),
    };
    try {
      track.journalSequence = await this.#context.journal.append(record, track.journalSequence);
    } catch (error) {
      if (!(error instanceof RecordRefusedError)) throw error;
      const sequences = closed.chunks.map((chunk) => chunk.streamSequence);
      throw new UnpackageableError(track.ref, sequences.length === 0 ? [resumeSequence] : sequences, error);
    }
    this.#context.metrics.segmentsClosed.inc({ closed_by: closed.closedBy });
    return record;
  }

  #ref(trackId: number): TrackRef {
    return { partition: this.#lease.partition, inputId: this.#inputId, trackId };
  }

  async #track({ partition, inputId, trackId }: TrackRef): Promise<Track> {
    const present = this.#tracks.get(trackId);
    if (present !== undefined) return present;
    const ref = { partition, inputId, trackId };
    const newest = await this.#context.journal.newestOfTrack(ref);
    const track: Track = {
      ref,
      newestAtStart: newest,
      journalSequence: newest?.streamSequence ?? 0,
      lastMediaMs: newest?.record.closedAtMs ?? this.#context.nowMs(),
      keeper: undefined,
    };
    if (newest !== undefined) {
      this.#state = resumeTrack(this.#state, newest.record);
      track.keeper = this.#keeperOf(track, await this.#describeRecord(ref, newest.record));
    }
    this.#tracks.set(trackId, track);
    return track;
  }

  #keeperOf(track: Track, description: TrackDescription | undefined): TrackWindowKeeper | undefined {
    const { numbers } = this.#state;
    if (numbers === undefined || description === undefined) return undefined;
    return new TrackWindowKeeper(this.#context, this.#lease, {
      track: track.ref,
      numbers,
      description,
      newest: track.newestAtStart,
    });
  }

  async #describeRecord(ref: TrackRef, record: SegmentClosed): Promise<TrackDescription | undefined> {
    const first = record.chunks[0];
    const bytes = first === undefined ? undefined : await this.#context.media.bytesOf(first.streamSequence);
    return this.#describe(ref, record.initSha256, bytes);
  }

  #describe(ref: TrackRef, initSha256: string, firstChunk: Uint8Array | undefined) {
    return this.#inits.describe(ref, initSha256, firstChunk);
  }

  /** The message with what its init says of the track; undefined, and a problem, when there is no such init. */
  async #eventOf(message: TrackMessage): Promise<MediaEvent | undefined> {
    if (message.kind === 'init') this.#inits.named(message.trackId, message.name);
    if (message.kind !== 'chunk') return message;
    const { trackId, streamSequence } = message;
    const init = await this.#inits.factsOf(message.chunk.initSha256);
    if (init.kind === 'unusable') {
      this.#context.metrics.messagesDropped.inc({ reason: 'init_unusable' });
      this.#problems.raise({ trackId, code: 'init_unusable', sentence: init.reason });
      return undefined;
    }
    const { chunk, unusableMarker } = this.#pure(message, () => chunkFactsOf(message.chunk, init.facts));
    if (unusableMarker !== undefined)
      this.#problems.raise({ trackId, code: 'marker_unusable', sentence: unusableMarker });
    return { kind: 'chunk', trackId, streamSequence, chunk };
  }
}

const firstBytes = (effect: Extract<Effect, { kind: 'part_finished' | 'segment_closed' }>): Uint8Array | undefined =>
  effect.kind === 'part_finished' ? effect.bytes : undefined;
