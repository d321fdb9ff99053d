import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { findFreePort } from '../launcher/lib/ports.mjs';
import { eventually, writeCertificate } from '#shared/testing';
import { framesSeen, openBrowser, servePlayerPage, type Browser, type SeenFrame } from './support/browser.ts';
import { startEncoder, type Encoder } from './support/encoder.ts';
import { createInput } from './support/live-input.ts';
import {
  expectNoFault,
  hlsJs,
  latenciesMs,
  play,
  shaka,
  stallsOf,
  type LivePlayer,
  type Playing,
} from './support/live-players.ts';
import { startOrigin, type Origin } from './support/origin.ts';
import { untilPlayable } from './support/playlists.ts';

const FRAMES = 150;
const FRAME_RATE = 25;
/** Two runs on one machine begin their search apart from each other. */
const FIRST_HTTPS_PORT = 20_400 + (process.pid % 40) * 5;

const dashJs: LivePlayer = {
  name: 'dash.js, low latency',
  configuration: 'delay.applyServiceDescription: true, liveCatchup.enabled: true',
  script: (url) => `{
    const player = dashjs.MediaPlayer().create();
    window.dash = player;
    player.on(dashjs.MediaPlayer.events.ERROR, (event) => faults.push('dash.js ' + event.error.code + ' ' + event.error.message));
    player.updateSettings({ streaming: { delay: { applyServiceDescription: true }, liveCatchup: { enabled: true } } });
    player.initialize(video, ${JSON.stringify(url)}, true);
  }`,
};
const shakaDash: LivePlayer = { ...shaka, name: 'shaka, low latency, DASH' };

/** A frame that is repeated or lost in the stream shifts the counter against the media clock for good. */
function expectUnbroken(frames: readonly SeenFrame[]): void {
  const read = frames.filter(({ frame }) => frame !== null);
  expect(read.length).toBeGreaterThan(frames.length * 0.9);
  const offsets = read.map(({ frame, mediaTime }) => frame! - Math.round(mediaTime * FRAME_RATE));
  const usual = offsets.toSorted((a, b) => a - b)[Math.floor(offsets.length / 2)]!;
  for (const offset of offsets) expect(Math.abs(offset - usual)).toBeLessThanOrEqual(1);
}

/** HTTP versions by which the page fetched what lies under a URL, as the browser tells them. */
const protocolsOf = ({ page }: Playing, base: string): Promise<string[]> =>
  page.evaluate(
    `[...new Set(performance.getEntriesByType('resource').filter(({ name }) => name.startsWith(${JSON.stringify(base)})).map(({ nextHopProtocol }) => nextHopProtocol))]`,
  ) as Promise<string[]>;

describe('players of the same segments by DASH, and by HTTP/2, in a headless Chromium', () => {
  let origin: Origin;
  let encoder: Encoder;
  let browser: Browser;
  let page: { url: string; close(): Promise<void> };
  let folder: string;
  let overTls: string;
  let certificateDir: string;

  beforeAll(async () => {
    certificateDir = await mkdtemp(join(tmpdir(), 'headwater-e2e-tls-'));
    const { certFile, keyFile } = await writeCertificate(certificateDir);
    const httpsPort = await findFreePort(FIRST_HTTPS_PORT);
    origin = await startOrigin({ HTTPS_PORT: String(httpsPort), TLS_CERT_FILE: certFile, TLS_KEY_FILE: keyFile });
    const input = await createInput(origin);
    encoder = startEncoder({
      publishUrl: `${origin.ingest}/publish/${input.externalId}`,
      streamKey: input.streamKey,
      fragmentMs: 200,
    });
    folder = `/live/${input.externalId}`;
    overTls = `https://127.0.0.1:${httpsPort}`;
    browser = await openBrowser();
    page = await servePlayerPage();
    await untilPlayable(`${origin.playback}${folder}/index.m3u8`, { segments: 4 });
  }, 90_000);
  afterAll(async () => {
    await browser?.close();
    await page?.close();
    await encoder?.finish();
    await origin?.stop();
    await rm(certificateDir, { recursive: true, force: true });
  }, 30_000);

  const playUntil = (player: LivePlayer, url: string, frames = FRAMES): Promise<Playing> =>
    play(browser, { pageUrl: page.url, player, url, frames });

  it.each([dashJs, shakaDash])(
    '$name plays the manifest without a lost frame',
    async (player) => {
      const playing = await playUntil(player, `${origin.playback}${folder}/manifest.mpd`);
      expectUnbroken(await framesSeen(playing.page));
      await expectNoFault(playing);
      await playing.page.close();
    },
    90_000,
  );

  it('dash.js comes as near to the encoder as the manifest asks, from the segment in production, without a stall', async () => {
    const playing = await playUntil(dashJs, `${origin.playback}${folder}/manifest.mpd`, 1);
    // Six parts of 0.43 s behind; whole segments of 2 s could not be nearer than two of them.
    await eventually(
      async () => {
        await expectNoFault(playing);
        const latest = latenciesMs((await framesSeen(playing.page)).slice(-25));
        return latest.length > 5 && Math.max(...latest) < 4000;
      },
      { withinMs: 40_000, everyMs: 250, what: 'a latency below 4 s' },
    );
    const stallsBefore = (await stallsOf(playing)).length;
    const seenBefore = (await framesSeen(playing.page)).length;
    await eventually(async () => (await framesSeen(playing.page)).length > seenBefore + FRAMES, { withinMs: 40_000 });
    expect((await stallsOf(playing)).length).toBe(stallsBefore);
    await expectNoFault(playing);
    await playing.page.close();
  }, 120_000);

  it.each([
    { player: hlsJs, file: 'index.m3u8' },
    { player: dashJs, file: 'manifest.mpd' },
  ])(
    '$player.name plays over HTTP/2 and TLS (hls.md 45)',
    async ({ player, file }) => {
      const playing = await playUntil(player, `${overTls}${folder}/${file}`);
      expect(await protocolsOf(playing, overTls)).toEqual(['h2']);
      expectUnbroken(await framesSeen(playing.page));
      await expectNoFault(playing);
      await playing.page.close();
    },
    90_000,
  );
});
