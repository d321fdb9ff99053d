import fc from 'fast-check';
import type { TrackWindow, WindowFact, WindowPart } from '#shared/contracts';
import { LiveWindowReader } from '#shared/live-window';
import { eventually } from '#shared/testing';
import { NOW_MS, segment, trackWindow } from '../../test/support/windows.ts';
import { WindowUnavailableError } from '../domain/errors.ts';
import { Clock } from '../ports.ts';
import type { Wish } from './waiting-room.ts';
import { WindowMirror } from './window-mirror.store.ts';

const INPUT = 'li_0123456789';

class StoppedClock extends Clock {
  now = NOW_MS;

  nowMs(): number {
    return this.now;
  }
}

/** The hot window as an array: the port without Redis. */
class WindowsInMemory extends LiveWindowReader {
  windows: TrackWindow[] = [];
  reads = 0;
  isAway = false;

  async readInput(): Promise<TrackWindow[]> {
    this.reads += 1;
    if (this.isAway) throw new Error('away');
    return structuredClone(this.windows);
  }

  async readParts(): Promise<[]> {
    return [];
  }

  async readSegment(): Promise<undefined> {
    return undefined;
  }
}

function mirrorOf(reader: WindowsInMemory, clock = new StoppedClock()): WindowMirror {
  return new WindowMirror({ reader, clock, maxInputs: 2, onReadFailed: () => undefined });
}

/** Closes the next segment in a window; gives the window after it and its fact. */
function closeNext(window: TrackWindow, keep: number): { after: TrackWindow; fact: WindowFact } {
  const closed = segment((window.segments.at(-1)?.mediaSequence ?? -1) + 1);
  const segments = [...window.segments, closed].slice(-keep);
  const after = { ...window, segments, revision: window.revision + 1 };
  const { fence, revision, lastAppendMs, track, peakBitrate, averageBitrate, archivedThrough } = after;
  const firstMediaSequence = segments[0]?.mediaSequence ?? 0;
  const change = {
    kind: 'segment_closed' as const,
    segment: closed,
    firstMediaSequence,
    track,
    peakBitrate,
    averageBitrate,
    archivedThrough,
  };
  return { after, fact: { fence, revision, lastAppendMs, change } };
}

const aPart = (partIndex: number): WindowPart => ({
  partIndex,
  durationMs: 500,
  independent: true,
  sizeBytes: 1,
  sha256: 'ab'.repeat(32),
  chunks: [{ streamSequence: 1, sizeBytes: 1, sha256: 'ab'.repeat(32) }],
});

const lastOf = (windows: readonly TrackWindow[]): number => windows[0]?.segments.at(-1)?.mediaSequence ?? -1;

const closedAtLeast = (mediaSequence: number): Wish<readonly TrackWindow[]> => ({
  key: `closed/${mediaSequence}`,
  isFulfilled: (windows) => lastOf(windows) >= mediaSequence,
});

describe('WindowMirror', () => {
  it('reads once and then follows the facts', async () => {
    const reader = new WindowsInMemory();
    let window = trackWindow(1, [0, 3]);
    reader.windows = [window];
    const mirror = mirrorOf(reader);
    await mirror.read(INPUT);
    for (let i = 0; i < 10; i += 1) {
      const next = closeNext(window, 6);
      window = next.after;
      mirror.apply({ inputId: INPUT, trackId: 1, fact: next.fact });
    }
    expect(await mirror.read(INPUT)).toEqual([window]);
    expect(reader.reads).toBe(1);
  });

  it('asks again at most twice a second for an input that has nothing', async () => {
    const reader = new WindowsInMemory();
    const clock = new StoppedClock();
    const mirror = mirrorOf(reader, clock);
    for (let i = 0; i < 50; i += 1) await mirror.read(INPUT);
    expect(reader.reads).toBe(1);
    clock.now += 500;
    await mirror.read(INPUT);
    expect(reader.reads).toBe(2);
  });

  it('says that it cannot know, and serves from memory what it knew', async () => {
    const reader = new WindowsInMemory();
    const clock = new StoppedClock();
    reader.isAway = true;
    const mirror = mirrorOf(reader, clock);
    await expect(mirror.read(INPUT)).rejects.toThrow(WindowUnavailableError);
    await expect(mirror.read(INPUT)).rejects.toThrow(WindowUnavailableError);
    reader.isAway = false;
    reader.windows = [trackWindow(1, [0, 3])];
    clock.now += 1000;
    expect(lastOf(await mirror.read(INPUT))).toBe(3);
    reader.isAway = true;
    clock.now += 60_000;
    expect(lastOf(await mirror.read(INPUT))).toBe(3);
  });

  it('keeps what it has when the store is empty or older', async () => {
    const reader = new WindowsInMemory();
    const clock = new StoppedClock();
    reader.windows = [trackWindow(1, [0, 9], { fence: 5 })];
    const mirror = mirrorOf(reader, clock);
    await mirror.read(INPUT);
    for (const windows of [[], [trackWindow(1, [0, 8], { fence: 6 })], [trackWindow(1, [0, 12], { fence: 4 })]]) {
      reader.windows = windows;
      const reads = reader.reads;
      clock.now += 60_000;
      await mirror.read(INPUT);
      await eventually(() => reader.reads > reads);
      expect(lastOf(await mirror.read(INPUT))).toBe(9);
    }
  });

  it('takes no part back when a read is behind the facts, by whichever packager', async () => {
    const reader = new WindowsInMemory();
    const clock = new StoppedClock();
    const open = segment(10, { parts: [aPart(0)] });
    reader.windows = [trackWindow(1, [0, 9], { open, revision: 20, fence: 5 })];
    const mirror = mirrorOf(reader, clock);
    await mirror.read(INPUT);
    const { parts: _parts, ...rest } = open;
    const change = { kind: 'part_appended' as const, segment: rest, part: aPart(1) };
    mirror.apply({ inputId: INPUT, trackId: 1, fact: { fence: 5, revision: 21, lastAppendMs: NOW_MS, change } });
    for (const fence of [5, 6]) {
      reader.windows = [trackWindow(1, [0, 9], { open, revision: 20, fence })];
      const reads = reader.reads;
      mirror.doubtAll();
      await mirror.read(INPUT);
      await eventually(() => reader.reads > reads);
      expect((await mirror.read(INPUT))[0]?.open?.parts).toHaveLength(2);
    }
  });

  it('reads again while somebody waits and nothing is heard', async () => {
    const reader = new WindowsInMemory();
    const clock = new StoppedClock();
    reader.windows = [trackWindow(1, [0, 3])];
    const mirror = mirrorOf(reader, clock);
    await mirror.read(INPUT);
    const waiting = mirror.waitFor(INPUT, closedAtLeast(4), 5000);
    reader.windows = [trackWindow(1, [0, 4], { revision: 2 })];
    clock.now += 1000;
    expect(lastOf((await waiting) ?? [])).toBe(4);
  });

  it('reads again at once for those who wait when facts may have been missed', async () => {
    const reader = new WindowsInMemory();
    reader.windows = [trackWindow(1, [0, 3])];
    const mirror = mirrorOf(reader);
    await mirror.read(INPUT);
    const waiting = mirror.waitFor(INPUT, closedAtLeast(4), 5000);
    reader.windows = [trackWindow(1, [0, 4], { revision: 2 })];
    mirror.doubtAll();
    expect(lastOf((await waiting) ?? [])).toBe(4);
  });

  it('takes over what a successor rebuilt', async () => {
    const reader = new WindowsInMemory();
    reader.windows = [trackWindow(1, [0, 9], { fence: 5, revision: 50 })];
    const mirror = mirrorOf(reader);
    await mirror.read(INPUT);
    reader.windows = [trackWindow(1, [4, 10], { fence: 6, revision: 1 })];
    const fact: WindowFact = { fence: 6, revision: 1, lastAppendMs: NOW_MS, change: { kind: 'reset' } };
    mirror.apply({ inputId: INPUT, trackId: 1, fact });
    await eventually(async () => lastOf(await mirror.read(INPUT)) === 10);
  });

  it('wakes who waits as soon as the windows are enough, and others when the time is over', async () => {
    const reader = new WindowsInMemory();
    const window = trackWindow(1, [0, 0]);
    reader.windows = [window];
    const mirror = mirrorOf(reader);
    await mirror.read(INPUT);
    const waiting = mirror.waitFor(INPUT, closedAtLeast(1), 5000);
    mirror.apply({ inputId: INPUT, trackId: 1, fact: closeNext(window, 9).fact });
    expect(lastOf((await waiting) ?? [])).toBe(1);
    expect(await mirror.waitFor(INPUT, closedAtLeast(2), 10)).toBeUndefined();
  });

  it('forgets the input that was longest unused', async () => {
    const reader = new WindowsInMemory();
    const mirror = mirrorOf(reader);
    for (const inputId of ['li_a', 'li_b', 'li_a', 'li_c']) await mirror.read(inputId);
    expect(['li_a', 'li_b', 'li_c'].map((inputId) => mirror.has(inputId))).toEqual([true, false, true]);
  });

  it('catches up whatever facts are lost, doubled or reordered, and never goes back', async () => {
    const step = fc.record({ isLost: fc.boolean(), isDoubled: fc.boolean(), isLate: fc.boolean() });
    await fc.assert(
      fc.asyncProperty(fc.array(step, { minLength: 1, maxLength: 30 }), async (steps) => {
        const reader = new WindowsInMemory();
        const clock = new StoppedClock();
        let window = trackWindow(1, [0, 2]);
        reader.windows = [window];
        const mirror = mirrorOf(reader, clock);
        await mirror.read(INPUT);
        let seen = 2;
        let late: WindowFact | undefined;
        for (const { isLost, isDoubled, isLate } of steps) {
          const next = closeNext(window, 8);
          window = next.after;
          reader.windows = [window];
          const now = isLate ? late : next.fact;
          late = isLate ? next.fact : late;
          for (const fact of isLost || now === undefined ? [] : isDoubled ? [now, now] : [now]) {
            mirror.apply({ inputId: INPUT, trackId: 1, fact });
          }
          const last = lastOf(await mirror.read(INPUT));
          expect(last).toBeGreaterThanOrEqual(seen);
          seen = last;
        }
        clock.now += 60_000;
        await mirror.read(INPUT);
        await eventually(async () => lastOf(await mirror.read(INPUT)) === window.segments.at(-1)?.mediaSequence);
      }),
      { numRuns: 50 },
    );
  });
});
