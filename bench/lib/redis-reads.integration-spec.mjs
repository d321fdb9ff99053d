import { connect } from 'node:net';
import { once } from 'node:events';
import { commandCounts } from './redis-reads.mjs';

const url = process.env['TEST_REDIS_URL'] ?? '';

async function send(command) {
  const { hostname, port } = new URL(url);
  const socket = connect(Number(port), hostname);
  socket.end(`${command}\r\nQUIT\r\n`);
  socket.resume();
  await once(socket, 'close');
}

describe('commandCounts', () => {
  it('tells how often a command ran', async () => {
    await send('GETRANGE bench:redis-reads 0 1');
    const before = await commandCounts(url);
    await send('GETRANGE bench:redis-reads 0 1');
    await send('GETRANGE bench:redis-reads 0 1');
    expect((await commandCounts(url)).get('getrange')).toBe((before.get('getrange') ?? 0) + 2);
  });

  it('has nothing for a command that never ran', async () => {
    expect((await commandCounts(url)).get('nonsense')).toBeUndefined();
  });
});
