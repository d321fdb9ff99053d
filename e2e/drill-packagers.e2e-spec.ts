import { startDrill, type Drill } from './support/drill.ts';
import { killPackager, suspendPackager } from './support/faults.ts';

/** Two packagers share the partitions; the other takes over within the lease. */
describe('the packager at work dies or sleeps during a live push', () => {
  let drill: Drill;
  beforeAll(async () => {
    drill = await startDrill({ replicas: { packager: 2, playback: 2 } });
  }, 90_000);
  afterAll(() => drill?.stop(), 60_000);

  it.each(['first', 'second'])(
    'viewers go on after a kill -9 of the one at work, the %s time',
    () => killPackager(drill),
    90_000,
  );

  it('viewers go on while it sleeps; it writes nothing when it wakes up, and is of use again', async () => {
    await suspendPackager(drill);
    await killPackager(drill);
  }, 90_000);

  it('one stream all along: numbers, bytes and hash chain agree in MEDIA, journal, window and what viewers got', async () => {
    const audits = await drill.finish();
    expect(audits).toHaveLength(2);
    expect(audits.flatMap(({ faults }) => faults)).toEqual([]);
    expect(drill.witness.faults()).toEqual([]);
    for (const { journal } of audits) {
      expect(new Set(journal.map(({ fence }) => fence)).size).toBeGreaterThanOrEqual(5);
      expect(new Set(journal.map(({ epoch }) => epoch))).toEqual(new Set([0]));
    }
  }, 60_000);
});
