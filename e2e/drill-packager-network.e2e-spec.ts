import { startDrill, type Drill } from './support/drill.ts';
import { loseNetwork, type Loss } from './support/faults.ts';
import type { BackendName } from './support/replica.ts';

/** Longer than a lease and than the time-outs of the clients. */
const LOST_MS = 5000;

/** The packager at work loses one of its networks; the other packager has all of its own. */
describe('network loss of the packager at work', () => {
  let drill: Drill;
  beforeAll(async () => {
    drill = await startDrill({ replicas: { packager: 2, playback: 2 }, gated: true });
  }, 90_000);
  afterAll(() => drill?.stop(), 60_000);

  it.each<[BackendName, Loss]>([
    ['nats', 'shut'],
    ['nats', 'silence'],
    ['redis', 'shut'],
    ['redis', 'silence'],
  ])(
    'viewers go on without its %s (%s), and after it is back',
    async (backend, loss) => {
      const replica = await drill.holder('packager');
      await loseNetwork(drill, { service: 'packager', backend, loss, replica, forMs: LOST_MS });
      expect(drill.witness.faults()).toEqual([]);
    },
    90_000,
  );

  it('one stream all along: numbers, bytes and hash chain agree in MEDIA, journal, window and what viewers got', async () => {
    const audits = await drill.finish();
    expect(audits).toHaveLength(2);
    expect(audits.flatMap(({ faults }) => faults)).toEqual([]);
    expect(drill.witness.faults()).toEqual([]);
    expect(drill.witness.longestPauseMs()).toBeLessThan(20_000);
  }, 60_000);
});
