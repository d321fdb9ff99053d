import type { TrackWindow, WindowFact, WindowPart, WindowSegment } from '../../contracts/index.ts';

const HASH = 'ab'.repeat(32);

/** A part of 500 ms whose size is given. */
export const partOf = (partIndex: number, sizeBytes = 3): WindowPart => ({
  partIndex,
  durationMs: 500,
  independent: partIndex === 0,
  sizeBytes,
  sha256: HASH,
  chunks: [{ streamSequence: partIndex + 1, sizeBytes, sha256: HASH }],
});

/** A segment that holds these parts. */
export const segmentOf = (mediaSequence: number, parts: WindowPart[]): WindowSegment => ({
  mediaSequence,
  epoch: 0,
  discontinuitySequence: 0,
  startEpochMs: 1_700_000_000_000 + mediaSequence * 2000,
  durationMs: parts.length * 500,
  independent: true,
  initSha256: HASH,
  sizeBytes: parts.reduce((sum, part) => sum + part.sizeBytes, 0),
  parts,
});

/** A window with nothing in it. */
export const emptyWindow = (inputId: string, fence: number, trackId = 1): TrackWindow => ({
  inputId,
  fence,
  revision: 0,
  track: { trackId, name: 'video', kind: 'video', codec: 'avc1.64001f', timescale: 90_000, language: 'und' },
  numbers: { targetDurationSec: 2, segmentTargetMs: 2000, partTargetMs: 500 },
  segments: [],
  open: null,
  lastAppendMs: 1_700_000_000_000,
  peakBitrate: 0,
  averageBitrate: 0,
  archivedThrough: -1,
});

/** The fact that the next part of a segment is there. */
export function partFact(window: TrackWindow, mediaSequence: number, part: WindowPart): WindowFact {
  const before = window.open?.mediaSequence === mediaSequence ? window.open.parts : [];
  const { parts: _parts, ...segment } = segmentOf(mediaSequence, [...before, part]);
  return {
    fence: window.fence,
    revision: window.revision + 1,
    lastAppendMs: window.lastAppendMs + 500,
    change: { kind: 'part_appended', segment, part },
  };
}

/** The fact that a segment closed and that nothing before `firstMediaSequence` is kept. */
export function closeFact(window: TrackWindow, segment: WindowSegment, firstMediaSequence: number): WindowFact {
  return {
    fence: window.fence,
    revision: window.revision + 1,
    lastAppendMs: window.lastAppendMs,
    change: {
      kind: 'segment_closed',
      segment: { ...segment, sha256: HASH },
      firstMediaSequence,
      track: window.track,
      peakBitrate: 1000 * segment.mediaSequence,
      averageBitrate: 500,
      archivedThrough: firstMediaSequence - 1,
    },
  };
}
