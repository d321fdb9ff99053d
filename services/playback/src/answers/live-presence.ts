import type { LiveInputRow, TrackWindow } from '#shared/contracts';
import { WINDOW_BOUND_MS } from '#shared/live-window';
import { StreamNotLiveError, StreamUnavailableError, TrackNotFoundError } from '../domain/errors.ts';
import { isPlayable, isReceiving, listedTracks, type PresentationRules } from '../domain/presentation.ts';
import type { Clock, PublisherActivity } from '../ports.ts';
import type { WindowMirror } from '../stores/window-mirror.store.ts';

/** hls.js gives up 10 s after its request; every hold ends before. */
const LONGEST_HOLD_MS = 8000;
const TARGET_DURATIONS_HELD = 3;

/** What of the windows a playlist is about: all of them, or the segments of one broadcast. */
export type WindowView = (windows: readonly TrackWindow[]) => readonly TrackWindow[];

const wholeWindow: WindowView = (windows) => windows;

/** Whether and what an input plays now; holds the first requests while its first segments are on the way. */
export class LivePresence {
  constructor(
    private readonly options: {
      mirror: WindowMirror;
      publishers: PublisherActivity;
      clock: Clock;
      reconnectWindowMs: number;
    },
  ) {}

  /** The rules of this instant. */
  rules(): PresentationRules {
    const { clock, reconnectWindowMs } = this.options;
    return { nowMs: clock.nowMs(), reconnectWindowMs, windowBoundMs: WINDOW_BOUND_MS };
  }

  /** Throws StreamUnavailableError for a banned or suspended account; comes before any look at the media. */
  refuseUnavailable(row: LiveInputRow): void {
    if (!row.available) throw new StreamUnavailableError('the account of this stream is unavailable');
  }

  /** Every window of an input, playable or not; throws StreamUnavailableError before it looks, StreamNotLiveError when there are none. */
  async windowed(row: LiveInputRow): Promise<readonly TrackWindow[]> {
    this.refuseUnavailable(row);
    const { nowMs, windowBoundMs } = this.rules();
    const windows = await this.options.mirror.read(row.id);
    if (windows.some((window) => nowMs - window.lastAppendMs <= windowBoundMs)) return windows;
    throw new StreamNotLiveError('nothing of this stream is windowed');
  }

  /** The tracks that a multivariant playlist lists; throws StreamUnavailableError or, after the hold, StreamNotLiveError. */
  async playable(row: LiveInputRow, view: WindowView = wholeWindow): Promise<readonly TrackWindow[]> {
    this.refuseUnavailable(row);
    const windows = await this.options.mirror.read(row.id);
    const isEnough = (candidates: readonly TrackWindow[]): boolean => isPlayable(view(candidates), this.rules());
    if (isEnough(windows)) return listedTracks(view(windows), this.rules());
    const held = (await this.#isStarting(row, windows))
      ? await this.options.mirror.waitFor(row.id, isEnough, holdMs(windows))
      : undefined;
    if (held === undefined) throw new StreamNotLiveError('this stream has no playable media now');
    return listedTracks(view(held), this.rules());
  }

  /** The window of one listed track; throws TrackNotFoundError besides. */
  async track(row: LiveInputRow, trackId: number, view: WindowView = wholeWindow): Promise<TrackWindow> {
    const listed = await this.playable(row, view);
    const window =
      listed.find((candidate) => candidate.track.trackId === trackId) ?? (await this.#dropped(row, trackId, view));
    if (window !== undefined) return window;
    const known = listed.map((candidate) => candidate.track.trackId).join(', ');
    throw new TrackNotFoundError(`track: expected one of ${known}, got ${trackId}`);
  }

  /** A track that the encoder no longer sends leaves the multivariant playlist, but its own playlist still ends in order. */
  async #dropped(row: LiveInputRow, trackId: number, view: WindowView): Promise<TrackWindow | undefined> {
    const { nowMs, windowBoundMs } = this.rules();
    return view(await this.options.mirror.read(row.id)).find(
      (window) =>
        window.track.trackId === trackId && window.segments.length > 0 && nowMs - window.lastAppendMs <= windowBoundMs,
    );
  }

  async #isStarting(row: LiveInputRow, windows: readonly TrackWindow[]): Promise<boolean> {
    const rules = this.rules();
    if (isReceiving(windows, rules)) return true;
    return this.options.publishers.hasConnected(row.id, rules.nowMs - rules.reconnectWindowMs);
  }
}

function holdMs([first]: readonly TrackWindow[]): number {
  if (first === undefined) return LONGEST_HOLD_MS;
  return Math.min(LONGEST_HOLD_MS, TARGET_DURATIONS_HELD * first.numbers.targetDurationSec * 1000);
}
