import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { bringUpServers, type Servers } from '../launcher/lib/servers.mjs';
import { startDrill, type Drill } from './support/drill.ts';
import { crashServer } from './support/faults.ts';
import { flushRedis } from './support/redis.ts';

const DOWN_MS = 2000;

/** NATS and Redis of the origin's own, which this test may end. */
describe('the servers of the origin crash during a live push', () => {
  let runDir: string;
  let servers: Servers;
  let drill: Drill;
  beforeAll(async () => {
    runDir = await mkdtemp(join(tmpdir(), 'headwater-drill-'));
    servers = await bringUpServers({ runDir, basePort: 21_000, which: ['nats', 'redis'] });
    drill = await startDrill({
      replicas: { packager: 2, playback: 2 },
      servers: { natsUrl: servers.nats.url, redisUrl: servers.redis.url },
    });
  }, 120_000);
  afterAll(async () => {
    await drill?.stop();
    await servers?.stop();
    await rm(runDir, { recursive: true, force: true });
  }, 90_000);

  it('viewers go on after NATS crashed', async () => {
    await crashServer(drill, servers.handles.nats, DOWN_MS);
    expect(drill.witness.faults()).toEqual([]);
  }, 90_000);

  it('viewers go on after Redis crashed, which keeps nothing', async () => {
    await crashServer(drill, servers.handles.redis, DOWN_MS);
    expect(drill.witness.faults()).toEqual([]);
  }, 90_000);

  it('viewers go on after FLUSHALL', async () => {
    await drill.goesOn(() => flushRedis(servers.redis.url));
    expect(drill.witness.faults()).toEqual([]);
  }, 60_000);

  it('one stream all along: numbers, bytes and hash chain agree in MEDIA, journal, window and what viewers got', async () => {
    const audits = await drill.finish();
    expect(audits).toHaveLength(2);
    expect(audits.flatMap(({ faults }) => faults)).toEqual([]);
    expect(drill.witness.faults()).toEqual([]);
    for (const { journal } of audits) expect(new Set(journal.map(({ epoch }) => epoch))).toEqual(new Set([0]));
  }, 60_000);
});
