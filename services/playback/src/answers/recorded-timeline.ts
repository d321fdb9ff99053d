import type { LiveInputRow, TrackWindow } from '#shared/contracts';
import { hourOf, isGap, mergeEntries, type SegmentEntry, type TimeShiftRequest } from '#timeline';
import { entriesOfWindow, hourStartMs, hoursOf, periodOf, targetDurationFor } from '../domain/shifted-playlist.ts';
import type { Clock, Presentations } from '../ports.ts';
import type { HourEntries } from '../stores/hour-entries.store.ts';
import type { WindowMirror } from '../stores/window-mirror.store.ts';

/** Segments of an input, ascending by track and number, and the frozen target duration. */
export interface RecordedMedia {
  readonly entries: readonly SegmentEntry[];
  readonly targetDurationSec: number;
}

/** One timeline out of the archive's index and the live window (time-shift.md D-18): a segment is in one, the other, or both, and comes once. */
export class RecordedTimeline {
  constructor(
    private readonly options: {
      hours: HourEntries;
      mirror: WindowMirror;
      presentations: Presentations;
      clock: Clock;
      maxRangeMs: number;
      playlistWindowMs: number;
    },
  ) {}

  /** Everything that can matter to a request; throws ArchiveUnavailableError when the window alone cannot answer it. */
  async mediaFor(row: LiveInputRow, request: TimeShiftRequest): Promise<RecordedMedia> {
    const { clock, maxRangeMs, playlistWindowMs } = this.options;
    const windows = await this.options.mirror.read(row.id);
    const live = liveEntries(windows);
    const rules = { nowMs: clock.nowMs(), maxRangeMs, windowMs: playlistWindowMs };
    const asked = periodOf(request, { ...rules, oldestMs: 0 });
    const archived = isCovered(windows, asked.fromMs)
      ? []
      : await this.#archived(row.id, (oldestMs) => periodOf(request, { ...rules, oldestMs }), live);
    const entries = mergeEntries(archived, live);
    return { entries, targetDurationSec: await this.#targetDurationOf(row.id, windows, entries) };
  }

  /** Everything between two instants, for the timeline query. */
  async mediaBetween(row: LiveInputRow, startMs: number, endMs: number): Promise<readonly SegmentEntry[]> {
    const live = liveEntries(await this.options.mirror.read(row.id));
    const period = { fromMs: startMs - 60_000, toMs: Math.min(endMs, this.options.clock.nowMs()) };
    return mergeEntries(await this.#archived(row.id, () => period, live), live);
  }

  /** One archived segment, by the hour that its URL names. */
  async archivedSegment(
    row: LiveInputRow,
    at: { trackId: number; hour: number; mediaSequence: number },
  ): Promise<SegmentEntry | undefined> {
    const { retainedFromMs } = await this.options.hours.coverageOf(row.id);
    const entries = await this.options.hours.entriesOf(row.id, at.hour);
    return entries.find(
      (entry) =>
        entry.trackId === at.trackId &&
        entry.mediaSequence === at.mediaSequence &&
        entry.startEpochMs >= retainedFromMs,
    );
  }

  /** Retention hides a segment before its bytes go (D-21). */
  async #archived(
    inputId: string,
    periodFrom: (oldestMs: number) => { fromMs: number; toMs: number },
    live: readonly SegmentEntry[],
  ): Promise<SegmentEntry[]> {
    const { hours, retainedFromMs } = await this.options.hours.coverageOf(inputId);
    const kept = hours.filter((hour) => hour >= hourOf(Math.max(0, retainedFromMs)));
    const oldestArchivedMs = kept.reduce((oldest, hour) => Math.min(oldest, hourStartMs(hour)), Infinity);
    const oldestLiveMs = live.reduce((oldest, entry) => Math.min(oldest, entry.startEpochMs), Infinity);
    const oldestMs = Math.min(Math.max(oldestArchivedMs, retainedFromMs), oldestLiveMs);
    const period = periodFrom(Number.isFinite(oldestMs) ? oldestMs : 0);
    const blobs = await Promise.all(hoursOf(period, kept).map((hour) => this.options.hours.entriesOf(inputId, hour)));
    return blobs.flat().filter((entry) => entry.startEpochMs >= retainedFromMs);
  }

  async #targetDurationOf(
    inputId: string,
    [window]: readonly TrackWindow[],
    entries: readonly SegmentEntry[],
  ): Promise<number> {
    const numbers = window?.numbers ?? (await this.options.presentations.numbersOf(inputId));
    return numbers?.targetDurationSec ?? targetDurationFor(entries);
  }
}

const liveEntries = (windows: readonly TrackWindow[]): SegmentEntry[] =>
  windows.flatMap(entriesOfWindow).filter((entry) => entry.sha256 !== '' || isGap(entry));

/** Whether every track's window reaches back far enough, so that the archive need not be asked. */
const isCovered = (windows: readonly TrackWindow[], fromMs: number): boolean =>
  windows.length > 0 && windows.every((window) => (window.segments[0]?.startEpochMs ?? Infinity) <= fromMs);
