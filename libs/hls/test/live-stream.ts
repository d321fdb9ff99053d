import * as fc from 'fast-check';
import { mapsInto } from '../src/date-range.ts';
import type {
  DateRange,
  MediaPlaylist,
  OpenPlaylistSegment,
  PlaylistPart,
  PlaylistSegment,
} from '../src/playlist-model.ts';
import { playlistWindow } from '../src/playlist-window.ts';
import { nextPartOf, reloadEdgeOf } from '../src/reload-decision.ts';

const START_EPOCH_MS = Date.UTC(2026, 10, 21, 12, 0, 0, 0);
/** Of the part target, so that durations have long fractions. */
const PART_SHARES = [1, 0.99, 2 / 3 + 0.2];

type Event =
  | { kind: 'part'; share: number; independent: boolean; gap: boolean }
  | { kind: 'close' }
  | { kind: 'gap' }
  | { kind: 'epoch'; discontinuities: number; newInit: boolean; outageMs: number }
  | { kind: 'marker'; durationMs: number | undefined };

interface Numbers {
  targetDurationSec: number;
  partTargetMs: number;
  minWindowMs: number;
}

interface Stream {
  clockMs: number;
  nextMediaSequence: number;
  discontinuitySequence: number;
  init: number;
  segments: PlaylistSegment[];
  open: OpenPlaylistSegment | undefined;
  markers: (DateRange & { removedEpochMs?: number })[];
}

const event: fc.Arbitrary<Event> = fc.oneof(
  {
    weight: 20,
    arbitrary: fc.record({
      kind: fc.constant('part' as const),
      share: fc.constantFrom(...PART_SHARES),
      independent: fc.boolean(),
      gap: fc.constantFrom(false, false, false, false, false, true),
    }),
  },
  { weight: 4, arbitrary: fc.constant({ kind: 'close' as const }) },
  { weight: 1, arbitrary: fc.constant({ kind: 'gap' as const }) },
  {
    weight: 1,
    arbitrary: fc.record({
      kind: fc.constant('epoch' as const),
      discontinuities: fc.integer({ min: 1, max: 2 }),
      newInit: fc.boolean(),
      outageMs: fc.constantFrom(0, 0.4, 7_000, 3_600_000),
    }),
  },
  {
    weight: 1,
    arbitrary: fc.record({
      kind: fc.constant('marker' as const),
      durationMs: fc.constantFrom(undefined, 0, 1500.5, 30_000),
    }),
  },
);

/** What happens to a low-latency stream, and the numbers of its playlist. */
export interface LiveStream extends Numbers {
  firstMediaSequence: number;
  firstDiscontinuitySequence: number;
  events: Event[];
}

/** Low-latency streams of any kind. */
export const liveStream: fc.Arbitrary<LiveStream> = fc.record({
  targetDurationSec: fc.integer({ min: 1, max: 3 }),
  partTargetMs: fc.constantFrom(1000 / 3, 500, 200.2),
  minWindowMs: fc.constantFrom(0, 12_000, 40_000),
  firstMediaSequence: fc.integer({ min: 0, max: 2 ** 40 }),
  firstDiscontinuitySequence: fc.nat(1000),
  events: fc.array(event, { minLength: 60, maxLength: 160, size: 'max' }),
});

/** The playlist of a stream after each part, segment, gap, change of epoch and marker. */
export function playlistsOf({
  firstMediaSequence,
  firstDiscontinuitySequence,
  events,
  ...numbers
}: LiveStream): MediaPlaylist[] {
  const stream: Stream = {
    clockMs: START_EPOCH_MS,
    nextMediaSequence: firstMediaSequence,
    discontinuitySequence: firstDiscontinuitySequence,
    init: 1,
    segments: [],
    open: undefined,
    markers: [],
  };
  return events.flatMap((happened) => {
    apply(stream, happened, numbers);
    return stream.segments.length === 0 && stream.open === undefined ? [] : [playlistOf(stream, numbers)];
  });
}

function apply(stream: Stream, happened: Event, numbers: Numbers): void {
  if (happened.kind === 'part') addPart(stream, happened, numbers);
  if (happened.kind === 'close') close(stream);
  if (happened.kind === 'gap') addGap(stream, numbers.targetDurationSec * 1000);
  if (happened.kind === 'epoch') {
    close(stream);
    stream.discontinuitySequence += happened.discontinuities;
    stream.clockMs += happened.outageMs;
    if (happened.newInit) stream.init += 1;
  }
  if (happened.kind === 'marker') {
    const marker: DateRange = {
      id: `m${stream.markers.length}`,
      startEpochMs: stream.clockMs,
      addedEpochMs: stream.clockMs,
    };
    stream.markers.push(happened.durationMs === undefined ? marker : { ...marker, durationMs: happened.durationMs });
  }
}

function addPart(stream: Stream, part: Extract<Event, { kind: 'part' }>, numbers: Numbers): void {
  const durationMs = part.share * numbers.partTargetMs;
  const openMs = stream.open === undefined ? 0 : totalMs(stream.open.parts);
  if (openMs + durationMs > numbers.targetDurationSec * 1000) close(stream);
  stream.open ??= newSegment(stream);
  const { mediaSequence, parts } = stream.open;
  const added: PlaylistPart = {
    uri: `${mediaSequence}.${parts.length}.m4s`,
    durationMs,
    independent: part.independent,
  };
  stream.open = { ...stream.open, parts: [...parts, part.gap ? { ...added, gap: true } : added] };
  stream.clockMs += durationMs;
}

function close(stream: Stream): void {
  if (stream.open === undefined) return;
  const { mediaSequence, parts } = stream.open;
  stream.segments.push({ ...stream.open, uri: `${mediaSequence}.m4s`, durationMs: totalMs(parts) });
  stream.open = undefined;
}

function addGap(stream: Stream, durationMs: number): void {
  close(stream);
  const segment = newSegment(stream);
  stream.segments.push({ ...segment, uri: `${segment.mediaSequence}.m4s`, durationMs, gap: true });
  stream.clockMs += durationMs;
}

const newSegment = (stream: Stream): OpenPlaylistSegment => ({
  mediaSequence: stream.nextMediaSequence++,
  startEpochMs: stream.clockMs,
  discontinuitySequence: stream.discontinuitySequence,
  map: { uri: `init-${stream.init}.mp4` },
  parts: [],
});

function playlistOf(stream: Stream, { targetDurationSec, partTargetMs, minWindowMs }: Numbers): MediaPlaylist {
  const segments = playlistWindow([...stream.segments], minWindowMs, targetDurationSec);
  const canSkipUntilMs = 6000 * targetDurationSec;
  const startEpochMs = segments[0]?.startEpochMs ?? 0;
  for (const marker of stream.markers) {
    if (!mapsInto(marker, startEpochMs)) marker.removedEpochMs ??= stream.clockMs;
  }
  const playlist: MediaPlaylist = {
    targetDurationSec,
    partTargetMs,
    serverControl: {
      canBlockReload: true,
      holdBackMs: 3000 * targetDurationSec,
      partHoldBackMs: 3 * partTargetMs,
      canSkipUntilMs,
      canSkipDateRanges: true,
    },
    segments,
    dateRanges: stream.markers.filter(({ removedEpochMs }) => removedEpochMs === undefined),
    recentlyRemovedDateRangeIds: stream.markers
      .filter(({ removedEpochMs }) => removedEpochMs !== undefined && stream.clockMs - removedEpochMs <= canSkipUntilMs)
      .map(({ id }) => id),
    endList: false,
    ...(stream.open === undefined ? {} : { open: stream.open }),
  };
  const next = nextPartOf(reloadEdgeOf(playlist));
  return { ...playlist, preloadHints: [{ type: 'PART', uri: `${next.mediaSequence}.${next.partIndex}.m4s` }] };
}

/** Where a playlist ends on the wall clock. */
export function endEpochMsOf({ segments, open }: MediaPlaylist): number {
  const last = segments.at(-1);
  if (open !== undefined) return open.startEpochMs + totalMs(open.parts);
  return last === undefined ? 0 : last.startEpochMs + last.durationMs;
}

const totalMs = (parts: readonly PlaylistPart[]): number => parts.reduce((sum, { durationMs }) => sum + durationMs, 0);
