import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { readFile, stat, writeFile } from 'node:fs/promises';
import { createServer } from 'node:http';
import { join } from 'node:path';
import { captureEpochMs, readGrid } from './burnt-in-clock.mjs';
import { demoProcess } from './demo.mjs';
import { withTemporaryFolder } from './testing.mjs';
import { findFont, findTool } from './tools.mjs';
import { waitFor } from './wait.mjs';

const ffmpeg = process.env.TEST_FFMPEG;
const itWithFfmpeg = ffmpeg ? it : it.skip;

/** An ingest that keeps what it gets. */
async function startIngest() {
  const uploads = new Map();
  const server = createServer((request, response) => {
    const chunks = [];
    const upload = { headers: request.headers, chunks, arrivedMs: Date.now(), ended: false };
    uploads.set(/Streams\((.*)\)/.exec(request.url)[1], upload);
    request.on('data', (chunk) => chunks.push(chunk));
    request.on('end', () => {
      upload.ended = true;
      response.end();
    });
  }).listen(0, '127.0.0.1');
  await once(server, 'listening');
  return {
    uploads,
    url: `http://127.0.0.1:${server.address().port}`,
    close: () => new Promise((resolve) => server.close(resolve)),
  };
}

async function decodeGray(file, { width, height }) {
  const args = ['-v', 'error', '-i', file, '-vf', `scale=${width}:${height},format=gray`, '-f', 'rawvideo', '-'];
  const child = spawn(ffmpeg, args, { stdio: ['ignore', 'pipe', 'inherit'] });
  const chunks = await child.stdout.toArray();
  const bytes = Buffer.concat(chunks);
  const size = width * height;
  return Array.from({ length: bytes.length / size }, (_, index) => bytes.subarray(index * size, (index + 1) * size));
}

describe('the demo encoder', () => {
  itWithFfmpeg(
    'pushes three tracks whose pictures carry a clock that is read back from each rendition',
    () =>
      withTemporaryFolder(async (dir) => {
        const ingest = await startIngest();
        const input = { id: 'li_1', inputId: 'lv_1', streamKey: 'sk_live_secret' };
        const demo = await demoProcess({ runDir: dir, ingestUrl: ingest.url, input, ffmpeg, durationS: 2 });
        const startedMs = Date.now();
        await demo.start();
        expect(await readFile(`/proc/${demo.pid}/cmdline`, 'utf8')).not.toContain('sk_live_secret');
        expect((await stat(join(dir, 'demo.ffpreset'))).mode & 0o777).toBe(0o600);
        await waitFor(() => !demo.running, { timeoutMs: 40_000, what: 'end of the encoder' });
        expect(new Set(ingest.uploads.keys())).toEqual(new Set(['a128.cmfa', 'v360.cmfv', 'v720.cmfv']));
        for (const { headers, ended } of ingest.uploads.values()) {
          expect(headers).toMatchObject({
            authorization: 'Bearer sk_live_secret',
            'transfer-encoding': 'chunked',
            'content-type': 'video/mp4',
          });
          expect(ended).toBe(true);
        }
        for (const name of ['v720.cmfv', 'v360.cmfv']) {
          const file = join(dir, name);
          await writeFile(file, Buffer.concat(ingest.uploads.get(name).chunks));
          const grids = (await decodeGray(file, { width: 320, height: 180 })).map((gray) => readGrid(gray, 320, 180));
          expect(grids.map((grid) => grid?.frame)).toEqual(Array.from({ length: 50 }, (_, frame) => frame));
          const times = grids.map((grid) => captureEpochMs(grid.captureMs32, startedMs));
          expect(times.slice(1).map((time, index) => time - times[index])).toEqual(
            Array.from({ length: 49 }, () => 40),
          );
          expect(times[0]).toBeGreaterThanOrEqual(startedMs);
          expect(times[0]).toBeLessThan(ingest.uploads.get(name).arrivedMs + 1000);
        }
        await ingest.close();
      }),
    60_000,
  );

  itWithFfmpeg('still has the machine-readable clock where there is no font', () =>
    withTemporaryFolder(async (dir) => {
      expect(await findFont([dir])).toBeUndefined();
    }),
  );
});

describe('the tools of the tests', () => {
  it('are named by their package when they cannot be had', async () => {
    await expect(findTool('nginx', { sources: [] })).resolves.toEqual({ missing: 'nginx', reason: '' });
    await expect(findTool('nginx', { sources: ['apt-get'] })).resolves.toMatchObject({ missing: 'nginx' });
  });
});
