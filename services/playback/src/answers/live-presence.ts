import type { LiveInputRow, TrackWindow } from '#shared/contracts';
import { WINDOW_BOUND_MS } from '#shared/live-window';
import { StreamNotLiveError, StreamUnavailableError, TrackNotFoundError } from '../domain/errors.ts';
import {
  isListable,
  isPlayable,
  isReceiving,
  isSilent,
  listedTracks,
  type PresentationRules,
} from '../domain/presentation.ts';
import type { Clock, PublisherActivity } from '../ports.ts';
import type { WindowMirror } from '../stores/window-mirror.store.ts';

/** hls.js gives up 10 s after its request; every hold ends before. */
const LONGEST_HOLD_MS = 8000;
const TARGET_DURATIONS_HELD = 3;

/** What of its windows a playlist is about: all of each, or what belongs to one broadcast. */
export interface WindowView {
  /** Views of the same key show the same. */
  readonly key: string;
  of(window: TrackWindow): TrackWindow;
  /** Whether the list of a track ends here; `window` is the whole one. */
  isEnded(window: TrackWindow, rules: PresentationRules): boolean;
}

/** A track as its media playlist sees it. */
export interface ListedTrack {
  readonly window: TrackWindow;
  /** The tracks that the multivariant playlist lists now. */
  readonly listed: readonly TrackWindow[];
  /** Every track of the input, in the same view. */
  readonly all: readonly TrackWindow[];
  readonly isEnded: boolean;
  /** Changes with anything that a media playlist is made of. */
  readonly revision: string;
}

/** Whole windows: the input's own URLs. */
export const WHOLE_WINDOW: WindowView = { key: 'live', of: (window) => window, isEnded: isSilent };

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
  async playable(row: LiveInputRow, view: WindowView = WHOLE_WINDOW): Promise<readonly TrackWindow[]> {
    return listedTracks(seen(view, await this.#playableWindows(row, view)), this.rules());
  }

  /** One track; throws TrackNotFoundError besides. */
  async track(row: LiveInputRow, trackId: number, view: WindowView = WHOLE_WINDOW): Promise<ListedTrack> {
    const windows = await this.#playableWindows(row, view);
    const found = this.trackOf(windows, trackId, view);
    if (found !== undefined) return found;
    const known = listedTracks(seen(view, windows), this.rules()).map((candidate) => candidate.track.trackId);
    throw new TrackNotFoundError(`track: expected one of ${known.join(', ')}, got ${trackId}`);
  }

  /** One track of these windows. A track that the encoder no longer sends leaves the multivariant playlist, but its own playlist still ends in order. */
  trackOf(windows: readonly TrackWindow[], trackId: number, view: WindowView): ListedTrack | undefined {
    const rules = this.rules();
    const whole = windows.find((candidate) => candidate.track.trackId === trackId);
    if (whole === undefined || !isListable(whole) || rules.nowMs - whole.lastAppendMs > rules.windowBoundMs) {
      return undefined;
    }
    const window = view.of(whole);
    if (window.segments.length === 0) return undefined;
    const all = seen(view, windows);
    const listed = listedTracks(all, rules);
    const revision = `${revisionOf(windows)} ${listed.map(({ track }) => track.trackId).join()}`;
    return { window, listed, all, isEnded: view.isEnded(whole, rules), revision };
  }

  /** How long a request may wait for what comes next in a track. */
  holdMs(window: TrackWindow): number {
    return holdMs([window]);
  }

  async #playableWindows(row: LiveInputRow, view: WindowView): Promise<readonly TrackWindow[]> {
    this.refuseUnavailable(row);
    const windows = await this.options.mirror.read(row.id);
    const isFulfilled = (candidates: readonly TrackWindow[]): boolean =>
      isPlayable(seen(view, candidates), this.rules());
    if (isFulfilled(windows)) return windows;
    const held = (await this.#isStarting(row, windows))
      ? await this.options.mirror.waitFor(row.id, { key: `playable/${view.key}`, isFulfilled }, holdMs(windows))
      : undefined;
    if (held !== undefined) return held;
    throw new StreamNotLiveError('this stream has no playable media now');
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

const seen = (view: WindowView, windows: readonly TrackWindow[]): readonly TrackWindow[] =>
  view === WHOLE_WINDOW ? windows : windows.map((window) => view.of(window));

const revisions = new WeakMap<readonly TrackWindow[], string>();

/** The mirror makes a new list with each change, so each list needs to be spelt once. */
function revisionOf(windows: readonly TrackWindow[]): string {
  const known = revisions.get(windows);
  if (known !== undefined) return known;
  const revision = windows.map(({ track, fence, revision: r }) => `${track.trackId}:${fence}:${r}`).join();
  revisions.set(windows, revision);
  return revision;
}
