import type { LiveInputRow } from '#shared/contracts';
import { composeMultivariant, type TrackSummary } from '#hls';
import { ObjectNotFoundError, type ObjectStore } from '#shared/object-store';
import {
  hourOf,
  isGap,
  selectRange,
  timeShiftQuery,
  type RangeSelection,
  type SegmentEntry,
  type TimeShiftRequest,
} from '#timeline';
import { growingCacheControl, SETTLED, type Answer, type PlaybackRequest } from '../domain/answer.ts';
import type { Body } from '../domain/body.ts';
import { NothingRecordedError, SegmentNotFoundError } from '../domain/errors.ts';
import { suffixOf } from '../domain/media-uris.ts';
import { segmentOf } from '../domain/presentation.ts';
import type { Route } from '../domain/route.ts';
import { byTrack, selectionRevision, shiftedPlaylist, summaryOfEntries } from '../domain/shifted-playlist.ts';
import { SHIFTED_URGENCY } from '../domain/urgency.ts';
import type { Clock } from '../ports.ts';
import type { InitBytes } from '../stores/init-bytes.store.ts';
import type { PlaylistRenders } from '../stores/playlist-renders.store.ts';
import type { SegmentBytes } from '../stores/segment-bytes.store.ts';
import type { WindowMirror } from '../stores/window-mirror.store.ts';
import { segmentAnswer, type LiveMedia } from './live-media.ts';
import type { LivePresence } from './live-presence.ts';
import type { RecordedMedia, RecordedTimeline } from './recorded-timeline.ts';

type RouteOf<K extends Route['kind']> = Extract<Route, { kind: K }>;

/** A time-shift request on a known input; `query` is what playlists hand on besides the time parameters. */
export interface ShiftRequest {
  readonly row: LiveInputRow;
  readonly shift: TimeShiftRequest;
  readonly query: URLSearchParams;
  readonly request: PlaybackRequest;
}

/** After the end of a range as long nothing new can turn up in it: the archive has flushed. */
const SETTLING_MS = 180_000;

/** Answers of time-shifted playlists and their segments (contract: time-shift.md D-10 to D-22). */
export class ShiftAnswers {
  constructor(
    private readonly options: {
      presence: LivePresence;
      timeline: RecordedTimeline;
      mirror: WindowMirror;
      media: LiveMedia;
      inits: InitBytes;
      segments: SegmentBytes;
      objects: ObjectStore;
      renders: PlaylistRenders;
      clock: Clock;
      maxRangeMs: number;
      playlistWindowMs: number;
    },
  ) {}

  async multivariant(route: RouteOf<'multivariant'>, asked: ShiftRequest): Promise<Answer> {
    this.options.presence.refuseUnavailable(asked.row);
    const media = await this.options.timeline.mediaFor(asked.row, asked.shift);
    const summaries = await this.#summaries(asked, media);
    if (summaries.length === 0) throw nothingRecorded();
    const suffix = suffixOf(new URLSearchParams([...timeShiftQuery(asked.shift), ...asked.query]));
    const text = composeMultivariant(summaries, (trackId) => `${route.childBase}${trackId}.m3u8${suffix}`);
    return this.options.renders.once(text).answer(asked.request, this.#cacheControl(asked.shift, media));
  }

  async media(route: RouteOf<'media'>, asked: ShiftRequest): Promise<Answer> {
    this.options.presence.refuseUnavailable(asked.row);
    const media = await this.options.timeline.mediaFor(asked.row, asked.shift);
    const selection = this.#select(byTrack(media.entries).get(route.trackId) ?? [], asked.shift, media);
    if (selection === undefined) throw nothingRecorded();
    const suffix = suffixOf(asked.query);
    const key = `shift/${asked.row.id}/${route.trackId}?${timeShiftQuery(asked.shift).toString()}&${suffix}`;
    const playlist = this.options.renders.get(key, selectionRevision(selection), () =>
      shiftedPlaylist(selection, {
        targetDurationSec: media.targetDurationSec,
        streamName: asked.row.externalId,
        suffix,
      }),
    );
    return playlist.answer(asked.request, this.#cacheControl(asked.shift, media));
  }

  async segment(route: RouteOf<'shift_segment'>, row: LiveInputRow, request: PlaybackRequest): Promise<Answer> {
    this.options.presence.refuseUnavailable(row);
    const live = await this.#fromWindow(route, row);
    const urgency = SHIFTED_URGENCY;
    if (live !== undefined) return segmentAnswer({ body: live.bytes, sha256: live.sha256, urgency }, request);
    const entry = await this.options.timeline.archivedSegment(row, route);
    const bytes = entry === undefined || isGap(entry) ? undefined : await this.#fromArchive(entry);
    if (entry === undefined || bytes === undefined) {
      throw new SegmentNotFoundError(
        `segment ${route.mediaSequence} of hour ${route.hour}: neither windowed nor archived`,
      );
    }
    return segmentAnswer({ body: bytes, sha256: entry.sha256, urgency }, request);
  }

  #select(entries: readonly SegmentEntry[], shift: TimeShiftRequest, media: RecordedMedia): RangeSelection | undefined {
    return selectRange(entries, shift, {
      nowMs: this.options.clock.nowMs(),
      maxRangeMs: this.options.maxRangeMs,
      windowMs: this.options.playlistWindowMs,
      targetDurationSec: media.targetDurationSec,
    });
  }

  /** What is listed of each track that the range has, by the init segment it ends with. */
  async #summaries(asked: ShiftRequest, media: RecordedMedia): Promise<TrackSummary[]> {
    const windows = await this.options.mirror.read(asked.row.id);
    const summaries = [...byTrack(media.entries)].map(async ([trackId, entries]) => {
      const selection = this.#select(entries, asked.shift, media);
      const last = selection?.segments.findLast((entry) => !isGap(entry));
      if (selection === undefined || last === undefined) return undefined;
      const facts = await this.options.inits.factsOf(asked.row.id, last.initSha256);
      if (facts === undefined) return undefined;
      const summary = summaryOfEntries(facts, trackId, selection.segments);
      // The packager measured what an init segment need not say.
      const frameRate = windows.find((window) => window.track.trackId === trackId)?.track.frameRate;
      return summary.frameRate === undefined && frameRate !== undefined ? { ...summary, frameRate } : summary;
    });
    const found = (await Promise.all(summaries)).filter((summary) => summary !== undefined);
    return found.filter(({ kind }) => kind === 'video' || kind === 'audio');
  }

  async #fromWindow(
    route: RouteOf<'shift_segment'>,
    row: LiveInputRow,
  ): Promise<{ bytes: Body; sha256: string } | undefined> {
    const windows = await this.options.mirror.read(row.id).catch(() => []);
    const window = windows.find((candidate) => candidate.track.trackId === route.trackId);
    const segment = window === undefined ? undefined : segmentOf(window, route.mediaSequence);
    if (window === undefined || segment?.sha256 === undefined || hourOf(segment.startEpochMs) !== route.hour) {
      return undefined;
    }
    const bytes = await this.options.media.bytesOf(row, window, segment).catch(() => undefined);
    return bytes === undefined ? undefined : { bytes, sha256: segment.sha256 };
  }

  async #fromArchive(entry: SegmentEntry): Promise<Buffer | undefined> {
    return this.options.segments.get(entry.sha256, async () => {
      try {
        return await this.options.objects.getRange(entry.objectKey, entry.offsetBytes, entry.sizeBytes);
      } catch (error) {
        if (error instanceof ObjectNotFoundError) return undefined;
        throw error;
      }
    });
  }

  #cacheControl(shift: TimeShiftRequest, media: RecordedMedia): string {
    const isSettled =
      shift.kind === 'range' && shift.endMs !== undefined && shift.endMs + SETTLING_MS < this.options.clock.nowMs();
    return isSettled ? SETTLED : growingCacheControl(media.targetDurationSec);
  }
}

const nothingRecorded = (): NothingRecordedError => new NothingRecordedError('nothing is recorded in this range');
