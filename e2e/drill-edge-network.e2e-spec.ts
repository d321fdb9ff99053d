import { setTimeout as sleep } from 'node:timers/promises';
import { startDrill, type Drill } from './support/drill.ts';
import { loseNetwork, type Loss } from './support/faults.ts';
import type { ServiceName } from './support/origin.ts';
import type { BackendName } from './support/replica.ts';

/** Longer than the time-outs of the clients. */
const LOST_MS = 4000;
/** A node without the bus reads Redis again every 2 s. */
const STALE_MS = 4000;

/** One process of each door loses one of its networks; encoder and viewers have the other process. The archive has one process only. */
describe('network loss at the doors and of the archive', () => {
  let drill: Drill;
  beforeAll(async () => {
    drill = await startDrill({ replicas: { ingest: 2, playback: 2 }, gated: true, staleMs: STALE_MS });
  }, 90_000);
  afterAll(() => drill?.stop(), 60_000);

  it.each<[ServiceName, BackendName, Loss]>([
    ['playback', 'nats', 'shut'],
    ['playback', 'nats', 'silence'],
    ['playback', 'redis', 'shut'],
    ['playback', 'redis', 'silence'],
    ['ingest', 'nats', 'shut'],
    ['ingest', 'nats', 'silence'],
  ])(
    'encoder and viewers go on when a %s loses %s (%s), and after it is back',
    async (service, backend, loss) => {
      await loseNetwork(drill, { service, backend, loss, forMs: LOST_MS });
      expect(drill.witness.faults()).toEqual([]);
    },
    90_000,
  );

  it('viewers notice nothing of what timeshift loses', async () => {
    await drill.goesOn(async () => {
      for (const backend of ['s3', 'nats', 'redis'] as const) {
        const gate = drill.origin.gate('timeshift', backend);
        gate.shut();
        await sleep(500);
        gate.silence();
        await sleep(LOST_MS);
        gate.open();
      }
    }, 1);
    expect(drill.witness.faults()).toEqual([]);
  }, 60_000);

  it('one stream all along: numbers, bytes and hash chain agree in MEDIA, journal, window and what viewers got', async () => {
    const audits = await drill.finish();
    expect(audits).toHaveLength(2);
    expect(audits.flatMap(({ faults }) => faults)).toEqual([]);
    expect(drill.witness.faults()).toEqual([]);
    for (const { journal } of audits) expect(new Set(journal.map(({ epoch }) => epoch))).toEqual(new Set([0]));
  }, 60_000);

  it('the archive has every segment', () => drill.archived(), 60_000);
});
