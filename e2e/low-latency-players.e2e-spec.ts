import { eventually } from '#shared/testing';
import { framesSeen, openBrowser, servePlayerPage, type Browser } from './support/browser.ts';
import { startEncoder, type Encoder } from './support/encoder.ts';
import { createInput } from './support/live-input.ts';
import { expectNoFault, hlsJs, latenciesMs, native, play, shaka, stallsOf } from './support/live-players.ts';
import { startOrigin, type Origin } from './support/origin.ts';
import { untilPlayable } from './support/playlists.ts';

const FRAMES = 200;
const FRAME_RATE = 25;
const SETTLING_FRAMES = 75;

describe('low-latency players in a headless Chromium', () => {
  let origin: Origin;
  let encoder: Encoder;
  let browser: Browser;
  let page: { url: string; close(): Promise<void> };
  let live: string;
  let requested: string[];
  let refused: string[];

  beforeAll(async () => {
    origin = await startOrigin();
    const input = await createInput(origin);
    encoder = startEncoder({
      publishUrl: `${origin.ingest}/publish/${input.externalId}`,
      streamKey: input.streamKey,
      fragmentMs: 200,
    });
    live = `${origin.playback}/live/${input.externalId}/index.m3u8`;
    browser = await openBrowser();
    requested = [];
    refused = [];
    browser.context.on('request', (request) => requested.push(request.url()));
    browser.context.on('response', (response) => {
      if (response.status() >= 400 && response.url().startsWith(origin.playback))
        refused.push(`${response.status()} ${response.url()}`);
    });
    page = await servePlayerPage();
    await untilPlayable(live, { segments: 4 });
  }, 90_000);
  afterAll(async () => {
    await browser?.close();
    await page?.close();
    await encoder?.finish();
    await origin?.stop();
  }, 30_000);

  it.each([hlsJs, shaka, native])(
    '$name plays without a stall or a lost frame',
    async (player) => {
      requested.length = 0;
      refused.length = 0;
      const playing = await play(browser, { pageUrl: page.url, player, url: live, frames: FRAMES }).catch(
        (error: unknown) => {
          throw new Error(`${String(error)}; refused: ${refused.join(', ')}; asked: ${requested.slice(-5).join(', ')}`);
        },
      );
      expect(refused).toEqual([]);
      const frames = (await framesSeen(playing.page)).filter(({ frame }) => frame !== null);
      // A frame that is repeated or lost in the stream shifts the counter against the media clock for good.
      const offsets = frames.map(({ frame, mediaTime }) => frame! - Math.round(mediaTime * FRAME_RATE));
      const sorted = offsets.toSorted((a, b) => a - b);
      const usual = sorted[Math.floor(sorted.length / 2)]!;
      for (const offset of offsets) expect(Math.abs(offset - usual)).toBeLessThanOrEqual(1);
      // What happens while a player finds its place is start-up, no stall of playback.
      const settledAtMs = frames[SETTLING_FRAMES]!.atMs;
      expect((await stallsOf(playing)).filter(({ atMs }) => atMs > settledAtMs)).toEqual([]);
      await expectNoFault(playing);
      if (player !== native) {
        expect(requested.some((url) => url.includes('_HLS_part='))).toBe(true);
        expect(requested.some((url) => /\/\d+\.\d+\.m4s/.test(url))).toBe(true);
      }
      await playing.page.close();
    },
    90_000,
  );

  it('hls.js comes to be less than a plain player’s hold-back behind the encoder', async () => {
    const playing = await play(browser, { pageUrl: page.url, player: hlsJs, url: live, frames: 1 });
    // HOLD-BACK is three segments of 2 s; parts bring it to about three parts.
    await eventually(
      async () => {
        await expectNoFault(playing);
        const latest = latenciesMs((await framesSeen(playing.page)).slice(-25));
        return latest.length > 5 && Math.max(...latest) < 4000;
      },
      { withinMs: 40_000, everyMs: 250, what: 'a latency below 4 s' },
    );
    await playing.page.close();
  }, 90_000);
});
