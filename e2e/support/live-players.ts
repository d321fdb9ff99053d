import type { Page } from 'playwright-core';
import { eventually } from '#shared/testing';
import { framesSeen, type Browser, type SeenFrame } from './browser.ts';

/** A way to play a live URL in the page of `servePlayerPage`. */
export interface LivePlayer {
  readonly name: string;
  /** The player's configuration, for whoever reads a latency beside it. */
  readonly configuration: string;
  /** Script that loads a URL into `video` and pushes what goes wrong to `faults`. */
  script(url: string): string;
}

/** Errors that hls.js mends by itself but an origin must not cause, and everything fatal. */
const HLS_FAULTS = `(_event, data) => {
  if (data.fatal || data.details === 'levelParsingError' || data.details.startsWith('fragLoad') || data.details.startsWith('levelLoad'))
    faults.push(data.details + ' ' + (data.reason ?? data.error?.message ?? ''));
}`;

/** hls.js as a low-latency player. */
export const hlsJs: LivePlayer = {
  name: 'hls.js, low latency',
  configuration: 'lowLatencyMode: true, maxLiveSyncPlaybackRate: 1.2',
  script: (url) => `{
    const hls = new Hls({ lowLatencyMode: true, maxLiveSyncPlaybackRate: 1.2 });
    window.hls = hls;
    hls.on(Hls.Events.ERROR, ${HLS_FAULTS});
    hls.loadSource(${JSON.stringify(url)});
    hls.attachMedia(video);
    void video.play();
  }`,
};

/** shaka-player as a low-latency player. */
export const shaka: LivePlayer = {
  name: 'shaka, low latency',
  configuration: 'streaming.lowLatencyMode: true, streaming.liveSync.enabled: true',
  script: (url) => `(async () => {
    shaka.polyfill.installAll();
    const player = new shaka.Player();
    await player.attach(video);
    player.addEventListener('error', (event) => faults.push('shaka ' + (event.detail.code ?? event.detail.stack ?? event.detail)));
    player.configure({ streaming: { lowLatencyMode: true, liveSync: { enabled: true } } });
    await player.load(${JSON.stringify(url)});
    await video.play();
  })().catch((error) => faults.push('shaka ' + (error.code ?? error)))`,
};

/** What Chromium itself makes of an HLS URL. */
export const native: LivePlayer = {
  name: 'Chromium, native HLS',
  configuration: 'video.src',
  script: (url) => `{
    video.addEventListener('error', () => faults.push('native ' + video.error.code + ' ' + video.error.message));
    video.crossOrigin = 'anonymous';
    video.src = ${JSON.stringify(url)};
    void video.play();
  }`,
};

/** A page that plays. */
export interface Playing {
  readonly page: Page;
  readonly player: LivePlayer;
}

/** Opens a page of its own and plays the URL until so many frames were painted. Throws the player's faults. */
export async function play(
  browser: Browser,
  options: { pageUrl: string; player: LivePlayer; url: string; frames: number; withinMs?: number },
): Promise<Playing> {
  const page = await browser.context.newPage();
  await page.goto(options.pageUrl);
  await page.waitForFunction('window.ready === true');
  await page.evaluate(options.player.script(options.url));
  const playing = { page, player: options.player };
  await eventually(
    async () => {
      await expectNoFault(playing);
      return (await framesSeen(page)).length >= options.frames;
    },
    { withinMs: options.withinMs ?? 40_000, everyMs: 250, what: `${options.player.name}: ${options.frames} frames` },
  );
  return playing;
}

/** Throws what the player complained of. */
export async function expectNoFault({ page, player }: Playing): Promise<void> {
  const faults = (await page.evaluate('window.faults')) as string[];
  if (faults.length > 0) throw new Error(`${player.name}: ${faults.join('; ')}`);
}

/** Moments at which the picture stood still for want of media, after it had begun to play. */
export const stallsOf = ({ page }: Playing): Promise<Array<{ atMs: number; mediaTime: number }>> =>
  page.evaluate('window.stalls') as Promise<Array<{ atMs: number; mediaTime: number }>>;

const CLOCK_RANGE_MS = 2 ** 32;

/** From capture to paint by the burnt-in clock, ms, of frames whose clock could be read. */
export const latenciesMs = (frames: readonly SeenFrame[]): number[] =>
  frames.flatMap(({ captureMs32, atMs }) =>
    captureMs32 === null ? [] : [(((atMs - captureMs32) % CLOCK_RANGE_MS) + CLOCK_RANGE_MS) % CLOCK_RANGE_MS],
  );
