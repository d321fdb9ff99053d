import { mkdtemp, readFile, rm } from 'node:fs/promises';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { chromium, type BrowserContext, type Page } from 'playwright-core';
import { tool } from './tool.ts';

/** A headless Chromium with a profile of its own. */
export interface Browser {
  readonly context: BrowserContext;
  close(): Promise<void>;
}

export async function openBrowser(): Promise<Browser> {
  const profile = await mkdtemp(join(tmpdir(), 'headwater-chromium-'));
  const context = await chromium.launchPersistentContext(profile, {
    executablePath: tool('CHROMIUM'),
    headless: true,
    // Nobody has signed the certificate of a test's origin.
    ignoreHTTPSErrors: true,
    args: [
      '--no-sandbox',
      '--disable-gpu',
      '--disable-background-networking',
      '--disable-component-update',
      '--disable-sync',
      '--no-first-run',
      '--autoplay-policy=no-user-gesture-required',
      '--disable-quic',
    ],
  });
  return {
    context,
    close: async () => {
      await context.close();
      await rm(profile, { recursive: true, force: true });
    },
  };
}

const SCRIPTS: Readonly<Record<string, { file: string; type: string }>> = {
  '/hls.js': { file: '../../node_modules/hls.js/dist/hls.min.js', type: 'text/javascript' },
  '/shaka.js': { file: '../../node_modules/shaka-player/dist/shaka-player.compiled.js', type: 'text/javascript' },
  '/dash.js': { file: '../../node_modules/dashjs/dist/modern/umd/dash.all.min.js', type: 'text/javascript' },
  '/burnt-in-clock.mjs': { file: '../../launcher/lib/burnt-in-clock.mjs', type: 'text/javascript' },
};

const PAGE = `<!doctype html><meta charset="utf-8"><title>player under test</title>
<video id="video" muted playsinline width="640" height="360"></video>
<script src="/hls.js"></script><script src="/shaka.js"></script><script src="/dash.js"></script>
<script type="module">
  import { grayFromRgba, readGrid } from '/burnt-in-clock.mjs';
  window.frames_seen = [];
  window.faults = [];
  window.stalls = [];
  const video = document.getElementById('video');
  video.addEventListener('playing', () => (window.hasPlayed = true));
  video.addEventListener('waiting', () => {
    if (window.hasPlayed) window.stalls.push({ atMs: Date.now(), mediaTime: video.currentTime });
  });
  const canvas = new OffscreenCanvas(640, 360);
  const context = canvas.getContext('2d', { willReadFrequently: true });
  const onFrame = (_now, metadata) => {
    context.drawImage(video, 0, 0, 640, 360);
    const grid = readGrid(grayFromRgba(context.getImageData(0, 0, 640, 360).data), 640, 360);
    window.frames_seen.push({ frame: grid?.frame ?? null, captureMs32: grid?.captureMs32 ?? null, presented: metadata.presentedFrames, mediaTime: metadata.mediaTime, atMs: Date.now() });
    video.requestVideoFrameCallback(onFrame);
  };
  video.requestVideoFrameCallback(onFrame);
  window.ready = true;
</script>`;

/** A page of the tests' own, with both players and the clock reader, on an origin other than the playback node (so that CORS is real). */
export async function servePlayerPage(): Promise<{ url: string; close(): Promise<void> }> {
  const server = createServer((request, response) => {
    const script = SCRIPTS[request.url ?? ''];
    if (script === undefined) {
      response.writeHead(200, { 'content-type': 'text/html' }).end(PAGE);
      return;
    }
    void readFile(new URL(script.file, import.meta.url)).then((bytes) =>
      response.writeHead(200, { 'content-type': script.type }).end(bytes),
    );
  });
  await new Promise<void>((resolve) => {
    server.listen(0, '127.0.0.1', () => resolve());
  });
  return {
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}/`,
    close: () =>
      new Promise((resolve) => {
        server.closeAllConnections();
        server.close(() => resolve());
      }),
  };
}

/** A frame as the page saw it. */
export interface SeenFrame {
  readonly frame: number | null;
  readonly captureMs32: number | null;
  readonly presented: number;
  readonly mediaTime: number;
  /** When it was painted, ms since 1970. */
  readonly atMs: number;
}

/** What the page has seen so far. */
export const framesSeen = (page: Page): Promise<SeenFrame[]> =>
  page.evaluate('window.frames_seen') as Promise<SeenFrame[]>;
