import { copyFile, mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { chromium } from 'playwright-core';
import { projectRoot } from '../../launcher/lib/paths.mjs';

const size = { width: 640, height: 360 };

/** `play(url, options)` starts hls.js on a new element; `seen` gets each painted frame with its burnt-in clock, and PROGRAM-DATE-TIME as the player reckons it. */
const page = `<!doctype html><meta charset="utf-8"><title>bench</title><body>
<script src="hls.js"></script>
<script type="module">
  import { grayFromRgba, readGrid } from './burnt-in-clock.js';
  const canvas = new OffscreenCanvas(${size.width}, ${size.height});
  const context = canvas.getContext('2d', { willReadFrequently: true });
  window.play = (url, options) => {
    window.hls?.destroy();
    document.querySelector('video')?.remove();
    const video = Object.assign(document.createElement('video'), { muted: true, playsInline: true, ...${JSON.stringify(size)} });
    document.body.append(video);
    Object.assign(window, { seen: [], fault: undefined, startedMs: performance.now(), firstFrameMs: undefined });
    const hls = new Hls(options);
    window.hls = hls;
    hls.on(Hls.Events.ERROR, (_event, data) => { if (data.fatal) window.fault = data.details + ' ' + (data.reason ?? ''); });
    const onFrame = (now, { mediaTime }) => {
      window.firstFrameMs ??= now - window.startedMs;
      context.drawImage(video, 0, 0, ${size.width}, ${size.height});
      const grid = readGrid(grayFromRgba(context.getImageData(0, 0, ${size.width}, ${size.height}).data), ${size.width}, ${size.height});
      if (grid) window.seen.push({ atMs: performance.timeOrigin + now, captureMs32: grid.captureMs32, dateMs: hls.playingDate?.getTime() ?? null, mediaTime });
      video.requestVideoFrameCallback(onFrame);
    };
    video.requestVideoFrameCallback(onFrame);
    hls.loadSource(url);
    hls.attachMedia(video);
    void video.play();
  };
  window.ready = true;
</script>`;

/** Writes the page with what it loads into a folder that a server shows. @param {string} dir */
export async function writePlayerPage(dir) {
  await mkdir(dir, { recursive: true });
  await writeFile(join(dir, 'player.html'), page);
  await copyFile(join(projectRoot, 'node_modules/hls.js/dist/hls.min.js'), join(dir, 'hls.js'));
  await copyFile(join(projectRoot, 'launcher/lib/burnt-in-clock.mjs'), join(dir, 'burnt-in-clock.js'));
}

/** A page with a profile of its own in a headless Chromium. @param {{ executablePath: string, url: string, onEnd: (undo: () => unknown) => void }} options */
export async function openPlayerPage({ executablePath, url, onEnd }) {
  const profile = await mkdtemp(join(tmpdir(), 'headwater-bench-chromium-'));
  const context = await chromium.launchPersistentContext(profile, {
    executablePath,
    headless: true,
    args: [
      '--no-sandbox',
      '--disable-gpu',
      '--disable-background-networking',
      '--no-first-run',
      '--autoplay-policy=no-user-gesture-required',
    ],
  });
  onEnd(async () => {
    await context.close();
    await rm(profile, { recursive: true, force: true });
  });
  const opened = await context.newPage();
  await opened.goto(url);
  await opened.waitForFunction('window.ready === true');
  return opened;
}
