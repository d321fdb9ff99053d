import { renderManifest } from '#dash';
import type { TrackWindow } from '#shared/contracts';
import { audioWindow, NOW_MS, segment, trackWindow } from '../../test/support/windows.ts';
import { dashManifest, type DashList } from './dash-manifest.ts';

const PART = { durationMs: 500, independent: true, sizeBytes: 1, sha256: 'ab'.repeat(32), chunks: [] };
const first = (window: TrackWindow) => window.segments[0] ?? segment(0);

function listOf(listed: TrackWindow[], facts: Partial<DashList> = {}): DashList {
  return {
    listed,
    all: listed,
    isEnded: false,
    minWindowMs: 30_000,
    base: '',
    suffix: '',
    // Every epoch counts its decode times from the second that its first segment in the window begins.
    clockOf: (window, epoch) => {
      const witness = window.segments.find((candidate) => candidate.epoch === epoch) ?? first(window);
      return { startEpochMs: witness.startEpochMs, decodeTimeTicks: 0n, timescale: window.track.timescale };
    },
    ...facts,
  };
}

const openWindow = (facts: Partial<TrackWindow> = {}): TrackWindow =>
  trackWindow(1, [0, 20], { open: segment(21, { durationMs: 500, parts: [{ partIndex: 0, ...PART }] }), ...facts });

describe('dashManifest', () => {
  it('lists the tail that media playlists list, all tracks in one period', () => {
    const { periods, timeShiftBufferDepthMs } = dashManifest(
      listOf([trackWindow(1, [0, 30]), audioWindow(2, [0, 30])]),
    );
    expect(periods).toHaveLength(1);
    expect(periods[0]?.tracks.map(({ trackId, segments }) => [trackId, segments[0]?.mediaSequence])).toEqual([
      [1, 16],
      [2, 16],
    ]);
    expect(timeShiftBufferDepthMs).toBe(30_000);
  });

  it('lists the segment in production with its expected length, and says how early it can be asked for', () => {
    const { periods, latency } = dashManifest(listOf([openWindow()]));
    expect(periods[0]?.tracks[0]).toMatchObject({
      open: { mediaSequence: 21, durationTicks: 180_000n },
      availabilityTimeOffsetMs: 1500,
    });
    expect(latency).toMatchObject({ targetMs: 3000 });
  });

  it.each([
    ['has ended', openWindow(), { isEnded: true }],
    ['has no parts', openWindow({ numbers: { targetDurationSec: 2, segmentTargetMs: 2000 } }), {}],
    ['has not begun its next segment', openWindow({ open: segment(21) }), {}],
  ])('lists no segment in production of a stream that %s', (_name, window, facts) => {
    expect(dashManifest(listOf([window], facts)).periods[0]?.tracks[0]?.open).toBeUndefined();
  });

  it('makes a period of each epoch; the new one begins with its first segment, in whichever track that is', () => {
    const video = trackWindow(1, [0, 20], {
      segments: Array.from({ length: 21 }, (_, index) => segment(index, { epoch: index < 18 ? 4 : 5 })),
    });
    const audio = audioWindow(2, [0, 20], {
      segments: Array.from({ length: 21 }, (_, index) =>
        segment(index, { epoch: index < 18 ? 4 : 5, startEpochMs: segment(index).startEpochMs + 40 }),
      ),
    });
    const { periods } = dashManifest(listOf([video, audio]));
    expect(periods.map(({ id, startEpochMs }) => [id, startEpochMs])).toEqual([
      ['4', segment(0).startEpochMs],
      ['5', segment(18).startEpochMs],
    ]);
    expect(periods.map(({ tracks }) => tracks.map(({ segments }) => segments.length))).toEqual([
      [12, 12],
      [3, 3],
    ]);
  });

  it('keeps the start of a period that goes on, whatever slides out of the window', () => {
    const clock = { startEpochMs: NOW_MS, decodeTimeTicks: 90_000n * 3600n, timescale: 90_000 };
    const starts = [0, 5, 40].map((from) => {
      const segments = Array.from({ length: 30 }, (_, index) => segment(from + index));
      const list = listOf([trackWindow(1, [0, 0], { segments })], { clockOf: () => clock });
      return dashManifest(list).periods[0]?.startEpochMs;
    });
    expect(new Set(starts)).toEqual(new Set([NOW_MS - 3_600_000]));
  });

  it('begins a period in 1970 whose decode times reach further back, and still renders', () => {
    const clock = { startEpochMs: segment(10).startEpochMs, decodeTimeTicks: 1n << 53n, timescale: 10_000_000 };
    const ancient = { ...clock, decodeTimeTicks: (1n << 53n) * 100n };
    for (const told of [clock, ancient]) {
      const manifest = dashManifest(listOf([trackWindow(1, [0, 20])], { clockOf: () => told }));
      expect(renderManifest(manifest)).toContain('<Period id="0" start="PT');
      if (told === ancient) expect(manifest.periods[0]?.startEpochMs).toBe(0);
    }
  });

  it('leaves a track out of an epoch whose clock nobody can tell', () => {
    const windows = [trackWindow(1, [0, 20]), audioWindow(2, [0, 20])];
    const list = listOf(windows, { clockOf: () => undefined });
    expect(dashManifest(list).periods).toEqual([]);
  });

  it('carries each marker once, while it reaches into what is listed', () => {
    const marker = (id: string, startEpochMs: number) => ({ id, schemeIdUri: 'urn:x', value: '', startEpochMs });
    const gone = marker('gone', segment(0).startEpochMs);
    const shown = marker('shown', segment(19).startEpochMs);
    const segments = Array.from({ length: 21 }, (_, index) => segment(index, { markers: [gone, shown] }));
    const windows = [trackWindow(1, [0, 20], { segments }), audioWindow(2, [0, 20], { segments })];
    expect(dashManifest(listOf(windows)).markers?.map(({ id }) => id)).toEqual(['shown']);
  });

  it('says where an ended stream ended', () => {
    const { endEpochMs } = dashManifest(listOf([trackWindow(1, [0, 20]), audioWindow(2, [0, 19])], { isEnded: true }));
    expect(endEpochMs).toBe(segment(20).startEpochMs + 2000);
  });

  it('names segments relative to where it is, with the query that is handed on', () => {
    const list = listOf([trackWindow(1, [0, 20])], { base: '../../live/x/', suffix: '?tok=a&sid=b' });
    expect(renderManifest(dashManifest(list))).toContain('media="../../live/x/1/$Number$.m4s?tok=a&amp;sid=b"');
  });
});
