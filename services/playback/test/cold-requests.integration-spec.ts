import { liveSource } from './support/live-source.ts';
import { connectServers, type Servers } from './support/servers.ts';
import { startPlaybackUnderTest } from './support/playback-under-test.ts';

let servers: Servers;

beforeAll(async () => {
  servers = await connectServers();
});

afterAll(async () => {
  await servers.close();
});

const callsOf = async (command: string): Promise<number> => {
  const stats = await servers.redis.info('commandstats');
  return Number(new RegExp(`cmdstat_${command}:calls=(\\d+)`).exec(stats)?.[1] ?? 0);
};

describe('a hundred cold requests', () => {
  it('for one segment are one read of Redis', async () => {
    const source = await liveSource(servers, 6);
    const playback = await startPlaybackUnderTest();
    try {
      const before = { segment: await callsOf('mget'), window: await callsOf('smembers') };
      const bodies = await Promise.all(
        Array.from({ length: 100 }, async () => {
          const response = await playback.get(`/live/${source.row.id}/1/3.m4s`);
          return Buffer.from(await response.arrayBuffer());
        }),
      );
      const expected = source.bytes.get('1/3') ?? Buffer.alloc(0);
      expect(bodies.every((body) => body.equals(expected))).toBe(true);
      expect({
        segment: (await callsOf('mget')) - before.segment,
        window: (await callsOf('smembers')) - before.window,
      }).toEqual({
        segment: 1,
        window: 1,
      });
    } finally {
      await playback.close();
    }
  });
});
