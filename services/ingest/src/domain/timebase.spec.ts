import * as fc from 'fast-check';
import { ticksToMs } from '#timeline';
import { anchorFor, isPlausibleDecodeTime, placeChunk, signedDecodeTime } from './timebase.ts';
import {
  advanceCursor,
  endMsOf,
  RECENT_CHUNKS,
  type ChunkTime,
  type EpochClock,
  type TrackCursor,
} from './track-cursor.ts';

const NOW = 1_780_000_000_000;
const TIMESCALE = 90_000;
const HALF_SECOND = 45_000n;

const chunkAt = (decodeTimeTicks: bigint, changes: Partial<ChunkTime> = {}): ChunkTime => ({
  decodeTimeTicks,
  durationTicks: HALF_SECOND,
  timescale: TIMESCALE,
  sha256: `sha-${decodeTimeTicks}`,
  initSha256: 'init',
  source: { sessionId: 'session', initReceipt: 'first' },
  arrivalMs: NOW,
  ...changes,
});

/** One track of one input, driven as the service drives it. */
class Track {
  cursor: TrackCursor | undefined;
  clock: EpochClock;
  readonly starts: number[] = [];

  constructor(first: ChunkTime, clock?: EpochClock) {
    this.clock = clock ?? { epoch: 0, anchorEpochMs: anchorFor(first, undefined), seenSinceMs: first.arrivalMs };
  }

  send(chunk: ChunkTime): string {
    for (let round = 0; ; round += 1) {
      const latestEndMs = this.cursor === undefined ? undefined : endMsOf(this.cursor);
      const around = { gapToleranceMs: 1000, latestEndMs, others: [], isRedundant: false };
      const place = placeChunk(this.cursor, this.clock, chunk, around);
      if (place.kind === 'duplicate') return 'duplicate';
      if (place.kind === 'in_epoch') {
        this.cursor = advanceCursor(this.cursor, place.clock, chunk);
        this.starts.push(place.clock.anchorEpochMs + ticksToMs(chunk.decodeTimeTicks, chunk.timescale));
        return `epoch ${place.clock.epoch}`;
      }
      if (round > 0) throw new Error(`a new epoch did not settle it: ${place.cause}`);
      this.clock = {
        epoch: this.clock.epoch + 1,
        anchorEpochMs: place.keepsAnchor ? this.clock.anchorEpochMs : anchorFor(chunk, latestEndMs),
        seenSinceMs: chunk.arrivalMs,
      };
    }
  }
}

const trackFrom = (first: ChunkTime): Track => {
  const track = new Track(first);
  track.send(first);
  return track;
};

describe('placeChunk', () => {
  it('continues an exact successor, a gap of up to a second and a small overlap', () => {
    const track = trackFrom(chunkAt(0n));
    expect(track.send(chunkAt(45_000n))).toBe('epoch 0');
    expect(track.send(chunkAt(90_000n + 90_000n))).toBe('epoch 0');
    expect(track.send(chunkAt(225_000n - 1000n))).toBe('epoch 0');
  });

  it('begins an epoch on a gap over a second and on a step back over a chunk', () => {
    const track = trackFrom(chunkAt(0n));
    expect(track.send(chunkAt(45_000n + 90_001n))).toBe('epoch 1');
    expect(track.send(chunkAt(90_000n))).toBe('epoch 2');
  });

  it('begins an epoch when an encoder restarts at zero, with the clock running on', () => {
    const track = trackFrom(chunkAt(0n));
    for (let i = 1n; i < 10n; i += 1n) track.send(chunkAt(i * HALF_SECOND, { arrivalMs: NOW + Number(i) * 500 }));
    expect(track.send(chunkAt(0n, { sha256: 'other', arrivalMs: NOW + 8000 }))).toBe('epoch 1');
    expect(track.starts.at(-1)).toBeCloseTo(NOW + 7500, 3);
  });

  it('recognises a resend by decode time and hash, and only by both', () => {
    const track = trackFrom(chunkAt(0n));
    track.send(chunkAt(HALF_SECOND));
    expect(track.send(chunkAt(0n))).toBe('duplicate');
    expect(track.send(chunkAt(HALF_SECOND))).toBe('duplicate');
    expect(track.send(chunkAt(2n * HALF_SECOND))).toBe('epoch 0');
    expect(track.send(chunkAt(0n, { sha256: 'other' }))).toBe('epoch 1');
  });

  it('takes the same first chunk for a restart once the encoder had ended the stream', () => {
    const track = trackFrom(chunkAt(0n));
    track.send(chunkAt(HALF_SECOND));
    if (track.cursor) track.cursor = { ...track.cursor, recent: [] };
    expect(track.send(chunkAt(0n))).toBe('epoch 1');
  });

  it('takes what a restarted encoder makes alike for new media: silence at the times of earlier silence', () => {
    const audio = trackFrom(chunkAt(0n));
    for (let i = 1n; i < 6n; i += 1n) audio.send(chunkAt(i * HALF_SECOND));
    expect(audio.send(chunkAt(0n, { sha256: 'beep', arrivalMs: NOW + 4000 }))).toBe('epoch 1');
    for (let i = 1n; i < 6n; i += 1n) expect(audio.send(chunkAt(i * HALF_SECOND))).toBe('epoch 1');
    expect(audio.send(chunkAt(5n * HALF_SECOND))).toBe('duplicate');
  });

  it('takes the same first chunk for new media once another track has begun an epoch on another clock', () => {
    const audio = trackFrom(chunkAt(0n));
    audio.send(chunkAt(HALF_SECOND));
    audio.clock = { epoch: 1, anchorEpochMs: audio.clock.anchorEpochMs + 4000, seenSinceMs: NOW + 4000 };
    expect(audio.send(chunkAt(0n, { arrivalMs: NOW + 4000 }))).toBe('epoch 1');
    expect(audio.send(chunkAt(HALF_SECOND, { arrivalMs: NOW + 4500 }))).toBe('epoch 1');
  });

  const restarted = { sessionId: 'another', initReceipt: 'second' };

  it('takes the same bytes from the very beginning for a restart, when a new session brings them long after', () => {
    const track = trackFrom(chunkAt(0n));
    for (let i = 1n; i < 15n; i += 1n) track.send(chunkAt(i * HALF_SECOND));
    expect(track.send(chunkAt(0n, { source: restarted, arrivalMs: NOW + 9000 }))).toBe('epoch 1');
    expect(track.send(chunkAt(HALF_SECOND, { source: restarted, arrivalMs: NOW + 9500 }))).toBe('epoch 1');
  });

  it('takes them for a restart in the same session too, when the init segment came again', () => {
    const track = trackFrom(chunkAt(0n));
    for (let i = 1n; i < 15n; i += 1n) track.send(chunkAt(i * HALF_SECOND));
    expect(track.send(chunkAt(0n))).toBe('duplicate');
    const source = { sessionId: 'session', initReceipt: 'second' };
    expect(track.send(chunkAt(0n, { source, arrivalMs: NOW + 9000 }))).toBe('epoch 1');
  });

  it('takes them for a resend within a segment of the beginning, and anywhere but at the beginning', () => {
    const track = trackFrom(chunkAt(0n));
    for (let i = 1n; i < 12n; i += 1n) track.send(chunkAt(i * HALF_SECOND));
    expect(track.send(chunkAt(0n, { source: restarted }))).toBe('duplicate');
    for (let i = 12n; i < 40n; i += 1n) track.send(chunkAt(i * HALF_SECOND));
    expect(track.send(chunkAt(HALF_SECOND, { source: restarted }))).toBe('duplicate');
  });

  it('recognises a resend across an epoch that kept its clock', () => {
    const audio = trackFrom(chunkAt(0n));
    audio.send(chunkAt(HALF_SECOND));
    audio.clock = { ...audio.clock, epoch: 1 };
    expect(audio.send(chunkAt(HALF_SECOND))).toBe('duplicate');
    expect(audio.send(chunkAt(2n * HALF_SECOND))).toBe('epoch 1');
    expect(audio.send(chunkAt(HALF_SECOND))).toBe('duplicate');
  });

  it('begins an epoch on a changed init, and keeps the wall clock when the timestamps continue', () => {
    const track = trackFrom(chunkAt(0n));
    expect(track.send(chunkAt(HALF_SECOND, { initSha256: 'other', arrivalMs: NOW + 3000 }))).toBe('epoch 1');
    expect(track.starts[1]).toBeCloseTo((track.starts[0] ?? 0) + 500, 3);
  });

  it('lets another track join an epoch', () => {
    const video = trackFrom(chunkAt(0n));
    video.send(chunkAt(0n, { sha256: 'restarted', arrivalMs: NOW + 5000 }));
    const audio = new Track(chunkAt(0n), video.clock);
    expect(audio.send(chunkAt(0n, { timescale: 48_000, arrivalMs: NOW + 5100 }))).toBe('epoch 1');
  });

  it('does not join an epoch whose clock ran long ago', () => {
    const stale: EpochClock = { epoch: 4, anchorEpochMs: NOW - 3_600_000, seenSinceMs: NOW };
    expect(new Track(chunkAt(0n), stale).send(chunkAt(0n))).toBe('epoch 5');
    expect(new Track(chunkAt(0n), stale).send(chunkAt(3_599n * 90_000n))).toBe('epoch 4');
  });

  it('keeps what a slower track still had before the jump in the epoch that it continues', () => {
    const audio = trackFrom(chunkAt(0n));
    const jumped: EpochClock = { epoch: 1, anchorEpochMs: NOW - 100_000, seenSinceMs: NOW };
    audio.clock = jumped;
    expect(audio.send(chunkAt(HALF_SECOND))).toBe('epoch 0');
    expect(audio.send(chunkAt(100n * 90_000n))).toBe('epoch 1');
  });

  it('ends that grace: after five seconds the track follows the input', () => {
    const audio = trackFrom(chunkAt(0n));
    audio.clock = { epoch: 1, anchorEpochMs: audio.clock.anchorEpochMs + 10_000, seenSinceMs: NOW };
    expect(audio.send(chunkAt(HALF_SECOND, { arrivalMs: NOW + 5001 }))).toBe('epoch 1');
  });

  it('is exact beyond 2^53 and takes negative first audio', () => {
    const epochTime = 17_000_000_000_000_001n;
    const track = trackFrom(chunkAt(epochTime, { timescale: 10_000_000, durationTicks: 5_000_000n }));
    expect(track.send(chunkAt(epochTime + 5_000_000n, { timescale: 10_000_000 }))).toBe('epoch 0');
    expect(track.send(chunkAt(epochTime + 1n, { timescale: 10_000_000 }))).toBe('epoch 1');

    const audio = trackFrom(chunkAt(signedDecodeTime(2n ** 64n - 1024n), { timescale: 48_000, durationTicks: 1024n }));
    expect(audio.cursor?.endTicks).toBe(0n);
    expect(audio.send(chunkAt(0n, { timescale: 48_000 }))).toBe('epoch 0');
  });

  it('remembers a bounded number of chunks', () => {
    const track = trackFrom(chunkAt(0n));
    for (let i = 1; i < 3 * RECENT_CHUNKS; i += 1) track.send(chunkAt(BigInt(i) * HALF_SECOND));
    expect(track.cursor?.recent).toHaveLength(RECENT_CHUNKS);
  });

  it('keeps the wall clock of a track from going back by more than an overlap, whatever is sent', () => {
    const step = fc.record({
      jumpTicks: fc.oneof(fc.constant(0n), fc.bigInt({ min: -50_000_000n, max: 50_000_000n })),
      waitMs: fc.integer({ min: 0, max: 5000 }),
      initSha256: fc.constantFrom('init', 'init', 'init', 'other'),
    });
    fc.assert(
      fc.property(fc.array(step, { maxLength: 40 }), fc.bigInt({ min: 0n, max: 2n ** 60n }), (steps, from) => {
        const track = trackFrom(chunkAt(from, { sha256: 'first' }));
        let arrivalMs = NOW;
        let epoch = 0;
        for (const [index, { jumpTicks, waitMs, initSha256 }] of steps.entries()) {
          arrivalMs += waitMs;
          const decodeTimeTicks = (track.cursor?.endTicks ?? 0n) + jumpTicks;
          const answer = track.send(chunkAt(decodeTimeTicks, { sha256: `s${index}`, initSha256, arrivalMs }));
          const continues = jumpTicks >= -44_999n && jumpTicks <= 90_000n && track.cursor?.initSha256 === initSha256;
          if (jumpTicks === 0n && continues) expect(answer).toMatch(/^epoch /);
          expect(track.clock.epoch).toBeGreaterThanOrEqual(epoch);
          expect(track.clock.epoch).toBeLessThanOrEqual(epoch + 1);
          epoch = track.clock.epoch;
        }
        for (const [index, start] of track.starts.slice(1).entries()) {
          expect(start).toBeGreaterThan((track.starts[index] ?? 0) - 1);
        }
      }),
    );
  });

  it('never begins an epoch while a track continues, in any pace', () => {
    const durations = fc.array(fc.bigInt({ min: 1n, max: 900_000n }), { minLength: 1, maxLength: 100 });
    fc.assert(
      fc.property(durations, fc.bigInt({ min: -2048n, max: 2n ** 62n }), (sizes, from) => {
        const track = trackFrom(chunkAt(from, { durationTicks: 1n }));
        for (const durationTicks of sizes) track.send(chunkAt(track.cursor?.endTicks ?? 0n, { durationTicks }));
        expect(track.clock.epoch).toBe(0);
      }),
    );
  });
});

describe('isPlausibleDecodeTime', () => {
  it('accepts epoch time at ten million ticks and refuses noise', () => {
    expect(isPlausibleDecodeTime(17_000_000_000_000_001n, 10_000_000)).toBe(true);
    expect(isPlausibleDecodeTime(2n ** 62n, 1000)).toBe(false);
    expect(isPlausibleDecodeTime(-(2n ** 62n), 1000)).toBe(false);
  });
});
