import { setTimeout as delay } from 'node:timers/promises';
import { framesSeen, openBrowser, servePlayerPage, type Browser } from './support/browser.ts';
import { startEncoder, type Encoder } from './support/encoder.ts';
import { createInput } from './support/live-input.ts';
import {
  expectNoFault,
  hlsJs,
  latenciesMs,
  native,
  play,
  shaka,
  stallsOf,
  type Playing,
} from './support/live-players.ts';
import { startOrigin, type Origin } from './support/origin.ts';
import { untilPlayable } from './support/playlists.ts';

const PLAY_SEC = 600;
const FRAME_RATE = 25;
/** Chromium starts slowly beside an encoder; what happens before is no stall of playback. */
const SETTLE_SEC = 5;

const quantile = (values: readonly number[], share: number): number =>
  Math.round(values.toSorted((a, b) => a - b)[Math.floor((values.length - 1) * share)]!);

describe('ten minutes in front of each player', () => {
  let origin: Origin;
  let encoder: Encoder;
  let browser: Browser;
  let page: { url: string; close(): Promise<void> };
  let live: string;

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
    page = await servePlayerPage();
    await untilPlayable(live, { segments: 4 });
  }, 90_000);
  afterAll(async () => {
    await browser?.close();
    await page?.close();
    await encoder?.finish();
    await origin?.stop();
  }, 30_000);

  it(
    'hls.js and shaka in low latency, and Chromium itself, play at the same time without a stall',
    async () => {
      const players: Playing[] = [];
      for (const player of [hlsJs, shaka, native])
        players.push(await play(browser, { pageUrl: page.url, player, url: live, frames: SETTLE_SEC * FRAME_RATE }));
      const settledAtMs = Date.now();
      await delay(PLAY_SEC * 1000);
      for (const playing of players) {
        await expectNoFault(playing);
        const frames = (await framesSeen(playing.page)).filter(({ atMs }) => atMs >= settledAtMs);
        const stalls = (await stallsOf(playing)).filter(({ atMs }) => atMs >= settledAtMs);
        const latencies = latenciesMs(frames);
        process.stdout.write(
          `${playing.player.name} (${playing.player.configuration}): ${frames.length} frames, ${stalls.length} stalls, ` +
            `glass to glass ms p50 ${quantile(latencies, 0.5)}, p95 ${quantile(latencies, 0.95)}, most ${quantile(latencies, 1)}\n`,
        );
        expect(stalls).toEqual([]);
        const playedSec = frames.at(-1)!.mediaTime - frames[0]!.mediaTime;
        expect(playedSec).toBeGreaterThan(PLAY_SEC * 0.97);
      }
    },
    (PLAY_SEC + 180) * 1000,
  );
});
