import { randomBytes } from 'node:crypto';
import * as fc from 'fast-check';
import type { TrackWindow, WindowFact, WindowSegment } from '../contracts/index.ts';
import { connectRedis, type RedisConnection } from '../redis/index.ts';
import { backendsFromEnvironment } from '../testing/index.ts';
import type { AppendOutcome, WindowHead } from './live-window.ts';
import { RedisLiveWindow } from './redis-live-window.ts';
import { closeFact, emptyWindow, partFact, partOf, segmentOf } from './testing/windows.ts';
import { WRITE_CASES } from './testing/write-cases.ts';
import { admitWrite, applyWindowFact } from './window-arithmetic.ts';
import { WindowKeys } from './window-keys.ts';

let redis: RedisConnection;
let store: RedisLiveWindow;

beforeAll(() => {
  redis = connectRedis(backendsFromEnvironment().REDIS_URL, () => undefined);
  store = new RedisLiveWindow(redis);
});

afterAll(() => redis.disconnect());

const newInput = (): string => `li_${randomBytes(8).toString('hex')}`;

const headOf = ({ segments: _segments, ...head }: TrackWindow): WindowHead => head;

/** Carries out a fact on the store, as the packager does. */
function write(after: TrackWindow, fact: WindowFact, bytes: Uint8Array): Promise<AppendOutcome> {
  const { change } = fact;
  if (change.kind === 'reset') return store.replace(after);
  if (change.kind === 'segment_closed')
    return store.closeSegment(headOf(after), change.segment, change.firstMediaSequence);
  const { mediaSequence } = change.segment;
  return store.appendPart(headOf(after), { mediaSequence, partIndex: change.part.partIndex, bytes });
}

describe('the guard of the live window in Redis', () => {
  it.each(WRITE_CASES)('$behaviour', async ({ stored, write: attempt, outcome }) => {
    const inputId = newInput();
    const standing = stored.fence ?? 1;
    await store.takeFence(inputId, standing);
    if (stored.revision > 0) await store.replace({ ...emptyWindow(inputId, standing), revision: stored.revision });
    if (stored.fence === undefined) await redis.del(new WindowKeys(inputId).fence);
    const head = headOf({ ...emptyWindow(inputId, attempt.fence), revision: attempt.revision });

    expect(await store.appendPart(head, { mediaSequence: 0, partIndex: 0, bytes: Buffer.from('abc') })).toBe(outcome);

    const after = await store.readInput(inputId);
    expect(after[0]?.revision ?? 0).toBe(outcome === 'applied' ? attempt.revision : stored.revision);
    expect(await redis.exists(new WindowKeys(inputId).part(1, 0, 0))).toBe(outcome === 'applied' ? 1 : 0);
  });
});

describe('the fence', () => {
  it('is taken by a higher token and by the same one again, never by a lower one', async () => {
    const inputId = newInput();
    expect(await store.takeFence(inputId, 9)).toBe(true);
    expect(await store.takeFence(inputId, 9)).toBe(true);
    expect(await store.takeFence(inputId, 10)).toBe(true);
    expect(await store.takeFence(inputId, 9)).toBe(false);
  });

  it('keeps an older packager from replacing a window and from putting bytes', async () => {
    const inputId = newInput();
    await store.takeFence(inputId, 8);
    const window = emptyWindow(inputId, 8);
    await store.replace({ ...window, revision: 4 });
    expect(await store.replace({ ...window, fence: 7, revision: 9 })).toBe('fenced_out');
    const part = { mediaSequence: 0, partIndex: 0, bytes: Buffer.from('abc') };
    expect(await store.putBytes({ ...window, fence: 7 }, part)).toBe('fenced_out');
    expect(await store.readInput(inputId)).toEqual([{ ...window, revision: 4 }]);
  });
});

describe('the live window in Redis', () => {
  it('gives a segment back byte for byte from its parts', async () => {
    const inputId = newInput();
    await store.takeFence(inputId, 1);
    const bytes = [randomBytes(70_000), randomBytes(1)];
    let window = emptyWindow(inputId, 1);
    for (const [index, chunk] of bytes.entries()) {
      const fact = partFact(window, 5, partOf(index, chunk.length));
      window = applyWindowFact(window, fact)!;
      expect(await write(window, fact, chunk)).toBe('applied');
    }
    expect(await store.readSegment(inputId, 1, window.open!)).toEqual(Buffer.concat(bytes));
  });

  it('says when a part of a segment is gone', async () => {
    const inputId = newInput();
    await store.takeFence(inputId, 1);
    const segment = segmentOf(0, [partOf(0), partOf(1)]);
    await store.putBytes(emptyWindow(inputId, 1), { mediaSequence: 0, partIndex: 0, bytes: Buffer.from('abc') });
    expect(await store.readSegment(inputId, 1, segment)).toBeUndefined();
  });

  it('is none for a reader that cannot understand it, and is written over', async () => {
    const inputId = newInput();
    await store.takeFence(inputId, 1);
    await store.replace({ ...emptyWindow(inputId, 1), revision: 4 });
    await redis.hset(new WindowKeys(inputId).window(1), '0', '{"mediaSequence":0,"format":"of another version"}');
    expect(await store.readInput(inputId)).toEqual([]);
    const window = { ...emptyWindow(inputId, 1), revision: 1 };
    expect(await store.replace(window)).toBe('applied');
    expect(await store.readInput(inputId)).toEqual([window]);
  });

  it('closes a gap like any segment, and drops it when its time has come', async () => {
    const inputId = newInput();
    await store.takeFence(inputId, 1);
    const gap: WindowSegment = { ...segmentOf(0, []), durationMs: 2000, independent: false, gap: true };
    let window = applyWindowFact(emptyWindow(inputId, 1), closeFact(emptyWindow(inputId, 1), gap, 0))!;
    expect(await store.closeSegment(headOf(window), window.segments[0]!, 0)).toBe('applied');
    expect(await store.readInput(inputId)).toEqual([window]);
    expect(await store.readSegment(inputId, 1, gap)).toBeUndefined();
    const next = closeFact(window, segmentOf(1, [partOf(0)]), 1);
    window = applyWindowFact(window, next)!;
    expect(await store.closeSegment(headOf(window), window.segments[0]!, 1)).toBe('applied');
    expect((await store.readInput(inputId))[0]?.segments.map((one) => one.mediaSequence)).toEqual([1]);
  });

  it('reads every track of an input, by track id', async () => {
    const inputId = newInput();
    await store.takeFence(inputId, 1);
    for (const trackId of [10, 2]) await store.replace({ ...emptyWindow(inputId, 1, trackId), revision: 1 });
    const tracks = await store.readInput(inputId);
    expect(tracks.map((window) => window.track.trackId)).toEqual([2, 10]);
    expect(await store.readInput(newInput())).toEqual([]);
  });

  it('lets nothing stay for ever', async () => {
    const inputId = newInput();
    await store.takeFence(inputId, 1);
    const fact = partFact(emptyWindow(inputId, 1), 0, partOf(0));
    await write(applyWindowFact(emptyWindow(inputId, 1), fact)!, fact, Buffer.from('abc'));
    const keys = await redis.keys(`hw:{${inputId}}:*`);
    expect(keys).toHaveLength(4);
    for (const key of keys) expect(await redis.pttl(key)).toBeGreaterThan(0);
  });

  it('stays equal to the pure arithmetic over any order of writes, redeliveries, takeovers and losses', async () => {
    await fc.assert(
      fc.asyncProperty(fc.array(step, { minLength: 1, maxLength: 40 }), async (steps) => {
        const run = new ModelRun(newInput());
        await run.apply('takeover');
        for (const one of steps) await run.apply(one);
        await run.compare();
      }),
      { numRuns: 60 },
    );
  });
});

type Step = 'part' | 'close' | 'drop_and_close' | 'redeliver' | 'skip' | 'stale' | 'takeover' | 'lose';

const step: fc.Arbitrary<Step> = fc.oneof(
  { weight: 8, arbitrary: fc.constant<Step>('part') },
  { weight: 4, arbitrary: fc.constant<Step>('close') },
  {
    weight: 6,
    arbitrary: fc.constantFrom<Step>('drop_and_close', 'redeliver', 'skip', 'stale', 'takeover', 'lose'),
  },
);

/** One packager's view, the expected content of the store, and the store. */
class ModelRun {
  #window: TrackWindow;
  #storedFence: number | undefined;
  #stored: TrackWindow | undefined;
  #last: WindowFact | undefined;
  #nextMediaSequence = 0;
  #lost = false;

  constructor(private readonly inputId: string) {
    this.#window = emptyWindow(inputId, 10);
  }

  async apply(kind: Step): Promise<void> {
    if (kind === 'takeover') return this.#takeOver();
    if (kind === 'lose') return this.#lose();
    const fact = this.#factOf(kind);
    if (fact === undefined) return;
    const after = applyWindowFact(this.#window, { ...fact, fence: this.#window.fence }) ?? this.#window;
    const written = { ...after, fence: fact.fence, revision: fact.revision };
    const expected = admitWrite({ fence: this.#storedFence, revision: this.#stored?.revision ?? 0 }, fact);
    expect(await write(written, fact, Buffer.from('abc'))).toBe(expected);
    if (expected !== 'applied') return;
    this.#last = fact;
    this.#window = after;
    this.#stored = after;
  }

  async compare(): Promise<void> {
    expect(await store.readInput(this.inputId)).toEqual(this.#stored === undefined ? [] : [this.#stored]);
    const kept = [...(this.#stored?.segments ?? []), ...(this.#stored?.open ? [this.#stored.open] : [])];
    const keys = new WindowKeys(this.inputId);
    const expected = kept.flatMap((segment) =>
      segment.parts.map((part) => keys.part(1, segment.mediaSequence, part.partIndex)),
    );
    const present = await redis.keys(`hw:{${this.inputId}}:p:*`);
    expect(present.toSorted()).toEqual(expect.arrayContaining(this.#lost ? [] : expected.toSorted()));
    if (!this.#lost) expect(present).toHaveLength(expected.length);
  }

  #factOf(kind: Exclude<Step, 'takeover' | 'lose'>): WindowFact | undefined {
    const window = this.#window;
    if (kind === 'redeliver') return this.#last;
    if (kind === 'close' || kind === 'drop_and_close') return this.#closing(kind === 'drop_and_close');
    const fact = partFact(window, this.#nextMediaSequence, partOf(window.open?.parts.length ?? 0));
    if (kind === 'skip') return { ...fact, revision: fact.revision + 1 };
    if (kind === 'stale') return { ...fact, fence: window.fence - 1 };
    return fact;
  }

  #closing(dropsOldest: boolean): WindowFact | undefined {
    const { open, segments } = this.#window;
    if (open === null) return undefined;
    const oldest = segments[0]?.mediaSequence ?? open.mediaSequence;
    if (this.#storedFence === this.#window.fence) this.#nextMediaSequence = open.mediaSequence + 1;
    return closeFact(this.#window, open, dropsOldest ? oldest + 1 : oldest);
  }

  async #takeOver(): Promise<void> {
    const fence = this.#window.fence + 1;
    expect(await store.takeFence(this.inputId, fence)).toBe(true);
    this.#storedFence = fence;
    this.#window = { ...this.#window, fence, revision: this.#window.revision + 1 };
    expect(await store.replace(this.#window)).toBe('applied');
    this.#stored = this.#window;
    this.#last = undefined;
  }

  async #lose(): Promise<void> {
    const keys = await redis.keys(`hw:{${this.inputId}}:*`);
    if (keys.length > 0) await redis.del(keys);
    this.#lost = keys.length > 0 || this.#lost;
    this.#storedFence = undefined;
    this.#stored = undefined;
  }
}
