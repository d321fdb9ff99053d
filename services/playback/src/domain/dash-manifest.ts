import type { DashManifest, DashMarker, DashPeriod, DashSegment, DashTrack, LatencyTarget } from '#dash';
import type { TimedMarker, TrackWindow, WindowSegment } from '#shared/contracts';
import { anchorOf, ticksOf, timedSegments, type EpochClock } from './epoch-clock.ts';
import { initFileName } from './route.ts';
import { shownSegments } from './window-playlist.ts';

/** What the manifest of a live input is made of. */
export interface DashList {
  /** The tracks that the multivariant playlist lists. */
  readonly listed: readonly TrackWindow[];
  /** Every track of the input: markers come in any of them. */
  readonly all: readonly TrackWindow[];
  readonly isEnded: boolean;
  readonly minWindowMs: number;
  /** The folder of the input and the query that its URIs carry, from where the manifest is. */
  readonly base: string;
  readonly suffix: string;
  /** undefined where the bytes that would tell are gone: the track is left out of that epoch. */
  clockOf(window: TrackWindow, epoch: number): EpochClock | undefined;
}

const MS_PER_SEC = 1000;
const HELD_BACK_TARGETS = 3;
/** A player at the live edge that finds itself further behind jumps instead of speeding up. */
const MOST_TARGETS_BEHIND = 3;
const CATCH_UP = { minPlaybackRate: 0.96, maxPlaybackRate: 1.04 };
/** All manifests are two folders deep. */
const TIME_URI = '../../time';

/** The model of a live DASH manifest over the same segments as the media playlists; its tracks must have a closed segment each. */
export function dashManifest(list: DashList): DashManifest {
  const { listed, isEnded, minWindowMs } = list;
  const shown = listed.map((window) => ({ window, segments: shownSegments(window, minWindowMs) }));
  const numbers = listed[0]?.numbers ?? { targetDurationSec: 1, segmentTargetMs: MS_PER_SEC };
  const targetMs = numbers.targetDurationSec * MS_PER_SEC;
  const { partTargetMs } = numbers;
  const manifest: DashManifest = {
    periods: periodsOf(list, shown),
    publishEpochMs: Math.max(...listed.map(({ lastAppendMs }) => lastAppendMs)),
    minimumUpdatePeriodMs: partTargetMs ?? numbers.segmentTargetMs,
    timeShiftBufferDepthMs: Math.max(...shown.map(({ segments }) => lengthOf(segments))),
    maxSegmentDurationMs: targetMs,
    minBufferMs: partTargetMs ?? numbers.segmentTargetMs,
    suggestedPresentationDelayMs: HELD_BACK_TARGETS * targetMs,
    utcTiming: { kind: 'http-iso', uri: TIME_URI },
    markers: markersOf(list.all, Math.min(...shown.map(({ segments }) => segments[0]?.startEpochMs ?? Infinity))),
  };
  if (isEnded) manifest.endEpochMs = Math.max(...shown.map(({ segments }) => endOf(segments)));
  if (partTargetMs !== undefined) manifest.latency = latencyOf(partTargetMs, targetMs);
  return manifest;
}

/** Twice as far behind as a Low-Latency HLS player: a DASH player learns of new segments by a timer and not by a blocked request. */
const latencyOf = (partTargetMs: number, targetMs: number): LatencyTarget => ({
  targetMs: 2 * HELD_BACK_TARGETS * partTargetMs,
  minMs: 2 * partTargetMs,
  maxMs: MOST_TARGETS_BEHIND * targetMs,
  ...CATCH_UP,
});

interface ShownTrack {
  readonly window: TrackWindow;
  readonly segments: readonly WindowSegment[];
}

/** A period is an epoch: within one, decode times of all tracks are on one clock (design decision 1). */
function periodsOf(list: DashList, shown: readonly ShownTrack[]): DashPeriod[] {
  const epochs = new Set(shown.flatMap(({ segments }) => segments.map(({ epoch }) => epoch)));
  return [...epochs].toSorted((a, b) => a - b).flatMap((epoch) => periodOf(list, shown, epoch) ?? []);
}

function periodOf(list: DashList, shown: readonly ShownTrack[], epoch: number): DashPeriod | undefined {
  const tracks: DashTrack[] = [];
  const clocks: EpochClock[] = [];
  for (const { window, segments } of shown) {
    const own = segments.filter((segment) => segment.epoch === epoch);
    const clock = own.length === 0 ? undefined : list.clockOf(window, epoch);
    if (clock === undefined) continue;
    clocks.push(clock);
    tracks.push(trackOf(list, { window, segments: own }, clock));
  }
  const [first] = clocks;
  if (first === undefined) return undefined;
  const anchorEpochMs = anchorOf(first);
  return { id: String(epoch), startEpochMs: periodStart(shown, epoch, anchorEpochMs), anchorEpochMs, tracks };
}

/**
 * Where an epoch begins while the windows still have what came before it; else where its clock does, so that the start of a period that
 * goes on for days needs to be remembered by nobody and is the same on every node. Not before 1970, and on a whole millisecond.
 */
function periodStart(shown: readonly ShownTrack[], epoch: number, anchorEpochMs: number): number {
  const begins = shown.flatMap(({ window: { segments } }) => {
    const index = segments.findIndex((segment) => segment.epoch === epoch);
    return index > 0 ? [segments[index]?.startEpochMs ?? Infinity] : [];
  });
  return begins.length > 0 ? Math.min(...begins) : Math.max(0, Math.ceil(anchorEpochMs));
}

function trackOf(list: DashList, shown: ShownTrack, clock: EpochClock): DashTrack {
  const { window, segments } = shown;
  const { trackId, kind, codec, timescale, language, ...described } = window.track;
  const { width, height, frameRate, sampleRate, channels } = described;
  const folder = `${list.base}${trackId}/`;
  return {
    trackId,
    kind: kind === 'video' || kind === 'audio' ? kind : 'text',
    codec,
    timescale,
    peakBitrate: Math.max(1, window.peakBitrate),
    language,
    ...present({ width, height, frameRate, sampleRate, channels }),
    initUri: `${folder}${initFileName(segments.at(-1)?.initSha256 ?? '')}${list.suffix}`,
    segmentUri: { beforeNumber: folder, afterNumber: `.m4s${list.suffix}` },
    segments: timedSegments(segments, clock).map(dashSegment),
    ...(list.isEnded ? {} : openOf(shown, clock)),
  };
}

/** The segment in production, from its first part on, and how long before its end it can be asked for. */
function openOf(
  { window, segments }: ShownTrack,
  clock: EpochClock,
): Pick<DashTrack, 'open' | 'availabilityTimeOffsetMs'> {
  const { open, numbers } = window;
  const { partTargetMs, segmentTargetMs } = numbers;
  const last = segments.at(-1);
  if (open === null || partTargetMs === undefined || open.parts.length === 0) return {};
  if (open.mediaSequence !== (last?.mediaSequence ?? -1) + 1 || open.epoch !== last?.epoch) return {};
  const timed = timedSegments([...segments, open], clock).at(-1);
  if (timed === undefined) return {};
  const expectedTicks = ticksOf(segmentTargetMs, clock.timescale);
  const durationTicks = timed.durationTicks > expectedTicks ? timed.durationTicks : expectedTicks;
  return {
    open: dashSegment({ ...timed, durationTicks }),
    availabilityTimeOffsetMs: Math.max(0, segmentTargetMs - partTargetMs),
  };
}

function dashSegment({
  segment,
  decodeTimeTicks,
  durationTicks,
}: ReturnType<typeof timedSegments>[number]): DashSegment {
  const { mediaSequence, independent, gap } = segment;
  return { mediaSequence, decodeTimeTicks, durationTicks, independent, ...(gap === true ? { gap } : {}) };
}

/** Each event once, whichever tracks carry it, as long as it reaches into what is listed. */
function markersOf(windows: readonly TrackWindow[], fromEpochMs: number): DashMarker[] {
  const markers = windows.flatMap(({ segments, open }) =>
    [...segments, ...(open === null ? [] : [open])].flatMap((segment) => segment.markers ?? []),
  );
  const byId = new Map(markers.toReversed().map((marker) => [marker.id, marker]));
  return [...byId.values()]
    .filter(({ startEpochMs, durationMs = 0 }) => startEpochMs + durationMs >= fromEpochMs)
    .toSorted((a, b) => a.startEpochMs - b.startEpochMs)
    .map(dashMarker);
}

function dashMarker({ id, schemeIdUri, value, startEpochMs, durationMs, messageData }: TimedMarker): DashMarker {
  const marker: DashMarker = { id, schemeIdUri, value, startEpochMs };
  if (durationMs !== undefined) marker.durationMs = durationMs;
  if (messageData !== undefined) marker.messageData = messageData;
  return marker;
}

const endOf = (segments: readonly WindowSegment[]): number => {
  const last = segments.at(-1);
  return last === undefined ? 0 : last.startEpochMs + last.durationMs;
};

const lengthOf = (segments: readonly WindowSegment[]): number => endOf(segments) - (segments[0]?.startEpochMs ?? 0);

/** The members that are there, for types that tell absent from undefined. */
function present<T extends Record<string, number | undefined>>(members: T): { [K in keyof T]?: number } {
  return Object.fromEntries(Object.entries(members).filter(([, value]) => value !== undefined)) as {
    [K in keyof T]?: number;
  };
}
