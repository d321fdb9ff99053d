import type { PartitionHolder } from '#shared/messaging';
import type { TimelineIndex } from '#shared/timeline-index';
import type { ArchiveMetrics } from './archive-metrics.ts';
import { ArchivedTracks } from './archived-tracks.ts';
import { PartitionArchiver, type PartitionArchiverOptions } from './partition-archiver.ts';

/** What every partition's archiver shares, and where its figures go. */
export type PartitionWorkersOptions = Omit<PartitionArchiverOptions, 'partition' | 'fence' | 'tracks'> & {
  readonly index: TimelineIndex;
  readonly metrics: ArchiveMetrics;
};

const LAG_EVERY_MS = 1000;

/** One archiver per partition that this process holds the lease of. */
export class PartitionWorkers implements PartitionHolder {
  readonly #options: PartitionWorkersOptions;
  readonly #archivers = new Map<number, PartitionArchiver>();
  readonly #timer: NodeJS.Timeout;

  constructor(options: PartitionWorkersOptions) {
    this.#options = options;
    this.#timer = setInterval(() => this.#showLag(), LAG_EVERY_MS).unref();
  }

  async start(partition: number, fence: number): Promise<void> {
    const { index, service } = this.#options;
    const tracks = new ArchivedTracks(index, service);
    const archiver = new PartitionArchiver({ ...this.#options, partition, fence, tracks });
    this.#archivers.set(partition, archiver);
    archiver.start();
    this.#options.logger.log('partition.taken', { partition, fence });
  }

  async stop(partition: number): Promise<void> {
    const archiver = this.#archivers.get(partition);
    this.#archivers.delete(partition);
    await archiver?.stop();
    this.#options.metrics.lagSeconds.remove({ partition: String(partition) });
    this.#options.logger.log('partition.given_back', { partition });
  }

  /** Whether this process looks after a partition now. */
  holds(partition: number): boolean {
    return this.#archivers.has(partition);
  }

  /** Ends the figures; the partitions are given back through their leases. */
  close(): void {
    clearInterval(this.#timer);
  }

  #showLag(): void {
    for (const [partition, archiver] of this.#archivers)
      this.#options.metrics.lagSeconds.set({ partition: String(partition) }, archiver.lagMs() / 1000);
  }
}
