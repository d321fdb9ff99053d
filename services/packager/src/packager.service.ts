import { randomUUID } from 'node:crypto';
import type { BeforeApplicationShutdown, OnApplicationBootstrap } from '@nestjs/common';
import { partitionOf, type Archived, type leasesBucket } from '#shared/contracts';
import { PartitionLeases, type KvTable, type PartitionHolder } from '#shared/messaging';
import type { PackagerContext } from './packager-context.ts';
import { PartitionPackager } from './partition-packager.ts';

/** What the service must know of its leases. */
export class PackagerLeaseOptions {
  readonly table: KvTable<(typeof leasesBucket)['row']>;
  readonly partitions: number;
  readonly termMs: number;

  constructor(options: { table: KvTable<(typeof leasesBucket)['row']>; partitions: number; termMs: number }) {
    this.table = options.table;
    this.partitions = options.partitions;
    this.termMs = options.termMs;
  }
}

/**
 * The packager: holds its share of the partitions, and for each one turns the chunks of MEDIA into journal records,
 * the live window and its facts (see {@link PartitionPackager} for the flow of one partition).
 */
export class PackagerService implements PartitionHolder, OnApplicationBootstrap, BeforeApplicationShutdown {
  readonly #context: PackagerContext;
  readonly #partitionCount: number;
  readonly #leases: PartitionLeases;
  readonly #packagers = new Map<number, PartitionPackager>();
  #hasStarted = false;

  constructor(context: PackagerContext, options: PackagerLeaseOptions) {
    this.#context = context;
    this.#partitionCount = options.partitions;
    this.#leases = new PartitionLeases({
      table: options.table,
      partitions: options.partitions,
      termMs: options.termMs,
      role: 'packager',
      holder: randomUUID(),
      work: this,
      onError: (error) => context.logger.warn('leases.failed', { error: String(error) }),
    });
  }

  async onApplicationBootstrap(): Promise<void> {
    await this.#leases.start();
    this.#hasStarted = true;
  }

  async beforeApplicationShutdown(): Promise<void> {
    await this.#leases.stop();
  }

  /** Whether it takes part in the sharing of partitions. */
  isReady(): boolean {
    return this.#hasStarted;
  }

  start(partition: number, fence: number): Promise<void> {
    const isHeld = (): boolean => this.#leases.held().get(partition) === fence;
    const packager = new PartitionPackager(this.#context, { partition, fence, isHeld });
    this.#packagers.set(partition, packager);
    packager.start();
    this.#changed('partition.taken', partition);
    return Promise.resolve();
  }

  async stop(partition: number): Promise<void> {
    await this.#packagers.get(partition)?.stop();
    this.#packagers.delete(partition);
    this.#changed('partition.left', partition);
  }

  /** The archive holds a track durably through a segment: the window need not. */
  archived(event: Archived): void {
    this.#packagers.get(partitionOf(event.inputId, this.#partitionCount))?.archived(event);
  }

  #changed(event: string, partition: number): void {
    this.#context.metrics.partitionsHeld.set(this.#packagers.size);
    this.#context.logger.log(event, { partition });
  }
}
