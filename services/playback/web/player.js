import { StreamPlayer } from './stream-player.js';
import { TimelineBar } from './timeline-bar.js';
import { clockText, durationText, secondsText } from './time-format.js';

const RETRY_MS = 3000;
const TIMELINE_POLL_MS = 10_000;
const DRAW_MS = 250;
/** So near to now a viewer means live. */
const LIVE_NEAR_MS = 8000;

const byId = (id) => document.getElementById(id);
const stage = byId('stage');
const video = byId('video');
const input = new URLSearchParams(location.search).get('input') ?? '';

const state = {
  periods: [],
  clockOffsetMs: 0,
  spanSec: 3600,
  retryTimer: undefined,
  wantsLive: true,
  seekMs: undefined,
};
const nowMs = () => Date.now() + state.clockOffsetMs;

const player = new StreamPlayer(video, input, {
  onPlaying: () => show('playing'),
  onEnded: () => {
    show('offline', 'The stream has ended', 'It starts again here by itself. What was recorded can be watched below.');
    state.retryTimer = setTimeout(pollForReturn, RETRY_MS);
  },
  onFailed: ({ status, message }) => {
    if (status === 404 && state.wantsLive) {
      show('offline', 'Not live right now', 'It starts here by itself as soon as the encoder sends.');
    } else if (status === 404) {
      show('error', 'Nothing is recorded there', 'Choose another moment, or go back to live.', true);
      return;
    } else if (status === 403) {
      show('error', 'This stream is not available', 'Its account is unavailable.', true);
      return;
    } else {
      show('error', 'The stream cannot be reached', `Trying again (${message}).`, true);
    }
    state.retryTimer = setTimeout(resume, RETRY_MS);
  },
});

const bar = new TimelineBar({
  root: byId('timeline'),
  periods: byId('periods'),
  played: byId('played'),
  thumb: byId('thumb'),
  hint: byId('hint'),
  onSeek: seekTo,
});

function show(name, title = '', text = '', canRetry = false) {
  stage.dataset.state = name;
  byId('message-title').textContent = title;
  byId('message-text').textContent = text;
  byId('retry').hidden = !canRetry;
}

function goLive() {
  clearTimeout(state.retryTimer);
  state.wantsLive = true;
  state.seekMs = undefined;
  show('loading');
  player.goLive();
}

/** To this instant; into the next recorded period where it falls in a gap. */
function seekTo(epochMs) {
  if (epochMs >= nowMs() - LIVE_NEAR_MS) {
    goLive();
    return;
  }
  const period = state.periods.find(({ endMs }) => endMs > epochMs);
  clearTimeout(state.retryTimer);
  state.wantsLive = false;
  state.seekMs = Math.max(epochMs, period?.startMs ?? epochMs);
  show('loading');
  player.playFrom(state.seekMs);
}

function resume() {
  if (state.wantsLive) goLive();
  else seekTo(state.seekMs ?? nowMs());
}

/** After ENDLIST the same playlist goes on when the encoder returns: wait until it no longer ends. */
async function pollForReturn() {
  if (!state.wantsLive) return;
  const playlist = await fetchText(`/live/${input}/index.m3u8`);
  const media = playlist?.split('\n').find((line) => line !== '' && !line.startsWith('#'));
  const text = media === undefined ? undefined : await fetchText(`/live/${input}/${media}`);
  if (text !== undefined && !text.includes('#EXT-X-ENDLIST')) goLive();
  else state.retryTimer = setTimeout(pollForReturn, RETRY_MS);
}

async function fetchText(url) {
  const response = await fetch(url, { cache: 'no-store' }).catch(() => undefined);
  return response?.ok === true ? response.text() : undefined;
}

async function pollTimeline() {
  const endSec = Math.ceil(nowMs() / 1000) + 60;
  const query = new URLSearchParams({
    app: 'live',
    stream: input,
    format: 'fmp4',
    merge: '1',
    lhs_start_unix_s_0: String(endSec - state.spanSec - 60),
    lhs_end_unix_s_0: String(endSec),
  });
  const text = await fetchText(`/openapi/timeline/query?${query}`);
  const answer = text === undefined ? undefined : JSON.parse(text);
  if (answer?.retCode !== 0) return;
  const serverMs = answer.content.current * 1000;
  // The server says whole seconds: only a larger difference is one of clocks.
  state.clockOffsetMs = Math.abs(serverMs - Date.now()) > 2000 ? serverMs - Date.now() : 0;
  state.periods = answer.content.timeline.map(({ start, end }) => ({ startMs: start * 1000, endMs: end * 1000 }));
  bar.setPeriods(state.periods);
}

function draw() {
  const now = nowMs();
  const positionMs = player.positionMs ?? state.seekMs ?? now;
  bar.update({ startMs: now - state.spanSec * 1000, endMs: now, positionMs });
  const isLive = state.wantsLive;
  if (player.positionMs !== undefined) byId('clock').dateTime = new Date(player.positionMs).toISOString();
  byId('clock').textContent = player.positionMs === undefined ? '--:--:--' : clockText(positionMs, now);
  byId('behind').textContent = isLive ? '' : `−${durationText((now - positionMs) / 1000)}`;
  byId('live').setAttribute('aria-pressed', String(isLive));
  byId('live-text').textContent = isLive ? 'Live' : 'Back to live';
  byId('latency').textContent = isLive ? secondsText(player.latencySec) : 'rewound';
  byId('clock-latency').textContent =
    player.positionMs === undefined
      ? '–'
      : isLive
        ? secondsText((now - positionMs) / 1000)
        : durationText((now - positionMs) / 1000);
  byId('buffer').textContent = secondsText(player.bufferSec);
  byId('picture').textContent = video.videoWidth > 0 ? `${video.videoWidth} × ${video.videoHeight}` : '–';
  byId('recorded').textContent = durationText(
    state.periods.reduce((sum, { startMs, endMs }) => sum + (endMs - startMs) / 1000, 0),
  );
  drawButtons();
}

const ICONS = {
  play: 'M8 5v14l11-7z',
  pause: 'M6 5h4v14H6zM14 5h4v14h-4z',
  sound: 'M4 9v6h4l5 4V5L8 9zM16 8.5a4.5 4.5 0 0 1 0 7v-7zM16 4.2a8 8 0 0 1 0 15.6v-2.1a6 6 0 0 0 0-11.4z',
  silent:
    'M4 9v6h4l5 4V5L8 9zM15.5 9.9l1.4-1.4 2.1 2.1 2.1-2.1 1.4 1.4-2.1 2.1 2.1 2.1-1.4 1.4-2.1-2.1-2.1 2.1-1.4-1.4 2.1-2.1z',
  enlarge: 'M4 4h6v2H6v4H4zM14 4h6v6h-2V6h-4zM4 14h2v4h4v2H4zM18 14h2v6h-6v-2h4z',
  reduce: 'M8 4h2v6H4V8h4zM14 4h2v4h4v2h-6zM4 14h6v6H8v-4H4zM14 14h6v2h-4v4h-2z',
};

function drawButtons() {
  drawButton('play', video.paused ? 'play' : 'pause', video.paused ? 'Play' : 'Pause');
  drawButton('mute', video.muted ? 'silent' : 'sound', video.muted ? 'Unmute' : 'Mute');
  const isFull = document.fullscreenElement !== null;
  drawButton('fullscreen', isFull ? 'reduce' : 'enlarge', isFull ? 'Leave full screen' : 'Full screen');
}

function drawButton(id, icon, label) {
  byId(`${id}-icon`).setAttribute('d', ICONS[icon]);
  byId(id).setAttribute('aria-label', label);
}

function togglePlay() {
  if (video.paused) video.play().catch(() => undefined);
  else video.pause();
}

function toggleMute() {
  video.muted = !video.muted;
}

function toggleFullscreen() {
  if (document.fullscreenElement !== null) void document.exitFullscreen();
  else void (stage.requestFullscreen?.() ?? video.webkitEnterFullscreen?.());
}

const step = (seconds) => seekTo((player.positionMs ?? nowMs()) + seconds * 1000);
const oldest = () => seekTo(Math.max(state.periods[0]?.startMs ?? 0, nowMs() - state.spanSec * 1000));

const KEYS = {
  ' ': togglePlay,
  k: togglePlay,
  m: toggleMute,
  f: toggleFullscreen,
  l: goLive,
  End: goLive,
  Home: oldest,
  ArrowLeft: () => step(-10),
  ArrowRight: () => step(10),
};

function listen() {
  byId('play').addEventListener('click', togglePlay);
  byId('mute').addEventListener('click', toggleMute);
  byId('fullscreen').addEventListener('click', toggleFullscreen);
  byId('live').addEventListener('click', goLive);
  byId('retry').addEventListener('click', resume);
  video.addEventListener('click', togglePlay);
  byId('span').addEventListener('change', (event) => {
    state.spanSec = Number(event.target.value);
    void pollTimeline();
  });
  document.addEventListener('keydown', (event) => {
    const isTyping = /^(INPUT|SELECT|TEXTAREA)$/.test(event.target.tagName);
    const isButton = event.target.tagName === 'BUTTON' && (event.key === ' ' || event.key === 'Enter');
    const action = KEYS[event.key];
    if (isTyping || isButton || action === undefined || event.ctrlKey || event.metaKey || event.altKey) return;
    event.preventDefault();
    action();
  });
}

byId('input-name').value = input;
if (input !== '') {
  if (player.isSupported) {
    listen();
    goLive();
    void pollTimeline();
    setInterval(() => void pollTimeline(), TIMELINE_POLL_MS);
    setInterval(draw, DRAW_MS);
  } else {
    show('error', 'This browser cannot play HLS', 'It has neither Media Source Extensions nor a player of its own.');
  }
}
