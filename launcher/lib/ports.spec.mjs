import { once } from 'node:events';
import { createServer } from 'node:net';
import { findFreeBlock, findFreePort, isPortFree } from './ports.mjs';

describe('ports', () => {
  let server;
  let busy;

  beforeEach(async () => {
    server = createServer().listen(0, '127.0.0.1');
    await once(server, 'listening');
    busy = server.address().port;
  });

  afterEach(async () => {
    server.close();
    await once(server, 'close');
  });

  it('tells a busy port from a free one', async () => {
    expect(await isPortFree(busy)).toBe(false);
    server.close();
    await once(server, 'close');
    expect(await isPortFree(busy)).toBe(true);
    server = createServer().listen(0, '127.0.0.1');
    await once(server, 'listening');
  });

  it('takes the next port after a busy one and after one already given away', async () => {
    const port = await findFreePort(busy, { taken: new Set([busy + 1]) });
    expect(port).toBeGreaterThan(busy + 1);
  });

  it('moves a whole block when one port of it is busy', async () => {
    expect(await findFreeBlock(busy - 2, [0, 2], { step: 20 })).toBeGreaterThanOrEqual(busy + 18);
  });

  it('says where it looked when nothing is free', async () => {
    await expect(findFreePort(busy, { attempts: 1 })).rejects.toThrow(`in ${busy}..${busy}`);
  });
});
