import type { Page } from 'playwright-core';
import { captureEpochMs, readGrid } from '../launcher/lib/burnt-in-clock.mjs';
import { eventually } from '#shared/testing';
import { framesSeen, openBrowser, servePlayerPage, type Browser, type SeenFrame } from './support/browser.ts';
import { startEncoder, type Encoder } from './support/encoder.ts';
import { createInput, type CreatedInput } from './support/live-input.ts';
import { startOrigin, type Origin } from './support/origin.ts';
import { untilPlayable } from './support/playlists.ts';

const FRAMES = 150;
const FRAME_SEC = 1 / 25;

/**
 * The counter in the picture must run with the media clock: a repeated or missing frame in the stream shifts the one against
 * the other for good. (A busy machine paints fewer frames, and may paint the next one into a late callback: off by one, for once.)
 */
function expectUnbroken(frames: readonly SeenFrame[]): void {
  const read = frames.filter((seen) => seen.frame !== null);
  expect(read.length).toBeGreaterThan(frames.length * 0.9);
  const offsets = read.map(({ frame, mediaTime }) => frame! - Math.round(mediaTime / FRAME_SEC));
  const half = Math.floor(offsets.length / 2);
  const usual = mostFrequent(offsets);
  expect(mostFrequent(offsets.slice(0, half))).toBe(usual);
  expect(mostFrequent(offsets.slice(half))).toBe(usual);
  for (const offset of offsets) expect(Math.abs(offset - usual)).toBeLessThanOrEqual(1);
}

function mostFrequent(values: readonly number[]): number {
  const counts = new Map<number, number>();
  for (const value of values) counts.set(value, (counts.get(value) ?? 0) + 1);
  const [first] = [...counts].toSorted(([, a], [, b]) => b - a);
  return first![0];
}

describe('players in a headless Chromium', () => {
  let origin: Origin;
  let input: CreatedInput;
  let encoder: Encoder;
  let browser: Browser;
  let playerPage: { url: string; close(): Promise<void> };
  let live: string;

  beforeAll(async () => {
    origin = await startOrigin();
    input = await createInput(origin);
    encoder = startEncoder({ publishUrl: `${origin.ingest}/publish/${input.externalId}`, streamKey: input.streamKey });
    live = `${origin.playback}/live/${input.externalId}/index.m3u8`;
    browser = await openBrowser();
    playerPage = await servePlayerPage();
    await untilPlayable(live, { segments: 4 });
  }, 90_000);
  afterAll(async () => {
    await browser?.close();
    await playerPage?.close();
    await encoder?.finish();
    await origin?.stop();
  }, 30_000);

  const openPage = async (): Promise<Page> => {
    const page = await browser.context.newPage();
    await page.goto(playerPage.url);
    await page.waitForFunction('window.ready === true');
    return page;
  };
  const playUntil = (page: Page, count: number): Promise<SeenFrame[]> =>
    eventually(
      async () => {
        const faults = (await page.evaluate('window.faults')) as string[];
        if (faults.length > 0) throw new Error(faults.join('; '));
        const frames = await framesSeen(page);
        const last = frames.at(-1);
        const first = frames.find((seen) => seen.frame !== null);
        return last?.frame != null && first?.frame != null && last.frame - first.frame >= count && frames;
      },
      { withinMs: 60_000, everyMs: 250, what: `${count} frames of picture` },
    );

  it('hls.js plays live and the frame counter advances without a repeat or gap', async () => {
    const page = await openPage();
    await page.evaluate(`{
      const hls = new Hls({ lowLatencyMode: false });
      hls.on(Hls.Events.ERROR, (_event, data) => { if (data.fatal || data.details === 'levelParsingError' || data.details === 'bufferStalledError') faults.push(data.details + ' ' + (data.reason ?? '')); });
      hls.loadSource(${JSON.stringify(live)});
      hls.attachMedia(video);
      video.play();
    }`);
    expectUnbroken(await playUntil(page, FRAMES));
    expect(await page.evaluate('window.faults')).toEqual([]);
    await page.close();
  }, 90_000);

  it('shaka-player plays live and the frame counter advances without a repeat or gap', async () => {
    const page = await openPage();
    await page.evaluate(`(async () => {
      shaka.polyfill.installAll();
      const player = new shaka.Player();
      await player.attach(video);
      player.addEventListener('error', (event) => faults.push(String(event.detail.code)));
      player.configure({ streaming: { lowLatencyMode: false } });
      await player.load(${JSON.stringify(live)});
      await video.play();
    })().catch((error) => faults.push('shaka ' + (error.code ?? error)))`);
    expectUnbroken(await playUntil(page, FRAMES));
    await page.close();
  }, 90_000);

  it('the player page shows the live picture, and rewound shows the wall-clock second it says', async () => {
    const page = await browser.context.newPage();
    await page.goto(`${origin.playback}/?input=${input.externalId}`);
    const video = page.locator('#video');
    await eventually(async () => (await seenBy(page))?.frame !== undefined, {
      withinMs: 30_000,
      what: 'the live picture',
    });
    await expect(page.locator('#live').getAttribute('aria-pressed')).resolves.toBe('true');
    await expect(page.locator('#latency').textContent()).resolves.toMatch(/\d/);
    const liveMs = (await seenBy(page))!.captureMs;
    const liveLagMs = Date.now() - liveMs;

    await page.locator('#timeline').press('ArrowLeft');
    await page.locator('#timeline').press('ArrowLeft');
    await eventually(
      async () => {
        const seen = await seenBy(page);
        if (seen === undefined || Date.now() - seen.captureMs < liveLagMs + 5000) throw new Error(await stateOf(page));
        const differenceMs = Math.abs(seen.captureMs - seen.shownMs);
        if (differenceMs > 2000) throw new Error(`picture and shown clock differ by ${differenceMs} ms`);
        return true;
      },
      { withinMs: 20_000, everyMs: 100, what: 'a picture from the past, at the second the page says' },
    );
    await expect(page.locator('#live').getAttribute('aria-pressed')).resolves.toBe('false');

    await page.locator('#live').click();
    await eventually(async () => ((await seenBy(page))?.captureMs ?? 0) > liveMs, {
      withinMs: 20_000,
      what: 'live again',
    });
    expect(await video.evaluate((element) => (element as unknown as { videoWidth: number }).videoWidth)).toBe(640);
    await page.close();
  }, 90_000);
});

/** What the page says of itself, for the message of a failed wait. */
const stateOf = async (page: Page): Promise<string> =>
  String(
    await page.evaluate(
      `[document.getElementById('stage').dataset.state, document.getElementById('message-title').textContent, document.getElementById('clock').textContent, document.getElementById('behind').textContent].join(' | ')`,
    ),
  );

/** The burnt-in clock of the picture, and the wall clock that the page shows beside it. */
async function seenBy(page: Page): Promise<{ frame: number; captureMs: number; shownMs: number } | undefined> {
  const { gray, shown } = (await page.evaluate(PICTURE_AND_CLOCK)) as { gray: number[]; shown: string };
  const grid = gray.length === 0 ? undefined : readGrid(gray, 640, 360);
  if (grid === undefined) return undefined;
  const captureMs = captureEpochMs(grid.captureMs32, Date.now());
  return { frame: grid.frame, captureMs, shownMs: Date.parse(shown) };
}

const PICTURE_AND_CLOCK = `(() => {
  const video = document.getElementById('video');
  const clock = document.getElementById('clock');
  if (video.videoWidth !== 640) return { gray: [], shown: '' };
  const context = new OffscreenCanvas(640, 360).getContext('2d');
  context.drawImage(video, 0, 0, 640, 360);
  const rgba = context.getImageData(0, 0, 640, 360).data;
  const gray = [];
  for (let index = 0; index < rgba.length; index += 4) gray.push(rgba[index + 1]);
  return { gray, shown: clock.dateTime };
})()`;
