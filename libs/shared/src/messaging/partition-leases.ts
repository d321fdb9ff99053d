import type { z } from 'zod';
import type { Lease, leasesBucket } from '../contracts/index.ts';
import { KvConflictError } from './bus-errors.ts';
import type { KvRow, KvTable } from './kv-table.ts';

type LeaseRow = z.output<typeof Lease>;

/** Work on one partition. `start` begins it under a fencing token; `stop` resolves only when nothing writes any more. */
export interface PartitionHolder {
  start(partition: number, fence: number): Promise<void>;
  stop(partition: number): Promise<void>;
}

interface Held {
  readonly fence: number;
  revision: number;
  renewals: number;
  renewedAtMs: number;
}

interface Seen {
  readonly row: KvRow<LeaseRow>;
  readonly atMs: number;
}

/**
 * Spreads the partitions of one role over the processes that ask for them.
 * A row that did not move for a whole term is free, by this process's own clock, or by the server's for rows that were there before it:
 * clocks of two machines are never compared.
 */
export class PartitionLeases {
  readonly #held = new Map<number, Held>();
  readonly #seen = new Map<string, Seen>();
  #stopWatch: () => void = () => undefined;
  #timer: NodeJS.Timeout | undefined;
  #round: Promise<void> = Promise.resolve();
  #isRoundDue = false;
  #stopped = false;
  #presenceBeats = 0;

  constructor(
    private readonly options: {
      table: KvTable<(typeof leasesBucket)['row']>;
      role: string;
      holder: string;
      partitions: number;
      termMs: number;
      work: PartitionHolder;
      onError: (error: unknown) => void;
    },
  ) {}

  /** Begins to take and renew; the first round has run when it resolves. */
  async start(): Promise<void> {
    await this.#showPresence().catch(this.options.onError);
    const watch = await this.options.table.watch((key, row) => this.#observe(key, row));
    this.#stopWatch = () => watch.stop();
    await watch.ready;
    this.#forgetTheDead();
    await this.#runRound();
    this.#timer = setInterval(() => this.#scheduleRound(), this.options.termMs / 4);
  }

  /** Stops the work, then gives every partition back at once, so that a successor need not wait for the term. */
  async stop(): Promise<void> {
    this.#stopped = true;
    clearInterval(this.#timer);
    await this.#round;
    await Promise.all([...this.#held.keys()].map((partition) => this.#release(partition)));
    await this.options.table.delete(this.#memberKey()).catch(this.options.onError);
    this.#stopWatch();
  }

  /** Partitions held now with their fencing tokens. */
  held(): ReadonlyMap<number, number> {
    return new Map([...this.#held].map(([partition, held]) => [partition, held.fence]));
  }

  #observe(key: string, row: KvRow<LeaseRow> | undefined): void {
    if (row === undefined) this.#seen.delete(key);
    else this.#seen.set(key, { row, atMs: performance.now() });
    // Somebody left or gave something back: nobody should have to wait for it. Before the timer runs, start has its own round.
    const isHandover = row === undefined || row.value.released;
    if (isHandover && this.#timer !== undefined && key.startsWith(`${this.options.role}.`)) this.#scheduleRound();
  }

  /** Processes that were killed leave their rows: they must not count as living for a term just because this one has only now heard of them. */
  #forgetTheDead(): void {
    const own = this.#seen.get(this.#memberKey());
    if (own === undefined) return;
    for (const [key, { row }] of this.#seen) {
      if (own.row.storedAtMs - row.storedAtMs > this.options.termMs) this.#seen.set(key, { row, atMs: -Infinity });
    }
  }

  #scheduleRound(): void {
    if (this.#isRoundDue) return;
    this.#isRoundDue = true;
    this.#round = this.#round.then(() => {
      this.#isRoundDue = false;
      return this.#runRound();
    });
  }

  async #runRound(): Promise<void> {
    if (this.#stopped) return;
    try {
      await this.#showPresence();
      await this.#renewAll();
      const members = this.#liveMembers();
      const fairShare = Math.ceil(this.options.partitions / members);
      for (const partition of [...this.#held.keys()].slice(fairShare)) await this.#release(partition);
      for (let partition = 0; partition < this.options.partitions && this.#held.size < fairShare; partition += 1) {
        if (!this.#held.has(partition) && this.#isFree(this.#key(partition))) await this.#tryTake(partition);
      }
    } catch (error) {
      this.options.onError(error);
      await this.#dropOverdue();
    }
  }

  async #showPresence(): Promise<void> {
    this.#presenceBeats += 1;
    const { holder } = this.options;
    await this.options.table.put(this.#memberKey(), {
      holder,
      fence: 0,
      renewals: this.#presenceBeats,
      released: false,
    });
  }

  /** All at once: they then share the writes and reads of the connection, and none waits for the others. */
  async #renewAll(): Promise<void> {
    const renewals = await Promise.allSettled([...this.#held].map((entry) => this.#renew(...entry)));
    const failure = renewals.find((renewal) => renewal.status === 'rejected');
    if (failure !== undefined) throw failure.reason;
  }

  async #renew(partition: number, held: Held): Promise<void> {
    held.renewals += 1;
    try {
      held.revision = await this.options.table.update(this.#key(partition), this.#rowOf(held), held.revision);
      held.renewedAtMs = performance.now();
    } catch (error) {
      if (!(error instanceof KvConflictError)) throw error;
      await this.#lose(partition);
    }
  }

  #liveMembers(): number {
    const prefix = `${this.options.role}.member-`;
    const others = [...this.#seen.keys()].filter(
      (key) => key.startsWith(prefix) && key !== this.#memberKey() && !this.#isFree(key),
    );
    return others.length + 1;
  }

  #isFree(key: string): boolean {
    const seen = this.#seen.get(key);
    return seen === undefined || seen.row.value.released || performance.now() - seen.atMs > this.options.termMs;
  }

  async #tryTake(partition: number): Promise<void> {
    const key = this.#key(partition);
    const before = this.#seen.get(key)?.row;
    // The wall clock keeps tokens rising even when the bucket itself was lost.
    const fence = Math.max((before?.value.fence ?? 0) + 1, Date.now());
    const held: Held = { fence, revision: 0, renewals: 0, renewedAtMs: performance.now() };
    try {
      held.revision =
        before === undefined
          ? await this.options.table.create(key, this.#rowOf(held))
          : await this.options.table.update(key, this.#rowOf(held), before.revision);
    } catch (error) {
      if (error instanceof KvConflictError) return;
      throw error;
    }
    this.#held.set(partition, held);
    await this.options.work.start(partition, fence);
  }

  async #release(partition: number): Promise<void> {
    const held = this.#held.get(partition);
    if (held === undefined) return;
    await this.#lose(partition);
    await this.options.table
      .update(this.#key(partition), { ...this.#rowOf(held), released: true }, held.revision)
      .catch(this.options.onError);
  }

  async #lose(partition: number): Promise<void> {
    this.#held.delete(partition);
    await this.options.work.stop(partition);
  }

  /** The bus is away: what could not be renewed for a term may already belong to another. */
  async #dropOverdue(): Promise<void> {
    for (const [partition, held] of this.#held) {
      if (performance.now() - held.renewedAtMs > this.options.termMs) await this.#lose(partition);
    }
  }

  #rowOf(held: Held): LeaseRow {
    return { holder: this.options.holder, fence: held.fence, renewals: held.renewals, released: false };
  }

  #key(partition: number): string {
    return `${this.options.role}.${partition}`;
  }

  #memberKey(): string {
    return `${this.options.role}.member-${this.options.holder}`;
  }
}
