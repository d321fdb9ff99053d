import Hls from './hls.mjs';

const HLS_TYPE = 'application/vnd.apple.mpegurl';
// How far behind live it plays is the playlist's to say (PART-HOLD-BACK, HOLD-BACK): hls.js ignores that once a liveSyncDuration is set here.
const LIVE_CONFIG = { lowLatencyMode: true, maxLiveSyncPlaybackRate: 1.05, backBufferLength: 30 };

/** The URLs of one live input. */
const liveUrl = (input) => `/live/${input}/index.m3u8`;
const shiftedUrl = (input, epochMs) => `/live/${input}.m3u8?lhs_start=1&lhs_start_unix_ms_0=${Math.floor(epochMs)}`;

/** Plays one input into a video element, live or from a moment on; hls.js where it runs, the browser's own player elsewhere. */
export class StreamPlayer {
  #video;
  #input;
  #events;
  #hls;
  #native;
  /** Undefined while live. */
  #startMs;
  #mustSeek = false;

  /** `events`: `onPlaying()`, `onEnded()`, `onFailed({ status, message })`. */
  constructor(video, input, events) {
    this.#video = video;
    this.#input = input;
    this.#events = events;
    this.#native = !Hls.isSupported() && video.canPlayType(HLS_TYPE) !== '';
    video.addEventListener('playing', () => events.onPlaying());
    video.addEventListener('ended', () => events.onEnded());
    video.addEventListener('error', () => {
      if (this.#native && video.getAttribute('src')) void this.#reportNative();
    });
  }

  get isSupported() {
    return this.#native || Hls.isSupported();
  }

  get isLive() {
    return this.#startMs === undefined;
  }

  goLive() {
    this.#startMs = undefined;
    this.#load(liveUrl(this.#input));
  }

  /** Plays from this instant, to the millisecond that the picture allows. */
  playFrom(epochMs) {
    if (!this.isLive && this.#seekWithin(epochMs)) return;
    this.#startMs = epochMs;
    this.#mustSeek = true;
    this.#load(shiftedUrl(this.#input, epochMs));
  }

  /** Wall clock of the picture now, ms since 1970; undefined before the first one. */
  get positionMs() {
    const date = this.#native ? this.#nativeDate() : this.#hls?.playingDate;
    const positionMs = date?.getTime();
    return Number.isFinite(positionMs) ? positionMs : undefined;
  }

  /** Seconds behind the live edge as the player reckons it; NaN where it does not. */
  get latencySec() {
    const latencySec = this.#hls?.latency;
    return this.isLive && latencySec > 0 ? latencySec : NaN;
  }

  get bufferSec() {
    const { buffered, currentTime } = this.#video;
    for (let i = 0; i < buffered.length; i += 1) {
      if (buffered.start(i) <= currentTime && currentTime <= buffered.end(i)) return buffered.end(i) - currentTime;
    }
    return NaN;
  }

  stop() {
    this.#hls?.destroy();
    this.#hls = undefined;
    if (this.#native) this.#video.removeAttribute('src');
  }

  #load(url) {
    this.stop();
    if (this.#native) {
      this.#video.src = url;
      this.#video.addEventListener('loadedmetadata', () => this.#seekNative(), { once: true });
    } else {
      this.#loadHls(url);
    }
    // Autoplay with sound may be refused; the viewer then presses play.
    this.#video.play().catch(() => undefined);
  }

  #loadHls(url) {
    const hls = new Hls({ ...LIVE_CONFIG, ...(this.isLive ? {} : { startPosition: 0 }) });
    this.#hls = hls;
    hls.on(Hls.Events.LEVEL_UPDATED, () => {
      if (this.#mustSeek && this.#startMs !== undefined) this.#mustSeek = !this.#seekWithin(this.#startMs);
    });
    hls.on(Hls.Events.ERROR, (_event, data) => this.#onError(hls, data));
    hls.loadSource(url);
    hls.attachMedia(this.#video);
  }

  #onError(hls, data) {
    if (!data.fatal || hls !== this.#hls) return;
    if (data.type === Hls.ErrorTypes.MEDIA_ERROR) {
      hls.recoverMediaError();
      return;
    }
    this.stop();
    this.#events.onFailed({ status: data.response?.code ?? 0, message: data.details });
  }

  /** Seeks inside what the loaded playlist has; false when it has not that instant. */
  #seekWithin(epochMs) {
    const details = this.#hls?.latestLevelDetails ?? this.#hls?.levels[this.#hls.loadLevel]?.details;
    const fragment = details?.fragments.find(
      ({ programDateTime, duration }) => programDateTime !== null && programDateTime + duration * 1000 > epochMs,
    );
    if (fragment === undefined) return false;
    const offsetSec = Math.max(0, (epochMs - fragment.programDateTime) / 1000);
    // An instant before the playlist is not in it; the first segment may begin after what was asked for, across a gap.
    if (fragment === details.fragments[0] && epochMs < fragment.programDateTime && !this.#mustSeek) return false;
    this.#video.currentTime = fragment.start + offsetSec;
    return true;
  }

  #seekNative() {
    const startMs = this.#video.getStartDate?.().getTime();
    if (this.#startMs !== undefined && Number.isFinite(startMs)) {
      this.#video.currentTime = Math.max(0, (this.#startMs - startMs) / 1000);
    }
  }

  #nativeDate() {
    const startMs = this.#video.getStartDate?.().getTime();
    return Number.isFinite(startMs) ? new Date(startMs + this.#video.currentTime * 1000) : undefined;
  }

  /** A media element does not say which status it met. */
  async #reportNative() {
    const url = this.#video.getAttribute('src');
    const status = await fetch(url, { method: 'HEAD' }).then(
      (response) => response.status,
      () => 0,
    );
    this.#events.onFailed({ status, message: this.#video.error?.message ?? 'playback failed' });
  }
}
