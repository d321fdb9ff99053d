import { once } from 'node:events';
import { createServer } from 'node:http';
import { PacedSender } from './paced-sender.mjs';

const track = {
  init: Buffer.from('init'),
  chunks: [
    { bytes: Buffer.from('one'), startSec: 0, endSec: 0.1 },
    { bytes: Buffer.from('two'), startSec: 0.1, endSec: 0.2 },
  ],
};

async function withServer(handle, use) {
  const server = createServer(handle);
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  try {
    await use(`http://127.0.0.1:${server.address().port}/publish/lv_1`);
  } finally {
    server.closeAllConnections();
    server.close();
    await once(server, 'close');
  }
}

describe('a paced sender', () => {
  it('posts a track with its key and sends no chunk before its media time', async () => {
    const seen = {};
    const receive = async (request, response) => {
      seen.url = request.url;
      seen.authorization = request.headers.authorization;
      seen.body = '';
      for await (const bytes of request) seen.body += bytes;
      response.end();
    };
    await withServer(
      (request, response) => void receive(request, response),
      async (publishUrl) => {
        const sent = [];
        const onSent = (index, atMs) => sent.push([index, atMs]);
        const startMs = performance.now();
        await new PacedSender({ publishUrl, streamKey: 'key', name: 'v.cmfv', track, speed: 2, onSent }).send(startMs);
        expect(seen).toEqual({ url: '/publish/lv_1/Streams(v.cmfv)', authorization: 'Bearer key', body: 'initonetwo' });
        expect(sent.map(([index]) => index)).toEqual([0, 1]);
        // A timer may fire within the millisecond before.
        for (const [index, atMs] of sent) expect(atMs - startMs).toBeGreaterThanOrEqual((index + 1) * 50 - 1);
      },
    );
  });

  it('says how it was refused', () =>
    withServer(
      (_, response) => response.writeHead(403).end('wrong key'),
      async (publishUrl) => {
        const sender = new PacedSender({ publishUrl, streamKey: 'key', name: 'v.cmfv', track });
        await expect(sender.send(performance.now())).rejects.toThrow(/v\.cmfv.*403/);
      },
    ));

  it('can be stopped in the middle', () =>
    withServer(
      (request) => request.resume(),
      async (publishUrl) => {
        const sender = new PacedSender({
          publishUrl,
          streamKey: 'key',
          name: 'v.cmfv',
          track,
          onSent: (index) => (index === 0 ? sender.stop() : expect(index).toBe(0)),
        });
        await sender.send(performance.now());
      },
    ));
});
