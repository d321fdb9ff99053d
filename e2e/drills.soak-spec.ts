import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { bringUpServers, type Servers } from '../launcher/lib/servers.mjs';
import { startDrill, type Drill } from './support/drill.ts';
import { crashServer, killPackager, loseNetwork, rollService, suspendPackager, type Loss } from './support/faults.ts';
import { TWO_OF_EACH, type ServiceName } from './support/origin.ts';
import { flushRedis } from './support/redis.ts';
import type { BackendName } from './support/replica.ts';

const ROUNDS = 3;
const LOST_MS = 8000;
const MEDIA_SEC = 1800;
const STALE_MS = 4000;

/** Every pair of a service and a backend that it uses. */
const NETWORKS: ReadonlyArray<readonly [ServiceName, BackendName]> = [
  ['ingest', 'nats'],
  ['packager', 'nats'],
  ['packager', 'redis'],
  ['playback', 'nats'],
  ['playback', 'redis'],
  ['timeshift', 'nats'],
  ['timeshift', 'redis'],
  ['timeshift', 's3'],
  ['broadcast', 'nats'],
];

/** The drills of `npm test` again and again on one stream, with every network lost in either way. */
describe('one stream through every drill, three times', () => {
  let runDir: string;
  let servers: Servers;
  let drill: Drill;
  beforeAll(async () => {
    runDir = await mkdtemp(join(tmpdir(), 'headwater-drills-'));
    servers = await bringUpServers({ runDir, basePort: 21_100, which: ['nats', 'redis'] });
    drill = await startDrill({
      replicas: TWO_OF_EACH,
      gated: true,
      mediaSec: MEDIA_SEC,
      // The bus must still have all of it when it is compared.
      settings: { MEDIA_MAX_AGE_SEC: '3600' },
      staleMs: STALE_MS,
      servers: { natsUrl: servers.nats.url, redisUrl: servers.redis.url },
    });
  }, 240_000);
  afterAll(async () => {
    await drill?.stop();
    await servers?.stop();
    await rm(runDir, { recursive: true, force: true });
  }, 120_000);

  const loseEach = async (loss: Loss): Promise<void> => {
    for (const [service, backend] of NETWORKS) {
      const replica = service === 'packager' || service === 'timeshift' ? await drill.holder(service) : 0;
      await loseNetwork(drill, { service, backend, loss, replica, forMs: LOST_MS });
    }
  };

  describe.each(Array.from({ length: ROUNDS }, (_, round) => round + 1))('round %i', () => {
    it.each<[string, () => Promise<void>]>([
      ['kill -9 of the packager at work', () => killPackager(drill)],
      ['SIGSTOP and SIGCONT of the packager at work', () => suspendPackager(drill)],
      ['each network lost by reset', () => loseEach('shut')],
      ['each network lost in silence', () => loseEach('silence')],
      ['a crash of NATS', () => crashServer(drill, servers.handles.nats, 3000)],
      ['a crash of Redis', () => crashServer(drill, servers.handles.redis, 3000)],
      ['FLUSHALL', () => drill.goesOn(() => flushRedis(servers.redis.url))],
      [
        'a redeploy of everything',
        async () => {
          for (const service of Object.keys(TWO_OF_EACH) as ServiceName[]) await rollService(drill, service);
        },
      ],
    ])(
      'viewers go on through %s',
      async (_, run) => {
        await run();
        expect(drill.witness.faults()).toEqual([]);
      },
      400_000,
    );
  });

  it('one stream all along: numbers, bytes and hash chain agree in MEDIA, journal, window and what viewers got', async () => {
    const audits = await drill.finish();
    expect(audits).toHaveLength(2);
    expect(audits.flatMap(({ faults }) => faults)).toEqual([]);
    expect(drill.witness.faults()).toEqual([]);
    for (const { journal } of audits) expect(new Set(journal.map(({ epoch }) => epoch))).toEqual(new Set([0]));
  }, 120_000);

  it('the archive has every segment', () => drill.archived(), 120_000);
});
