import type { TrackTiming } from '#cmaf';
import { BusUnavailableError } from '#shared/messaging';
import { ticksToMs } from '#timeline';
import { isPlausibleDecodeTime, placeChunk, signedDecodeTime, type ChunkPlace } from '../domain/timebase.ts';
import {
  advanceCursor,
  type ChunkTime,
  type EpochClock,
  type StoredReach,
  type TrackCursor,
} from '../domain/track-cursor.ts';
import { MediaMalformedError, RedundantInitDiffersError, RedundantOutOfStepError } from '../errors.ts';
import type { InputProblems } from './input-problems.ts';
import type { PublishingDeps } from './publishing-deps.ts';
import { Mutex } from './mutex.ts';
import type { TrackInit } from './named-init.ts';
import { sha256Of } from './sha256.ts';

/** How an epoch begins: the chunk that is its first, and why. */
export interface EpochStart {
  readonly trackId: number;
  readonly chunk: ChunkTime;
  readonly place: ChunkPlace & { kind: 'new_epoch' };
}

/** The timebase that the tracks of an input share. */
export interface LaneTimebase {
  readonly inputId: string;
  /** The current epoch; undefined before the first media of the input's life. */
  clock(): EpochClock | undefined;
  readonly isRedundant: boolean;
  readonly problems: InputProblems;
  /** How far the tracks of an epoch have come, as far as this process knows. */
  reaches(epoch: number): StoredReach[];
  /** Reads from the log how far they have come. */
  readReaches(): Promise<void>;
  /** Begins the epoch after `from`, unless another track or process did already. */
  beginEpoch(from: EpochClock | undefined, start: EpochStart): Promise<void>;
}

/** One track's chunk as it came, with the init segment it belongs to. */
export interface LaneChunk {
  readonly bytes: Uint8Array;
  readonly timing: TrackTiming;
  readonly init: TrackInit;
  readonly sessionId: string;
  readonly arrivalMs: number;
  /** Throws when the upload no longer owns the track. */
  readonly assertOwned: () => void;
  /** Whether another encoder of a redundant input is sending this track. */
  readonly hasRival: () => Promise<boolean>;
}

type Clock = Pick<EpochClock, 'epoch' | 'anchorEpochMs'>;

/** Sessions whose init segment the log has; redundant encoders take turns. */
const MAX_ANNOUNCED = 16;
/** Until the place in an epoch is settled: read the log again, begin an epoch, follow one that another began, and once more. */
const MAX_ROUNDS = 6;

const FIRST_MEDIA: EpochStart['place'] = {
  kind: 'new_epoch',
  code: 'epoch_expired',
  cause: 'the first media of this input',
  keepsAnchor: false,
};

/** One track of an input: puts its chunks on the bus in order, each acknowledged before the next. */
export class TrackLane {
  readonly #mutex = new Mutex();
  readonly #inputId: string;
  #cursor: TrackCursor | undefined;
  #isRecovered = false;
  #announced: readonly string[] = [];

  constructor(
    private readonly timebase: LaneTimebase,
    private readonly trackId: number,
    private readonly deps: PublishingDeps,
  ) {
    this.#inputId = timebase.inputId;
  }

  get cursor(): TrackCursor | undefined {
    return this.#cursor;
  }

  /** Resolves once the bus has acknowledged the chunk; a resent one counts as accepted and is not stored again. */
  append(chunk: LaneChunk): Promise<void> {
    return this.#mutex.run(async () => {
      chunk.assertOwned();
      await this.#recover();
      const time = this.#timeOf(chunk);
      const clock = await this.#place(time, chunk.hasRival);
      if (clock === undefined) {
        this.deps.metrics.chunks.inc({ outcome: 'duplicate' });
        return;
      }
      await this.#announce(chunk, clock);
      await this.#publish(chunk, time, clock);
      this.#cursor = advanceCursor(this.#cursor, clock, time);
      this.#tellHealth(chunk, time, clock);
    });
  }

  /** The encoder ended the track, or its connection was cut. Nothing to say when it never had media. */
  end(reason: 'finished' | 'aborted', sessionId: string): Promise<void> {
    return this.#mutex.run(async () => {
      if (this.#cursor === undefined) return;
      const headers = { 'Hw-Epoch': this.#cursor.epoch, 'Hw-Reason': reason, 'Hw-Session': sessionId };
      await this.deps.bus.media.publishEnd(this.#inputId, this.trackId, headers);
      if (reason !== 'finished') return;
      this.#cursor = { ...this.#cursor, recent: [] };
      this.timebase.problems.forget(this.trackId);
    });
  }

  /** What the log holds of this track, for a process that has not seen it yet. */
  recoveredCursor(): Promise<TrackCursor | undefined> {
    return this.#mutex.run(async () => {
      await this.#recover();
      return this.#cursor;
    });
  }

  async #recover(): Promise<void> {
    if (this.#isRecovered) return;
    this.#cursor = await this.deps.bus.media.cursorOf(this.#inputId, this.trackId);
    this.#isRecovered = true;
  }

  #timeOf({ bytes, timing, init, sessionId, arrivalMs }: LaneChunk): ChunkTime {
    const { timescale } = init.facts;
    const decodeTimeTicks = signedDecodeTime(timing.decodeTimeTicks);
    if (!isPlausibleDecodeTime(decodeTimeTicks, timescale)) {
      throw new MediaMalformedError(
        `track ${this.trackId}: expected a decode time within 28,000 years of zero, got ${decodeTimeTicks} at timescale ${timescale}`,
      );
    }
    const { durationTicks } = timing;
    const source = { sessionId, initReceipt: init.receipt };
    const [sha256, initSha256] = [sha256Of(bytes), init.sha256];
    return { decodeTimeTicks, durationTicks, timescale, sha256, initSha256, source, arrivalMs };
  }

  /** The clock to stamp a chunk with; undefined for one that brings nothing new. */
  async #place(chunk: ChunkTime, hasRival: () => Promise<boolean>): Promise<Clock | undefined> {
    for (let round = 0; round < MAX_ROUNDS; round += 1) {
      const clock = this.timebase.clock();
      const place = clock === undefined ? FIRST_MEDIA : this.#placeOn(clock, chunk);
      if (place.kind === 'duplicate') return undefined;
      if (place.kind === 'in_epoch') return place.clock;
      // Another ingest may have stored media of this track or of others since: the log is the truth, and epochs are dear.
      if (round === 0 && clock !== undefined) {
        await this.#followLog();
        continue;
      }
      await this.#assertMayBreak(place, hasRival);
      await this.timebase.beginEpoch(clock, { trackId: this.trackId, chunk, place });
    }
    throw new BusUnavailableError(
      `${this.#inputId} track ${this.trackId}: the epoch did not settle in ${MAX_ROUNDS} rounds`,
    );
  }

  #placeOn(clock: EpochClock, chunk: ChunkTime): ChunkPlace {
    const { TIMESTAMP_GAP_MS: gapToleranceMs } = this.deps.config.values;
    const reaches = this.timebase.reaches(clock.epoch);
    const ends = reaches.map(({ endMs }) => endMs);
    return placeChunk(this.#cursor, clock, chunk, {
      gapToleranceMs,
      latestEndMs: ends.length === 0 ? undefined : Math.max(...ends),
      others: reaches.filter(({ trackId }) => trackId !== this.trackId),
      isRedundant: this.timebase.isRedundant,
    });
  }

  /** One of several encoders must not break the timeline that another one goes on with. */
  async #assertMayBreak({ code, cause }: EpochStart['place'], hasRival: () => Promise<boolean>): Promise<void> {
    if (!this.timebase.isRedundant || this.#cursor === undefined || !(await hasRival())) return;
    const where = `${this.#inputId} track ${this.trackId}: another encoder of this redundant input is sending`;
    if (code === 'init_changed') {
      throw new RedundantInitDiffersError(
        `${where}; expected the same init segment in every byte (SHA-256 ${this.#cursor.initSha256}), got another`,
      );
    }
    throw new RedundantOutOfStepError(`${where}; ${cause}`);
  }

  /** Takes the log's cursor when it is ahead of ours, and what it holds of the other tracks. */
  async #followLog(): Promise<void> {
    const [stored] = await Promise.all([
      this.deps.bus.media.cursorOf(this.#inputId, this.trackId),
      this.timebase.readReaches(),
    ]);
    const isAhead =
      stored !== undefined &&
      (this.#cursor === undefined ||
        stored.epoch > this.#cursor.epoch ||
        (stored.epoch === this.#cursor.epoch && stored.lastDecodeTimeTicks > this.#cursor.lastDecodeTimeTicks));
    if (isAhead) this.#cursor = stored;
  }

  /** The init segment goes ahead of the first chunk that needs it, in each epoch and for each session. */
  async #announce({ init, sessionId, arrivalMs }: LaneChunk, clock: Clock): Promise<void> {
    const announcement = `${clock.epoch} ${init.sha256} ${sessionId}`;
    if (this.#announced.includes(announcement)) return;
    await this.deps.bus.inits.put(this.#inputId, init.sha256, init.bytes);
    await this.deps.bus.media.publishInit(
      this.#inputId,
      this.trackId,
      {
        'Hw-Epoch': clock.epoch,
        'Hw-Ingested-Ms': Math.round(arrivalMs),
        'Hw-Sha256': init.sha256,
        'Hw-Name': init.name,
        'Hw-Session': sessionId,
      },
      init.bytes,
    );
    this.#announced = [...this.#announced, announcement].slice(-MAX_ANNOUNCED);
  }

  #tellHealth({ bytes, timing, init }: LaneChunk, time: ChunkTime, { epoch, anchorEpochMs }: Clock): void {
    const { kind, declaredMaxBitrate } = init.facts;
    const startMs = anchorEpochMs + ticksToMs(time.decodeTimeTicks, time.timescale);
    this.timebase.problems.hear(
      { trackId: this.trackId, kind, epoch, declaredMaxBitrate },
      {
        startMs,
        endMs: startMs + ticksToMs(time.durationTicks, time.timescale),
        arrivalMs: time.arrivalMs,
        sizeBytes: bytes.length,
        independent: timing.independent,
      },
    );
  }

  async #publish(chunk: LaneChunk, time: ChunkTime, clock: Clock): Promise<void> {
    const stop = this.deps.metrics.publishAckSeconds.startTimer();
    await this.deps.bus.media.publishChunk(
      this.#inputId,
      this.trackId,
      {
        'Hw-Epoch': clock.epoch,
        'Hw-Anchor-Ms': clock.anchorEpochMs,
        'Hw-Decode-Time': time.decodeTimeTicks,
        'Hw-Duration': time.durationTicks,
        'Hw-Timescale': time.timescale,
        'Hw-Independent': chunk.timing.independent,
        'Hw-Ingested-Ms': Math.round(time.arrivalMs),
        'Hw-Sha256': time.sha256,
        'Hw-Init-Sha256': time.initSha256,
        'Hw-Session': chunk.sessionId,
      },
      chunk.bytes,
    );
    stop();
    this.deps.metrics.chunks.inc({ outcome: 'stored' });
    this.deps.metrics.bytes.inc(chunk.bytes.length);
    this.deps.notices.detail('ingest.chunk_stored', {
      inputId: this.#inputId,
      trackId: this.trackId,
      epoch: clock.epoch,
      durationMs: ticksToMs(time.durationTicks, time.timescale),
      sizeBytes: chunk.bytes.length,
    });
  }
}
