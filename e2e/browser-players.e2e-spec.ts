import type { Page } from 'playwright-core';
import { eventually } from '#shared/testing';
import { framesSeen, openBrowser, servePlayerPage, type Browser, type SeenFrame } from './support/browser.ts';
import { startEncoder, type Encoder } from './support/encoder.ts';
import { createInput, type CreatedInput } from './support/live-input.ts';
import { startOrigin, type Origin } from './support/origin.ts';
import { untilPlayable } from './support/playlists.ts';

const FRAMES = 250;
const FRAME_SEC = 1 / 25;

/**
 * Frames that the page painted must carry the counter that belongs to their media time: a repeat or a gap in the stream
 * shows as a counter that runs away from the media clock. (A busy machine may paint fewer frames; none may lie.)
 */
function expectUnbroken(frames: readonly SeenFrame[]): void {
  const read = frames.filter((seen) => seen.frame !== null);
  expect(read.length).toBeGreaterThan(frames.length * 0.9);
  for (let index = 1; index < read.length; index += 1) {
    const [before, after] = [read[index - 1]!, read[index]!];
    const counted = after.frame! - before.frame!;
    expect(counted).toBeGreaterThan(0);
    expect(Math.abs(counted - (after.mediaTime - before.mediaTime) / FRAME_SEC)).toBeLessThan(0.5);
  }
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

  it('the player page of the origin shows the live picture and can be rewound to a wall-clock second', async () => {
    const page = await browser.context.newPage();
    await page.goto(`${origin.playback}/?input=${input.externalId}`);
    await page.waitForFunction('document.querySelector("video")?.currentTime > 1', undefined, { timeout: 30_000 });
    await expect(page.evaluate('document.querySelector("video").videoWidth')).resolves.toBe(640);
    await page.close();
  }, 60_000);
});
