import { CHAIN_START, nextChainValue } from '#provenance';
import type { SegmentClosed, TrackWindow } from '#shared/contracts';
import { faultsOf, type TrackHoldings } from './support/audit.ts';
import { sha256 } from './support/cmaf-walk.ts';
import type { ServedSegment } from './support/track-record.ts';

const SEGMENTS = 4;
const CHUNKS_IN_EACH = 2;

const hashOf = (index: number): string => sha256(Buffer.from(`chunk ${index}`));

/** A track of 4 s of which everybody holds the same. */
function soundTrack(): TrackHoldings {
  const chunks = Array.from({ length: SEGMENTS * CHUNKS_IN_EACH }, (_, index) => ({
    streamSequence: 10 + index,
    sizeBytes: 7,
    sha256: hashOf(index),
    durationTicks: 500n,
    independent: index % CHUNKS_IN_EACH === 0,
  }));
  let chain = CHAIN_START;
  const journal = Array.from({ length: SEGMENTS }, (_, mediaSequence): SegmentClosed => {
    const own = chunks.slice(mediaSequence * CHUNKS_IN_EACH, (mediaSequence + 1) * CHUNKS_IN_EACH);
    const link = { epoch: 0, mediaSequence, initSha256: sha256(Buffer.from('init')), chunks: own };
    chain = nextChainValue(chain, link);
    return {
      ...link,
      chain,
      inputId: 'li_1',
      trackId: 1,
      partition: 0,
      fence: 1 + Math.floor(mediaSequence / 2),
      discontinuitySequence: 0,
      startEpochMs: 1_000_000 + mediaSequence * 1000,
      durationMs: 1000,
      decodeTimeTicks: BigInt(mediaSequence * 1000),
      durationTicks: 1000n,
      timescale: 1000,
      independent: true,
      sizeBytes: 14,
      sha256: sha256(Buffer.from(`segment ${mediaSequence}`)),
      partChunkCounts: [1, 1],
      closedBy: 'boundary',
      resumeSequence: 0,
      closedAtMs: 0,
    };
  });
  const served = new Map<number, ServedSegment>(
    journal.map(({ mediaSequence, sha256: hash, chunks: own }) => [
      mediaSequence,
      { sha256: hash, sizeBytes: 14, chunkSha256s: own.map((chunk) => chunk.sha256), seenAtMs: 0 },
    ]),
  );
  return {
    accepted: chunks,
    media: chunks,
    journal,
    window: windowOf(journal),
    served: { oldest: 0, newest: SEGMENTS - 1, served },
  };
}

function windowOf(journal: readonly SegmentClosed[]): TrackWindow {
  return {
    inputId: 'li_1',
    fence: 2,
    revision: 9,
    track: { trackId: 1, name: 'v', kind: 'video', codec: 'avc1.64000a', timescale: 1000, language: 'und' },
    numbers: { targetDurationSec: 1, segmentTargetMs: 1000 },
    segments: journal.slice(1).map((record) => ({ ...record, parts: [] })),
    open: null,
    lastAppendMs: 0,
    peakBitrate: 0,
    averageBitrate: 0,
    archivedThrough: -1,
  };
}

const withRecord = (at: number, change: Partial<SegmentClosed>) => (track: TrackHoldings) => ({
  ...track,
  journal: track.journal.map((record, index) => (index === at ? { ...record, ...change } : record)),
});

const without = <T>(list: readonly T[], at: number): T[] => list.filter((_, index) => index !== at);

/** What the drills trust at their end: nothing that contradicts passes. */
describe('the audit of a track', () => {
  it('finds nothing where everybody holds the same', () => {
    expect(faultsOf(soundTrack())).toEqual([]);
  });

  it.each<[string, (track: TrackHoldings) => TrackHoldings, RegExp]>([
    [
      'a number left out',
      (track) => ({ ...track, journal: without(track.journal, 1) }),
      /record 1 has media sequence 2/,
    ],
    ['a number twice', withRecord(2, { mediaSequence: 1 }), /record 2 has media sequence 1/],
    ['a write of an older token', withRecord(3, { fence: 1 }), /3: token 1 after 2/],
    ['a discontinuity without an epoch', withRecord(2, { discontinuitySequence: 1 }), /2: discontinuity 1 in epoch 0/],
    ['a hole in time', withRecord(2, { startEpochMs: 1_002_500 }), /2: 500 ms from the one before/],
    ['another link of the chain', withRecord(1, { initSha256: hashOf(99) }), /1: chain .* recomputed/],
    [
      'an accepted chunk that the bus lost',
      (track) => ({ ...track, media: without(track.media, 3) }),
      /accepted .* MEDIA/,
    ],
    [
      'a chunk that the bus holds twice',
      (track) => ({ ...track, media: [...track.media.slice(0, 4), ...track.media.slice(3)] }),
      /chunk 4 of 8: accepted/,
    ],
    ['a chunk that no segment has', withRecord(3, { chunks: [] }), /chunk 6 of 8: MEDIA .* journal undefined/],
    [
      'a window of an older packager',
      (track) => ({ ...track, window: { ...track.window!, fence: 1 } }),
      /window of token 1/,
    ],
    [
      'a window that is behind',
      (track) => ({ ...track, window: { ...track.window!, segments: track.window!.segments.slice(0, -1) } }),
      /journal ends 3/,
    ],
    ['no window', (track) => ({ ...track, window: undefined }), /no window in Redis/],
    ['no viewer', (track) => ({ ...track, served: undefined }), /no viewer saw it/],
    [
      'a segment that no viewer got',
      (track) => {
        const served = new Map([...track.served!.served].filter(([mediaSequence]) => mediaSequence !== 2));
        return { ...track, served: { ...track.served!, served } };
      },
      /2: never served/,
    ],
    ['a segment that viewers got otherwise', withRecord(2, { sha256: hashOf(99) }), /2: served .* journalled/],
  ])('finds %s', (_, change, fault) => {
    expect(faultsOf(change(soundTrack()))).toContainEqual(expect.stringMatching(fault));
  });
});
