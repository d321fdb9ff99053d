import type { TrackWindow } from '#shared/contracts';
import { renderMediaPlaylist, type TrackSummary } from '#hls';
import type { TrackFacts } from '#cmaf';
import { hourOf, isGap, type RangeSelection, type SegmentEntry, type TimeShiftRequest } from '#timeline';
import { initFileName } from './route.ts';

/** The longest segment that can lie across the beginning of a range: what an hour blob may lack of it is in the hour before. */
const LONGEST_SEGMENT_MS = 60_000;
const MS_PER_HOUR = 3_600_000;

/** The closed segments of a window as rows of the timeline; without a place in the archive. */
export function entriesOfWindow(window: TrackWindow): SegmentEntry[] {
  return window.segments.map((segment) => ({
    trackId: window.track.trackId,
    epoch: segment.epoch,
    mediaSequence: segment.mediaSequence,
    startEpochMs: segment.startEpochMs,
    durationMs: segment.durationMs,
    discontinuitySequence: segment.discontinuitySequence,
    initSha256: segment.initSha256,
    sizeBytes: segment.sizeBytes,
    sha256: segment.sha256 ?? '',
    objectKey: '',
    offsetBytes: 0,
  }));
}

/** The stretch of wall clock that can matter to a request, [fromMs, toMs]. `oldestMs` is where anything kept begins. */
export function periodOf(
  request: TimeShiftRequest,
  rules: { nowMs: number; maxRangeMs: number; windowMs: number; oldestMs: number },
): { fromMs: number; toMs: number } {
  if (request.kind !== 'range') {
    const edgeMs = rules.nowMs - (request.kind === 'delayed' ? request.offsetMs : 0);
    // Twice the window: the tail begins where it is filled, which a hole may put earlier.
    return { fromMs: edgeMs - 2 * (request.windowMs ?? rules.windowMs) - LONGEST_SEGMENT_MS, toMs: edgeMs };
  }
  const startMs = Math.max(request.startMs, rules.oldestMs);
  return {
    fromMs: startMs - LONGEST_SEGMENT_MS,
    toMs: Math.min(request.endMs ?? startMs + rules.maxRangeMs, rules.nowMs),
  };
}

/** The hours of a period that the archive has. */
export function hoursOf(period: { fromMs: number; toMs: number }, covered: readonly number[]): number[] {
  const first = hourOf(Math.max(0, period.fromMs));
  const last = hourOf(Math.max(0, period.toMs));
  return covered.filter((hour) => hour >= first && hour <= last).toSorted((a, b) => a - b);
}

/** Where an hour since 1970 begins, in milliseconds. */
export const hourStartMs = (hour: number): number => hour * MS_PER_HOUR;

/** Entries in one list per track, ascending by track id. */
export function byTrack(entries: readonly SegmentEntry[]): Map<number, SegmentEntry[]> {
  const tracks = new Map<number, SegmentEntry[]>();
  for (const entry of entries) {
    const track = tracks.get(entry.trackId);
    if (track === undefined) tracks.set(entry.trackId, [entry]);
    else track.push(entry);
  }
  return tracks;
}

/** The text of a shifted media playlist at `/{app}/{stream}/{trackId}.m3u8`; `streamName` is the input's public name, `suffix` the query that child URLs carry. */
export function shiftedPlaylist(
  selection: RangeSelection,
  options: { targetDurationSec: number; streamName: string; suffix: string },
): string {
  const { streamName, suffix } = options;
  return renderMediaPlaylist({
    targetDurationSec: options.targetDurationSec,
    endList: selection.endList,
    ...(selection.playlistType === undefined ? {} : { playlistType: selection.playlistType }),
    segments: selection.segments.map((entry) => ({
      uri: `../../shift/${streamName}/${entry.trackId}/${hourOf(entry.startEpochMs)}-${entry.mediaSequence}.m4s${suffix}`,
      mediaSequence: entry.mediaSequence,
      durationMs: entry.durationMs,
      startEpochMs: entry.startEpochMs,
      discontinuitySequence: entry.discontinuitySequence,
      map: { uri: `../../live/${streamName}/${entry.trackId}/${initFileName(entry.initSha256)}${suffix}` },
      ...(isGap(entry) ? { gap: true } : {}),
    })),
  });
}

/** What changes a shifted playlist of one track and request. */
export const selectionRevision = ({ segments, endList }: RangeSelection): string =>
  `${segments[0]?.mediaSequence}-${segments.at(-1)?.mediaSequence}-${segments.filter(isGap).length}-${endList}`;

/** What the multivariant playlist of a range says of a track. */
export function summaryOfEntries(facts: TrackFacts, trackId: number, entries: readonly SegmentEntry[]): TrackSummary {
  const media = entries.filter((entry) => !isGap(entry) && entry.durationMs > 0);
  const bitrates = media.map((entry) => (entry.sizeBytes * 8000) / entry.durationMs);
  const durationMs = media.reduce((sum, entry) => sum + entry.durationMs, 0);
  const sizeBytes = media.reduce((sum, entry) => sum + entry.sizeBytes, 0);
  const summary: TrackSummary = {
    trackId,
    kind: facts.kind,
    codec: facts.codec,
    language: facts.language,
    peakBitrate: bitrates.reduce((peak, bitrate) => Math.max(peak, bitrate), 1),
    averageBitrate: durationMs > 0 ? Math.max(1, (sizeBytes * 8000) / durationMs) : 1,
  };
  if (facts.width !== undefined) summary.width = facts.width;
  if (facts.height !== undefined) summary.height = facts.height;
  if (facts.frameRate !== undefined) summary.frameRate = facts.frameRate;
  if (facts.channels !== undefined) summary.channels = facts.channels;
  return summary;
}

/** A target duration that holds for these segments, for an input whose frozen numbers are gone. */
export const targetDurationFor = (entries: readonly SegmentEntry[]): number =>
  entries.reduce((longest, entry) => Math.max(longest, Math.round(entry.durationMs / 1000)), 1);
