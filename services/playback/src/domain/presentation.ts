import type { TrackWindow, WindowSegment } from '#shared/contracts';
import type { TrackSummary } from '#hls';

/** The clock and the rules that decide what of an input can be played. */
export interface PresentationRules {
  readonly nowMs: number;
  readonly reconnectWindowMs: number;
  /** No segment stays in a window for longer. */
  readonly windowBoundMs: number;
}

/** After as many closed segments of one track, nobody waits for a track that has none: it joins later. */
const SEGMENTS_TO_WAIT_FOR_OTHER_TRACKS = 3;
/** Audio mostly closes its first segment before the video beside it; a second one says that there is no video. */
const SEGMENTS_THAT_PROVE_AUDIO_ONLY = 2;

/** Whether players have a use for a track: video, audio, and text of the two kinds that HLS knows (rfc8216bis 3.1.4, 3.1.5). */
export function isListable({ track: { kind, codec } }: TrackWindow): boolean {
  return kind === 'video' || kind === 'audio' || (kind === 'text' && /^(wvtt|stpp)\b/.test(codec));
}

/** The tracks that a multivariant playlist lists: those with a closed segment that the encoder still sends, or sent until it stopped. */
export function listedTracks(windows: readonly TrackWindow[], rules: PresentationRules): TrackWindow[] {
  return activeTracks(windows, rules).filter((window) => window.segments.length > 0);
}

/** Whether a playlist can be given: every active track has a closed segment, or the wait for the others is over. */
export function isPlayable(windows: readonly TrackWindow[], rules: PresentationRules): boolean {
  const active = activeTracks(windows, rules).filter(({ track }) => track.kind !== 'text');
  const mostSegments = Math.max(0, ...active.map((window) => window.segments.length));
  if (mostSegments === 0) return false;
  if (mostSegments >= SEGMENTS_TO_WAIT_FOR_OTHER_TRACKS) return true;
  if (active.some((window) => window.segments.length === 0)) return false;
  return active.some((window) => window.track.kind === 'video') || mostSegments >= SEGMENTS_THAT_PROVE_AUDIO_ONLY;
}

/** Whether media came within the reconnect window, playable or not. */
export function isReceiving(windows: readonly TrackWindow[], rules: PresentationRules): boolean {
  return windows.some((window) => !isSilent(window, rules));
}

/** Whether the encoder of a track was silent for longer than the reconnect window: the playlist ends, until it returns (rfc8216bis 6.2.1). */
export function isSilent(window: TrackWindow, rules: PresentationRules): boolean {
  return rules.nowMs - window.lastAppendMs > rules.reconnectWindowMs;
}

/** What the multivariant playlist says of a track. */
export function summaryOf(window: TrackWindow): TrackSummary {
  const { track } = window;
  const summary: TrackSummary = {
    trackId: track.trackId,
    kind: track.kind,
    codec: track.codec,
    language: track.language,
    peakBitrate: Math.max(1, window.peakBitrate),
    averageBitrate: Math.max(1, window.averageBitrate),
  };
  if (track.width !== undefined) summary.width = track.width;
  if (track.height !== undefined) summary.height = track.height;
  if (track.frameRate !== undefined) summary.frameRate = track.frameRate;
  if (track.channels !== undefined) summary.channels = track.channels;
  const iFrames = iFrameBitratesOf(window.segments);
  if (iFrames !== undefined) summary.iFrames = iFrames;
  return summary;
}

/** Of the first keyframe of each segment, over the time until the next; undefined without any. */
function iFrameBitratesOf(segments: readonly WindowSegment[]): TrackSummary['iFrames'] {
  const bitrates = segments.flatMap(({ keyframes, durationMs }) => {
    const [first] = keyframes ?? [];
    return first === undefined || first.offsetMs > 0 ? [] : [(first.sizeBytes * 8000) / durationMs];
  });
  if (bitrates.length === 0) return undefined;
  const sum = bitrates.reduce((total, bitrate) => total + bitrate, 0);
  return { peakBitrate: Math.max(...bitrates), averageBitrate: sum / bitrates.length };
}

/** The closed segment of this number, or undefined. */
export function segmentOf(window: TrackWindow, mediaSequence: number): WindowSegment | undefined {
  const first = window.segments[0]?.mediaSequence ?? 0;
  const expected = window.segments[mediaSequence - first];
  if (expected?.mediaSequence === mediaSequence) return expected;
  return window.segments.find((segment) => segment.mediaSequence === mediaSequence);
}

/** The end of a list of segments in which each number follows the one before: what a playlist can count by position. */
export function contiguousTail<S extends { readonly mediaSequence: number }>(segments: readonly S[]): readonly S[] {
  let start = segments.length - 1;
  while (start > 0 && segments[start - 1]?.mediaSequence === (segments[start]?.mediaSequence ?? 0) - 1) start -= 1;
  return start > 0 ? segments.slice(start) : segments;
}

/** A track that fell silent long before its neighbours is one the encoder dropped. */
function activeTracks(windows: readonly TrackWindow[], rules: PresentationRules): TrackWindow[] {
  const playable = windows.filter(
    (window) => isListable(window) && rules.nowMs - window.lastAppendMs <= rules.windowBoundMs,
  );
  const newestMs = Math.max(...playable.map((window) => window.lastAppendMs));
  return playable.filter((window) => newestMs - window.lastAppendMs <= rules.reconnectWindowMs);
}
