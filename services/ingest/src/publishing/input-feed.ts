import { EventEmitter, once } from 'node:events';
import type { LiveInputRow, PublisherState } from '#shared/contracts';
import { KvConflictError } from '#shared/messaging';
import { anchorFor } from '../domain/timebase.ts';
import { reachOf, type EpochClock, type StoredReach } from '../domain/track-cursor.ts';
import type { Problem } from '../domain/health/problem.ts';
import { allocateTrackIds, MAX_TRACKS_PER_INPUT, type TrackIds } from '../domain/track-ids.ts';
import { matchTrackName } from '../domain/upload-path.ts';
import { MediaMalformedError } from '../errors.ts';
import { InputProblems } from './input-problems.ts';
import type { PublishingDeps } from './publishing-deps.ts';
import type { NamedInit } from './named-init.ts';
import { TrackLane, type EpochStart, type LaneTimebase } from './track-lane.ts';

const MAX_CONFLICTS = 20;
/** Tracks that begin epochs in turn, this soon after each other, are on clocks of their own. */
const APART_WITHIN_MS = 10_000;

/**
 * One live input while it is being published here: its timebase, tracks and init segments.
 * The truth is on the bus (publisher state, MEDIA); this is a copy that follows it.
 */
export class InputFeed implements LaneTimebase {
  readonly problems: InputProblems;
  readonly #inits = new Map<string, NamedInit>();
  readonly #initCame = new EventEmitter();
  readonly #lanes = new Map<number, TrackLane>();
  /** How far the tracks had come when the log was last read: some come through other processes. */
  #stored: readonly StoredReach[] = [];
  #state: PublisherState | undefined;
  #epochSeenMs = 0;

  private constructor(
    readonly input: LiveInputRow,
    private readonly deps: PublishingDeps,
  ) {
    const { NO_KEYFRAME_MS: noKeyframeMs } = deps.config.values;
    this.problems = new InputProblems(input.id, { noKeyframeMs, maxBitrateBps: input.maxBitrateBps }, deps.notices);
  }

  static async open(input: LiveInputRow, deps: PublishingDeps): Promise<InputFeed> {
    const feed = new InputFeed(input, deps);
    feed.#initCame.setMaxListeners(0);
    feed.adopt((await deps.bus.states.load(input.id))?.state);
    return feed;
  }

  get inputId(): string {
    return this.input.id;
  }

  get isRedundant(): boolean {
    return this.input.redundancy === 'redundant';
  }

  get trackIds(): TrackIds {
    return this.#state?.trackIds ?? {};
  }

  /** The current epoch; undefined before the first media of the input's life. */
  clock(): EpochClock | undefined {
    if (!hasBegun(this.#state)) return undefined;
    return { epoch: this.#state.epoch, anchorEpochMs: this.#state.anchorEpochMs, seenSinceMs: this.#epochSeenMs };
  }

  /** Follows a state that this or another process wrote; never back to an older epoch. */
  adopt(state: PublisherState | undefined): void {
    if (state === undefined || state.epoch < (this.#state?.epoch ?? 0)) return;
    if (this.clock()?.epoch !== state.epoch) this.#epochSeenMs = this.deps.nowMs();
    this.#state = { ...state, trackIds: { ...this.#state?.trackIds, ...state.trackIds } };
  }

  rememberInit(trackName: string, init: NamedInit): void {
    this.#inits.set(trackName, init);
    this.#initCame.emit('init');
  }

  /** The init segment that an upload name belongs to, as far as this process has seen it. */
  findInit(trackName: string): NamedInit | undefined {
    const known = matchTrackName(trackName, [...this.#inits.keys()]);
    return known === undefined ? undefined : this.#inits.get(known);
  }

  /** The same, given time: encoders send the first segment without waiting for the answer to the init segment. */
  async awaitInit(trackName: string, withinMs: number): Promise<NamedInit | undefined> {
    const signal = AbortSignal.timeout(withinMs);
    while (this.findInit(trackName) === undefined && !signal.aborted) {
      await once(this.#initCame, 'init', { signal }).catch(() => undefined);
    }
    return this.findInit(trackName);
  }

  lane(trackId: number): TrackLane {
    const lane = this.#lanes.get(trackId) ?? new TrackLane(this, trackId, this.deps);
    this.#lanes.set(trackId, lane);
    return lane;
  }

  /** How far the tracks of an epoch have come: here, and elsewhere as of the last {@link readReaches}. */
  reaches(epoch: number): StoredReach[] {
    const here = [...this.#lanes].flatMap(([trackId, { cursor }]) =>
      cursor === undefined ? [] : { trackId, epoch: cursor.epoch, ...reachOf(cursor) },
    );
    return [...here, ...this.#stored].filter((reach) => reach.epoch === epoch);
  }

  /** Reads from the log how far all tracks have come. */
  async readReaches(): Promise<void> {
    this.#stored = await this.deps.bus.media.reaches(this.input.id);
  }

  /** The ids of these track keys, given at first sight and kept for ever. */
  async nameTracks(wanted: ReadonlyArray<{ key: string; containerTrackId: number }>): Promise<TrackIds> {
    if (wanted.some(({ key }) => this.trackIds[key] === undefined)) {
      await this.#change((state) => {
        const trackIds = allocateTrackIds(state?.trackIds ?? {}, wanted);
        if (trackIds === undefined) throw tooManyTracks(this.input.id);
        return { epoch: state?.epoch ?? 0, anchorEpochMs: state?.anchorEpochMs ?? 0, trackIds: { ...trackIds } };
      });
    }
    return this.trackIds;
  }

  /** Begins the epoch after `from`, unless another track or process did already. */
  async beginEpoch(from: EpochClock | undefined, { trackId, chunk, place }: EpochStart): Promise<void> {
    await this.readReaches();
    const ends = this.#stored.map(({ endMs }) => endMs);
    const latestEndMs = ends.length === 0 ? undefined : Math.max(...ends);
    const anchorEpochMs = place.keepsAnchor && from ? from.anchorEpochMs : anchorFor(chunk, latestEndMs);
    const began = await this.#change((state) => {
      if (!hasBegun(state)) return { epoch: 0, trackIds: state?.trackIds ?? {}, anchorEpochMs };
      if (state.epoch !== from?.epoch) return undefined;
      return { ...state, epoch: state.epoch + 1, anchorEpochMs };
    });
    if (began) this.#tellEpoch(trackId, place, from);
  }

  #tellEpoch(trackId: number, { cause, code }: EpochStart['place'], from: EpochClock | undefined): void {
    const atMs = this.deps.nowMs();
    const track = { inputId: this.input.id, trackId };
    this.deps.notices.tell({
      fact: 'epoch_began',
      ...track,
      atMs,
      epoch: this.clock()?.epoch ?? 0,
      cause: cause.slice(0, 200),
    });
    const isSoon = from !== undefined && atMs - from.seenSinceMs < APART_WITHIN_MS;
    if (code === 'timestamp_jump') this.problems.note({ ...timestampJump(cause), trackId }, atMs);
    if (code === 'epoch_expired' && isSoon) this.problems.note({ ...tracksApart(trackId), trackId }, atMs);
  }

  /** Compare-and-set of the input's row; true when this call wrote it, false when `change` wanted nothing. */
  async #change(change: (state: PublisherState | undefined) => PublisherState | undefined): Promise<boolean> {
    for (let attempt = 1; ; attempt += 1) {
      const stored = await this.deps.bus.states.load(this.input.id);
      this.adopt(stored?.state);
      const next = change(stored?.state);
      if (next === undefined) return false;
      try {
        await this.deps.bus.states.save(this.input.id, next, stored?.revision);
        this.adopt(next);
        return true;
      } catch (error) {
        if (!(error instanceof KvConflictError) || attempt === MAX_CONFLICTS) throw error;
      }
    }
  }
}

/** Nominal, so that the other branch is still a state. */
type BegunState = PublisherState & { readonly begun?: true };

/** A row may hold track ids before any media came: then its anchor is still 0. */
const hasBegun = (state: PublisherState | undefined): state is BegunState =>
  state !== undefined && (state.epoch > 0 || state.anchorEpochMs !== 0);

const timestampJump = (cause: string): Problem => ({
  code: 'timestamp_jump',
  severity: 'warning',
  sentence: `Timestamps do not continue: ${cause}.`,
});

const tracksApart = (trackId: number): Problem => ({
  code: 'tracks_apart',
  severity: 'error',
  sentence: `Track ${trackId} has timestamps of another clock than the other tracks; send all tracks of an input from one encoder, or with one clock.`,
});

const tooManyTracks = (inputId: string): MediaMalformedError =>
  new MediaMalformedError(`${inputId}: expected at most ${MAX_TRACKS_PER_INPUT} upload names in the life of an input`);
