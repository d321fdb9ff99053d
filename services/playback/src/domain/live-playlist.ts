import type { TrackWindow, WindowPart, WindowSegment } from '#shared/contracts';
import {
  nextPartOf,
  renditionReportOf,
  type MediaPlaylist,
  type OpenPlaylistSegment,
  type PlaylistPart,
  type PlaylistSegment,
  type PreloadHint,
  type ReloadEdge,
  type RenditionReport,
  type ServerControl,
} from '#hls';
import { dateRangesOf } from './date-ranges.ts';
import { isWebVtt, type MediaUris } from './media-uris.ts';
import { shownSegments } from './window-playlist.ts';

/** `media` lists whole segments and their parts, `iframes` the first frame of each segment. */
export type ListKind = 'media' | 'iframes';

/** What a live media playlist is made of. */
export interface LiveList {
  readonly kind: ListKind;
  readonly window: TrackWindow;
  /** The tracks that the multivariant playlist lists, this one among them. */
  readonly listed: readonly TrackWindow[];
  /** Every track of the input: markers come in any of them. */
  readonly all: readonly TrackWindow[];
  readonly isEnded: boolean;
  readonly minWindowMs: number;
  readonly uris: MediaUris;
}

const HELD_BACK_TARGETS = 3;
const SKIP_BOUNDARY_TARGETS = 6;
const MS_PER_SEC = 1000;

/** The model of a live media playlist; its window must have a closed segment. */
export function livePlaylist(list: LiveList): MediaPlaylist {
  const { window, isEnded } = list;
  const { targetDurationSec } = window.numbers;
  const shown = shownSegments(window, list.minWindowMs);
  const serverControl = serverControlOf(window);
  const playlist: MediaPlaylist = {
    targetDurationSec,
    serverControl,
    segments: shown.map((segment) => segmentOf(segment, list)),
    endList: isEnded,
    ...dateRangesOf(list.all, shown[0]?.startEpochMs ?? 0, serverControl.canSkipUntilMs ?? 0),
  };
  if (window.numbers.partTargetMs !== undefined && !isEnded) playlist.renditionReports = reportsOf(list);
  if (list.kind === 'iframes') return { ...playlist, iFramesOnly: true };
  const partTargetMs = partTargetOf(window, list.kind);
  if (partTargetMs === undefined) return playlist;
  return { ...playlist, partTargetMs, ...(isEnded ? {} : liveTail(list, shown.at(-1)?.mediaSequence)) };
}

/** How far a list is, as blocking reload counts it; parts of a segment count where they are listed. */
export function edgeOf(window: TrackWindow, kind: ListKind, isEnded: boolean): ReloadEdge {
  const partTargetMs = partTargetOf(window, kind);
  const last = window.segments.at(-1);
  const edge: ReloadEdge = {
    lastMediaSequence: last?.mediaSequence ?? (window.open?.mediaSequence ?? 0) - 1,
    lastPartCount: listedPartCount(last, partTargetMs),
    openPartCount: isEnded ? 0 : listedPartCount(window.open, partTargetMs),
    ended: isEnded,
  };
  return partTargetMs === undefined ? edge : { ...edge, partTargetMs };
}

/** EXT-X-SERVER-CONTROL: from the frozen numbers alone, so the same in every list of the presentation and for its life (rfc8216bis 6.2.4). */
function serverControlOf({ numbers: { targetDurationSec, partTargetMs } }: TrackWindow): ServerControl {
  const targetDurationMs = targetDurationSec * MS_PER_SEC;
  return {
    canBlockReload: true,
    holdBackMs: HELD_BACK_TARGETS * targetDurationMs,
    ...(partTargetMs === undefined ? {} : { partHoldBackMs: HELD_BACK_TARGETS * partTargetMs }),
    canSkipUntilMs: SKIP_BOUNDARY_TARGETS * targetDurationMs,
    canSkipDateRanges: true,
  };
}

/** Text is listed in whole segments, of which WebVTT files are made; an I-frame is no part. */
const partTargetOf = ({ track, numbers }: TrackWindow, kind: ListKind): number | undefined =>
  kind === 'iframes' || track.kind === 'text' ? undefined : numbers.partTargetMs;

/** All parts of a segment are listed or none: none may be longer than the target (rfc8216bis 4.4.4.9). */
function listedPartCount(segment: WindowSegment | null | undefined, partTargetMs: number | undefined): number {
  if (segment === null || segment === undefined || partTargetMs === undefined) return 0;
  const targetUs = Math.round(partTargetMs * MS_PER_SEC);
  return segment.parts.every((part) => Math.round(part.durationMs * MS_PER_SEC) <= targetUs) ? segment.parts.length : 0;
}

function liveTail(list: LiveList, lastMediaSequence: number | undefined): Partial<MediaPlaylist> {
  const { window, uris } = list;
  const next = nextPartIn(list);
  const isNext = window.open !== null && window.open.mediaSequence === (lastMediaSequence ?? -1) + 1;
  return {
    preloadHints: [{ type: 'PART', uri: uris.part(next.mediaSequence, next.partIndex) }, ...mapHint(list)],
    ...(isNext && window.open !== null ? { open: openSegmentOf(window.open, uris) } : {}),
  };
}

/** The next part needs another init segment, which is there already (rfc8216bis B.1). */
function mapHint({ window, uris }: LiveList): PreloadHint[] {
  const initSha256 = window.open === null ? window.segments.at(-1)?.nextInitSha256 : undefined;
  const uri = initSha256 === undefined ? undefined : uris.nextMap(initSha256);
  return uri === undefined ? [] : [{ type: 'MAP', uri }];
}

/** The part that the hint names; of a segment that is full, part 0 of the next: some players take a hinted part that never comes for a fatal error. */
function nextPartIn({ window, kind }: LiveList): { mediaSequence: number; partIndex: number } {
  if (window.open?.full === true) return { mediaSequence: window.open.mediaSequence + 1, partIndex: 0 };
  return nextPartOf(edgeOf(window, kind, false));
}

/** Reports of every other media playlist, as fresh as the windows of this render. */
const reportsOf = ({ kind, window, listed, uris }: LiveList): RenditionReport[] =>
  listed
    .filter(({ track }) => kind === 'iframes' || track.trackId !== window.track.trackId)
    .map((other) => renditionReportOf(uris.mediaPlaylist(other.track.trackId), edgeOf(other, 'media', false)))
    .filter((report) => report !== undefined);

function segmentOf(segment: WindowSegment, { kind, window, uris }: LiveList): PlaylistSegment {
  const { mediaSequence, durationMs, startEpochMs, discontinuitySequence } = segment;
  const listed: PlaylistSegment = {
    uri: uris.segment(segment),
    mediaSequence,
    durationMs,
    startEpochMs,
    discontinuitySequence,
    ...(isWebVtt(window) ? {} : { map: { uri: uris.map(segment) } }),
  };
  if (segment.gap === true) return { ...listed, gap: true };
  return kind === 'iframes' ? iFrameOf(segment, listed) : { ...listed, parts: partsOf(segment, uris) };
}

/** One entry for each segment keeps the numbers of the I-frame list those of the media list; a segment that does not begin with a keyframe has none to show. */
function iFrameOf({ keyframes }: WindowSegment, listed: PlaylistSegment): PlaylistSegment {
  const [first] = keyframes ?? [];
  if (first === undefined || first.offsetMs > 0) return { ...listed, gap: true };
  return { ...listed, byteRange: { offsetBytes: first.offsetBytes, sizeBytes: first.sizeBytes } };
}

function openSegmentOf(open: WindowSegment, uris: MediaUris): OpenPlaylistSegment {
  const { mediaSequence, startEpochMs, discontinuitySequence } = open;
  return {
    mediaSequence,
    startEpochMs,
    discontinuitySequence,
    map: { uri: uris.map(open) },
    parts: partsOf(open, uris),
  };
}

const partsOf = ({ mediaSequence, parts }: WindowSegment, uris: MediaUris): PlaylistPart[] =>
  parts.map(({ partIndex, durationMs, independent }: WindowPart) => ({
    uri: uris.part(mediaSequence, partIndex),
    durationMs,
    independent,
  }));
