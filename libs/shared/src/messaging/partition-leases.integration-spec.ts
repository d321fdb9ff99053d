import { randomBytes } from 'node:crypto';
import { leasesBucket } from '../contracts/index.ts';
import { backendsFromEnvironment, eventually } from '../testing/index.ts';
import { connectBus, PartitionLeases, type Bus } from './index.ts';

const options = { ...backendsFromEnvironment(), BUS_REPLICAS: 1, MEDIA_MAX_AGE_SEC: 900, MEDIA_MAX_BYTES: 268_435_456 };
const PARTITIONS = 4;
const TERM_MS = 600;

interface Process {
  readonly leases: PartitionLeases;
  readonly working: Map<number, number>;
  readonly bus: Bus;
}

describe('partition leases', () => {
  const role = `spec${randomBytes(4).toString('hex')}`;
  const processes: Process[] = [];

  const join = async (holder: string, as = { role, termMs: TERM_MS }): Promise<Process> => {
    const bus = await connectBus(holder, options);
    const working = new Map<number, number>();
    const leases = new PartitionLeases({
      table: await bus.table(leasesBucket),
      ...as,
      holder,
      partitions: PARTITIONS,
      work: {
        start: async (partition, fence) => void working.set(partition, fence),
        stop: async (partition) => void working.delete(partition),
      },
      onError: () => undefined,
    });
    await leases.start();
    const process = { leases, working, bus };
    processes.push(process);
    return process;
  };

  afterAll(async () => {
    for (const { leases, bus } of processes) {
      await leases.stop();
      await bus.close();
    }
  });

  it('one process holds all, two share evenly, a killed one is succeeded under higher tokens', async () => {
    const a = await join('a');
    await eventually(() => a.working.size === PARTITIONS, { what: 'a holds all' });

    const b = await join('b');
    await eventually(() => a.working.size === 2 && b.working.size === 2, { what: 'a and b share' });
    expect(new Set([...a.working.keys(), ...b.working.keys()]).size).toBe(PARTITIONS);

    const before = new Map([...a.working, ...b.working]);
    await b.bus.connection.close();
    await eventually(() => a.working.size === PARTITIONS, { what: 'a takes over from the lost b' });
    await eventually(() => b.working.size === 0, { what: 'the lost b stops working by itself' });
    for (const [partition, fence] of a.working) expect(fence).toBeGreaterThanOrEqual(before.get(partition) ?? 0);
    const taken = [...a.working].filter(([partition, fence]) => fence > (before.get(partition) ?? 0));
    expect(taken.length).toBeGreaterThanOrEqual(2);
  });

  it('a process that leaves gives its partitions back at once', async () => {
    const [a] = processes;
    const c = await join('c');
    await eventually(() => c.working.size === 2, { what: 'c holds its share' });
    await c.leases.stop();
    await eventually(() => a?.working.size === PARTITIONS, {
      withinMs: TERM_MS,
      what: 'a holds all again within one term',
    });
  });

  it('a process that starts after a crash takes at once what nobody renewed for a term', async () => {
    const crashed = await join('crashed', { role: `${role}-crash`, termMs: 1500 });
    expect(crashed.working.size).toBe(PARTITIONS);
    const table = await processes[0]!.bus.table(leasesBucket);
    await crashed.bus.connection.close();
    await eventually(async () => Date.now() - (await table.get(`${role}-crash.0`))!.storedAtMs > 1600, {
      what: 'the rows of the crashed one are old',
    });
    const next = await join('next', { role: `${role}-crash`, termMs: 1500 });
    expect(next.working.size).toBe(PARTITIONS);
  });

  it('what is given back is taken at once, not at the next renewal', async () => {
    const termMs = 8000;
    const stays = await join('stays', { role: `${role}-long`, termMs });
    const leaves = await join('leaves', { role: `${role}-long`, termMs });
    await eventually(() => leaves.working.size === 2, { what: 'both share', withinMs: termMs });
    await leaves.leases.stop();
    await eventually(() => stays.working.size === PARTITIONS, { what: 'the other holds all', withinMs: termMs / 8 });
  });
});
