import { startDrill, type Drill } from './support/drill.ts';
import { rollService } from './support/faults.ts';
import { TWO_OF_EACH, type ServiceName } from './support/origin.ts';

/** Two of every service, each request at a random node, no stickiness: one consistent stream, while all ten are redeployed one by one. */
describe('two of everything', () => {
  let drill: Drill;
  beforeAll(async () => {
    drill = await startDrill({ replicas: TWO_OF_EACH });
  }, 90_000);
  afterAll(() => drill?.stop(), 60_000);

  it.each<ServiceName>(['ingest', 'packager', 'playback', 'timeshift', 'broadcast'])(
    'viewers go on while both processes of %s are redeployed, one after the other',
    async (service) => {
      await rollService(drill, service);
      expect(drill.witness.faults()).toEqual([]);
    },
    90_000,
  );

  it('one stream all along: numbers, bytes and hash chain agree in MEDIA, journal, window and what viewers got', async () => {
    const audits = await drill.finish();
    expect(audits).toHaveLength(2);
    expect(audits.flatMap(({ faults }) => faults)).toEqual([]);
    expect(drill.witness.faults()).toEqual([]);
    expect(drill.witness.blockedAnswers()).toBeGreaterThan(50);
    for (const { journal } of audits) expect(new Set(journal.map(({ epoch }) => epoch))).toEqual(new Set([0]));
  }, 60_000);

  it('the archive has every segment', () => drill.archived(), 60_000);
});
