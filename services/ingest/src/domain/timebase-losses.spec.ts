import * as fc from 'fast-check';
import { ticksToMs } from '#timeline';
import { anchorFor, placeChunk } from './timebase.ts';
import { advanceCursor, endMsOf, reachOf, type ChunkTime, type EpochClock, type TrackCursor } from './track-cursor.ts';

const START = 1_780_000_000_000;
const CHUNK_MS = 500;

interface Sent {
  readonly track: string;
  /** Start on the encoder's own timeline. */
  readonly atMs: number;
  /** Wall clock at which it comes, after START; by default as soon as it is made. */
  readonly arrivesMs?: number;
  readonly init?: string;
  readonly session?: string;
}

/** The tracks of an input as ingest drives them: one clock, a cursor each. */
class Input {
  clock: EpochClock | undefined;
  readonly cursors = new Map<string, TrackCursor>();
  /** Epoch, start on the wall clock and end of everything stored, by track. */
  readonly stored = new Map<string, Array<{ epoch: number; startMs: number; atMs: number }>>();

  constructor(
    private readonly isRedundant = false,
    private readonly chunkMs = CHUNK_MS,
  ) {}

  send(sent: Sent): string {
    const chunk = this.#chunkOf(sent);
    for (;;) {
      const place = this.clock === undefined ? undefined : this.#place(this.clock, sent.track, chunk);
      if (place?.kind === 'duplicate') return 'duplicate';
      if (place?.kind === 'in_epoch') return this.#store(sent.track, place.clock, chunk, sent.atMs);
      this.clock = this.#nextClock(chunk, place?.keepsAnchor ?? false);
    }
  }

  /** All tracks in turn, chunk by chunk, from one time to another of the encoder's timeline. */
  run(
    tracks: readonly string[],
    fromMs: number,
    toMs: number,
    changes: Partial<Sent> & { lateMs?: number } = {},
  ): void {
    const { lateMs = 0, ...sent } = changes;
    for (let atMs = fromMs; atMs < toMs; atMs += this.chunkMs) {
      for (const track of tracks) this.send({ track, atMs, arrivesMs: atMs + this.chunkMs + lateMs, ...sent });
    }
  }

  epochsOf(track: string): number[] {
    return [...new Set((this.stored.get(track) ?? []).map(({ epoch }) => epoch))];
  }

  #chunkOf({ track, atMs, arrivesMs = atMs + this.chunkMs, init = 'init', session = 's1' }: Sent): ChunkTime {
    return {
      decodeTimeTicks: BigInt(Math.round(atMs * 90)),
      durationTicks: BigInt(this.chunkMs * 90),
      timescale: 90_000,
      sha256: `${track} ${atMs} ${session}`,
      initSha256: init,
      source: { sessionId: session, initReceipt: session },
      arrivalMs: START + arrivesMs,
    };
  }

  #nextClock(chunk: ChunkTime, keepsAnchor: boolean): EpochClock {
    const { epoch, anchorEpochMs } = this.clock ?? { epoch: -1, anchorEpochMs: 0 };
    const ends = [...this.cursors.values()].map(endMsOf);
    const latestEndMs = ends.length === 0 ? undefined : Math.max(...ends);
    const anchor = keepsAnchor ? anchorEpochMs : anchorFor(chunk, latestEndMs);
    return { epoch: epoch + 1, anchorEpochMs: anchor, seenSinceMs: chunk.arrivalMs };
  }

  #place(clock: EpochClock, track: string, chunk: ChunkTime) {
    const others = [...this.cursors].filter(([name, { epoch }]) => name !== track && epoch === clock.epoch);
    const reaches = others.map(([, cursor]) => reachOf(cursor));
    const own = this.cursors.get(track);
    const ends = [...reaches.map(({ endMs }) => endMs), ...(own?.epoch === clock.epoch ? [endMsOf(own)] : [])];
    return placeChunk(own, clock, chunk, {
      gapToleranceMs: 1000,
      latestEndMs: ends.length === 0 ? undefined : Math.max(...ends),
      others: reaches,
      isRedundant: this.isRedundant,
    });
  }

  #store(track: string, clock: Pick<EpochClock, 'epoch' | 'anchorEpochMs'>, chunk: ChunkTime, atMs: number): string {
    this.cursors.set(track, advanceCursor(this.cursors.get(track), clock, chunk));
    const startMs = clock.anchorEpochMs + ticksToMs(chunk.decodeTimeTicks, chunk.timescale) - START;
    this.stored.set(track, [...(this.stored.get(track) ?? []), { epoch: clock.epoch, startMs, atMs }]);
    return `epoch ${clock.epoch}`;
  }
}

const AV = ['video', 'audio'];

describe('a track that loses what another one has', () => {
  it('keeps the epoch when it comes back beside a track that went on', () => {
    const input = new Input();
    input.run(AV, 0, 5000);
    input.run(['audio'], 5000, 15_000);
    input.run(AV, 15_000, 20_000);
    expect([input.epochsOf('video'), input.epochsOf('audio')]).toEqual([[0], [0]]);
    expect(input.stored.get('video')?.find(({ atMs }) => atMs === 15_000)?.startMs).toBe(15_000);
  });

  it('keeps it when it is the first to bring what comes after the loss, if the wall clock ran as far', () => {
    const input = new Input();
    input.run(AV, 0, 5000);
    input.run(['audio'], 5000, 14_500);
    expect(input.send({ track: 'video', atMs: 15_000 })).toBe('epoch 0');
  });

  it('keeps it with chunks longer than the tolerance, whose neighbour is still on its way', () => {
    const input = new Input(false, 4000);
    input.run(AV, 0, 8000);
    input.run(['audio'], 8000, 16_000);
    expect(input.send({ track: 'video', atMs: 20_000 })).toBe('epoch 0');
  });

  it('begins an epoch when every track stops and comes back later: the encoder was down', () => {
    const input = new Input();
    input.run(AV, 0, 5000);
    input.run(AV, 10_000, 12_000);
    expect([input.epochsOf('video'), input.epochsOf('audio')]).toEqual([
      [0, 1],
      [0, 1],
    ]);
  });

  it('begins one epoch and not two when the timestamps of all tracks jump and no time has passed', () => {
    for (const jumpMs of [1600, 5000, 100_000]) {
      const input = new Input();
      input.run(AV, 0, 5000);
      input.run(AV, 5000 + jumpMs, 8000 + jumpMs, { lateMs: -jumpMs });
      expect([input.epochsOf('video'), input.epochsOf('audio')]).toEqual([
        [0, 1],
        [0, 1],
      ]);
    }
  });

  it('does not take a jump for a loss because another track is ahead of the one that jumps first', () => {
    const input = new Input();
    input.run(AV, 0, 5000);
    input.run(['audio'], 5000, 6000, { lateMs: -1000 });
    expect(input.send({ track: 'video', atMs: 6600, arrivesMs: 5500 })).toBe('epoch 1');
    expect(input.send({ track: 'audio', atMs: 7600, arrivesMs: 5500 })).toBe('epoch 1');
  });

  it('does not take the absence of all for a loss because one of them was a little ahead', () => {
    const input = new Input();
    input.run(['video'], 0, 5000);
    input.run(['audio'], 300, 5300);
    expect(input.send({ track: 'video', atMs: 6600 })).toBe('epoch 1');
    expect(input.send({ track: 'audio', atMs: 6900 })).toBe('epoch 1');
  });

  it('begins an epoch when a track comes back beyond everything that the others have', () => {
    const input = new Input();
    input.run(AV, 0, 5000);
    input.run(['audio'], 5000, 9000);
    expect(input.send({ track: 'video', atMs: 60_000, arrivesMs: 9500 })).toBe('epoch 1');
  });

  it('begins an epoch when the only track of an input is away', () => {
    const input = new Input();
    input.run(['video'], 0, 5000);
    input.run(['video'], 10_000, 12_000);
    expect(input.epochsOf('video')).toEqual([0, 1]);
  });

  it('breaks nothing for the others, whatever one track loses while they go on', () => {
    const pause = fc.record({ fromMs: fc.integer({ min: 2, max: 200 }), chunks: fc.integer({ min: 1, max: 100 }) });
    fc.assert(
      fc.property(
        pause,
        fc.constantFrom(...AV),
        fc.integer({ min: 0, max: 400 }),
        ({ fromMs, chunks }, lost, lagMs) => {
          const input = new Input();
          const [from, to] = [fromMs * CHUNK_MS, (fromMs + chunks) * CHUNK_MS];
          for (let atMs = 0; atMs < to + 5000; atMs += CHUNK_MS) {
            for (const track of AV) {
              const arrivesMs = atMs + CHUNK_MS + (track === 'audio' ? lagMs : 0);
              if (track !== lost || atMs < from || atMs >= to) input.send({ track, atMs, arrivesMs });
            }
          }
          for (const track of AV) {
            expect(input.epochsOf(track)).toEqual([0]);
            for (const { startMs, atMs } of input.stored.get(track) ?? []) expect(startMs).toBeCloseTo(atMs, 3);
          }
        },
      ),
    );
  });

  it('gives every track the same epochs when all lose the same, and the wall clock never goes back', () => {
    fc.assert(
      fc.property(fc.integer({ min: 1600, max: 3_600_000 }), fc.boolean(), (jumpMs, timePasses) => {
        const input = new Input();
        input.run(AV, 0, 5000);
        input.run(AV, 5000 + jumpMs, 9000 + jumpMs, { lateMs: timePasses ? 0 : -jumpMs });
        for (const track of AV) {
          expect(input.epochsOf(track)).toEqual([0, 1]);
          const starts = (input.stored.get(track) ?? []).map(({ startMs }) => startMs);
          expect(starts).toEqual(starts.toSorted((a, b) => a - b));
        }
      }),
    );
  });
});

describe('an encoder that drops after 8 s and comes back 3 s later', () => {
  const returns: Array<[string, { atMs: number; init?: string }, number]> = [
    ['the same init, timestamps that run with the wall clock', { atMs: 11_000 }, 1],
    ['the same init, timestamps that continue', { atMs: 8000 }, 0],
    ['the same init, timestamps that jump forward', { atMs: 100_000 }, 1],
    ['the same init, timestamps that jump back', { atMs: 4000 }, 1],
    ['the same init, from zero', { atMs: 0 }, 1],
    ['a new init, timestamps that continue', { atMs: 8000, init: 'new' }, 1],
    ['a new init, timestamps that jump forward', { atMs: 100_000, init: 'new' }, 1],
    ['a new init, timestamps that jump back', { atMs: 4000, init: 'new' }, 1],
    ['a new init, from zero', { atMs: 0, init: 'new' }, 1],
  ];

  it.each(returns)('with %s', (_, { atMs, init = 'init' }, discontinuities) => {
    const input = new Input();
    input.run(AV, 0, 8000);
    input.run(AV, atMs, atMs + 4000, { init, session: 's2', lateMs: 11_000 - atMs });
    for (const track of AV) {
      expect(input.epochsOf(track)).toEqual(discontinuities === 0 ? [0] : [0, 1]);
      const starts = (input.stored.get(track) ?? []).map(({ startMs }) => startMs);
      expect(starts).toHaveLength(24);
      expect(starts).toEqual(starts.toSorted((a, b) => a - b));
      // Where the timebase broke, the wall clock is that of the arrival.
      const cameBack = starts[16] ?? 0;
      const keepsClock = discontinuities === 0 || (init === 'new' && atMs === 8000);
      expect(Math.abs(cameBack - (keepsClock ? 8000 : 11_000))).toBeLessThan(1);
    }
  });
});

describe('the encoders of a redundant input', () => {
  it('fill each other up whatever the order, the delay and the moment of death', () => {
    const plan = fc.record({
      lagChunks: fc.integer({ min: -15, max: 15 }),
      diesAt: fc.integer({ min: 1, max: 40 }),
      first: fc.boolean(),
    });
    fc.assert(
      fc.property(plan, ({ lagChunks, diesAt, first }) => {
        const input = new Input(true);
        const last = 40;
        for (let step = -15; step < last + 30; step += 1) {
          const sends = [
            { session: 'a', index: step, isAlive: !first || step < diesAt },
            { session: 'b', index: step - lagChunks, isAlive: first || step < diesAt },
          ];
          for (const { session, index, isAlive } of sends) {
            if (!isAlive || index < 0 || index >= last) continue;
            for (const track of AV)
              input.send({ track, atMs: index * CHUNK_MS, arrivesMs: (step + 16) * CHUNK_MS, session });
          }
        }
        for (const track of AV) {
          const stored = input.stored.get(track) ?? [];
          expect(input.epochsOf(track)).toEqual([0]);
          expect(stored.map(({ atMs }) => atMs)).toEqual(stored.map((_, index) => index * CHUNK_MS));
        }
      }),
    );
  });

  it('do not make a timeline of overlaps when they cut at other times', () => {
    const input = new Input(true);
    input.run(['video'], 0, 3000, { session: 'a' });
    expect(input.send({ track: 'video', atMs: 2750, session: 'b', arrivesMs: 3300 })).toBe('duplicate');
    expect(input.send({ track: 'video', atMs: 2990, session: 'b', arrivesMs: 3500 })).toBe('epoch 0');
  });

  it('may send again what they sent themselves, in other bytes too', () => {
    const input = new Input(true);
    input.run(['video'], 0, 3000, { session: 'a' });
    expect(input.send({ track: 'video', atMs: 2000, session: 'a', arrivesMs: 3300 })).toBe('duplicate');
    expect(input.send({ track: 'video', atMs: 3000, session: 'a' })).toBe('epoch 0');
  });

  it('are out of step beyond ten seconds', () => {
    const input = new Input(true);
    input.run(['video'], 0, 30_000, { session: 'a' });
    expect(input.send({ track: 'video', atMs: 21_000, session: 'b', arrivesMs: 30_500 })).toBe('duplicate');
    expect(input.send({ track: 'video', atMs: 0, session: 'b', arrivesMs: 31_000 })).toBe('epoch 1');
  });
});
