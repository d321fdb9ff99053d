import { once } from 'node:events';
import { createServer } from 'node:net';
import { KeepAliveConnection } from './keep-alive-connection.mjs';

/** Serves whatever `answer` writes for each request; `use` gets a connection to it. */
async function withServer(answer, use) {
  const server = createServer((socket) => {
    socket.on('error', () => {});
    socket.on('data', (bytes) => answer(socket, String(bytes).split(' ', 2)[1]));
  });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  const connection = new KeepAliveConnection({ host: '127.0.0.1', port: server.address().port, keepBody: true });
  try {
    await use(connection);
  } finally {
    connection.close();
    server.close();
    await once(server, 'close');
  }
}

const head = (length, status = '200 OK') => `HTTP/1.1 ${status}\r\ncontent-length: ${length}\r\n\r\n`;

describe('a keep-alive connection', () => {
  it('reads answers of every size one after the other, a head in pieces included', () =>
    withServer(
      (socket, path) => {
        const size = Number(path.slice(1));
        const bytes = Buffer.concat([Buffer.from(head(size)), Buffer.alloc(size, size % 251)]);
        socket.write(bytes.subarray(0, 10));
        setImmediate(() => socket.write(bytes.subarray(10)));
      },
      async (connection) => {
        for (const size of [0, 1, 70_000, 2_000_000, 3]) {
          const received = await connection.fetch(`/${size}`);
          expect(received).toMatchObject({ status: 200, sizeBytes: size });
          expect(received.body.equals(Buffer.alloc(size, size % 251))).toBe(true);
        }
      },
    ));

  it('hands over the status of a refusal', () =>
    withServer(
      (socket) => socket.write(`${head(2, '404 Not Found')}no`),
      async (connection) => {
        expect(await connection.fetch('/x')).toMatchObject({ status: 404, sizeBytes: 2 });
      },
    ));

  it('refuses an answer without a length, one that is too long, and a connection that ends', async () => {
    const answers = {
      'Content-Length was expected': (socket) => socket.write('HTTP/1.1 200 OK\r\n\r\n'),
      'more bytes than': (socket) => socket.write(`${head(1)}two`),
      'closed the connection': (socket) => socket.end(head(10)),
    };
    for (const [reason, answer] of Object.entries(answers)) {
      await withServer(answer, async (connection) => {
        await expect(connection.fetch('/')).rejects.toThrow(reason);
      });
    }
  });
});
