import type { LoggerService } from '@nestjs/common';
import type { SegmentEntry } from '#timeline';
import { hourOf, isGap } from '#timeline';
import { initObjectKey, type ObjectStore, type StoredObject } from '#shared/object-store';
import type { TimelineIndex } from '#shared/timeline-index';
import type { ArchiveMetrics } from './archive-metrics.ts';
import { readTrailer } from './archive-reader.ts';
import { initFolder, mediaFolder, mediaRoot, parseArchiveKey, REBUILD_FENCE } from './domain/archive-key.ts';
import { isHourExpired, isObjectExpired, orphansOf, retainedFromMs } from './domain/retention.ts';
import type { RetentionRules } from './ports.ts';

const REMOVED_AT_ONCE = 100;
const REMOVED_PER_SWEEP = 5000;
const AUDIT_EVERY_MS = 86_400_000;
/** An object younger than this may still be on its way into the index. */
const ORPHAN_AGE_MS = 3_600_000;

/** What the sweeper works with. */
export interface RetentionSweeperOptions {
  readonly store: ObjectStore;
  readonly index: TimelineIndex;
  readonly rules: RetentionRules;
  readonly metrics: ArchiveMetrics;
  readonly logger: LoggerService;
  readonly graceMs: number;
  /** Whether this process looks after an input. */
  readonly isOurs: (inputId: string) => boolean;
}

/**
 * Removes what is older than its input's retention: first the hours that lists are made of, then, after a grace, the bytes.
 * Once a day per input it also looks at objects that no hour refers to: what they hold is indexed or, when it already is, they go.
 */
export class RetentionSweeper {
  readonly #options: RetentionSweeperOptions;
  readonly #auditedAtMs = new Map<string, number>();

  constructor(options: RetentionSweeperOptions) {
    this.#options = options;
  }

  /** One round over the inputs of this process; an input that fails does not hold up the others. */
  async sweep(nowMs: number): Promise<void> {
    for (const inputId of await this.#inputs()) {
      try {
        await this.#sweepInput(inputId, nowMs);
      } catch (error) {
        this.#options.logger.warn('retention.sweep_failed', { inputId, reason: String(error) });
      }
    }
  }

  async #inputs(): Promise<Set<string>> {
    const { store, index, isOurs } = this.#options;
    const inputs = new Set<string>();
    for await (const inputId of index.inputs()) if (isOurs(inputId)) inputs.add(inputId);
    for await (const folder of store.folders(mediaRoot)) {
      const inputId = folder.slice(mediaRoot.length, -1);
      if (isOurs(inputId)) inputs.add(inputId);
    }
    for (const inputId of this.#auditedAtMs.keys()) if (!inputs.has(inputId)) this.#auditedAtMs.delete(inputId);
    return inputs;
  }

  async #sweepInput(inputId: string, nowMs: number): Promise<void> {
    const retainedFrom = retainedFromMs(nowMs, this.#options.rules.retentionDays(inputId));
    await this.#dropHours(inputId, retainedFrom);
    await this.#removeExpired(inputId, retainedFrom);
    if (nowMs - (this.#auditedAtMs.get(inputId) ?? -Infinity) < AUDIT_EVERY_MS) return;
    await this.#audit(inputId, { retainedFrom, writtenBeforeMs: nowMs - ORPHAN_AGE_MS });
    this.#auditedAtMs.set(inputId, nowMs);
  }

  async #dropHours(inputId: string, retainedFrom: number): Promise<void> {
    for (const hour of await this.#options.index.durableHours(inputId)) {
      // Ascending: the first that stays is followed by those that stay.
      if (!isHourExpired(hour, retainedFrom)) return;
      await this.#options.index.drop(inputId, hour);
      this.#options.logger.log('retention.hour_dropped', { inputId, hour });
    }
  }

  async #removeExpired(inputId: string, retainedFrom: number): Promise<void> {
    const expired: string[] = [];
    for await (const { key } of this.#options.store.list(mediaFolder(inputId))) {
      // Keys ascend with time.
      if (!isObjectExpired(key, retainedFrom, this.#options.graceMs) || expired.length >= REMOVED_PER_SWEEP) break;
      expired.push(key);
    }
    await this.#remove(inputId, expired, 'expired');
  }

  /** Objects are listed before the index is read: what is indexed meanwhile then counts as referenced. */
  async #audit(inputId: string, bounds: { retainedFrom: number; writtenBeforeMs: number }): Promise<void> {
    const media = await collect(this.#options.store.list(mediaFolder(inputId)));
    const inits = await collect(this.#options.store.list(initFolder(inputId)));
    const referenced = await this.#referencedKeys(inputId);
    const duplicates: string[] = [];
    for (const orphan of orphansOf(media, referenced, bounds.writtenBeforeMs)) {
      // What is about to expire is no orphan: its hour was dropped on purpose.
      if (startOf(orphan.key) < bounds.retainedFrom) continue;
      const rows = await this.#adopt(inputId, orphan);
      if (rows.length === 0) duplicates.push(orphan.key);
      for (const row of rows) referenced.add(initObjectKey(inputId, row.initSha256));
    }
    const unusedInits = orphansOf(inits, referenced, bounds.writtenBeforeMs).map(({ key }) => key);
    await this.#remove(inputId, [...duplicates, ...unusedInits], 'orphan');
  }

  /** Indexes what only this object holds, as after a lost index or a crash; gives those rows. */
  async #adopt(inputId: string, object: StoredObject): Promise<SegmentEntry[]> {
    const { rows } = await readTrailer(this.#options.store, object);
    const missing: SegmentEntry[] = [];
    for (const hour of new Set(rows.map((row) => hourOf(row.startEpochMs)))) {
      const indexed = (await this.#options.index.durableRows(inputId, hour)).filter((row) => !isGap(row));
      const known = new Set(indexed.map(identityOf));
      missing.push(
        ...rows.filter((row) => hourOf(row.startEpochMs) === hour && !isGap(row) && !known.has(identityOf(row))),
      );
    }
    if (missing.length === 0) return [];
    await this.#options.index.append(inputId, REBUILD_FENCE, missing);
    this.#options.logger.warn('retention.object_indexed_again', { key: object.key, segments: missing.length });
    return missing;
  }

  async #referencedKeys(inputId: string): Promise<Set<string>> {
    const keys = new Set<string>();
    for (const hour of await this.#options.index.durableHours(inputId)) {
      for (const row of await this.#options.index.durableRows(inputId, hour)) {
        keys.add(row.objectKey);
        keys.add(initObjectKey(inputId, row.initSha256));
      }
    }
    return keys;
  }

  async #remove(inputId: string, keys: readonly string[], cause: 'expired' | 'orphan'): Promise<void> {
    for (let at = 0; at < keys.length; at += REMOVED_AT_ONCE) {
      const batch = keys.slice(at, at + REMOVED_AT_ONCE);
      await this.#options.store.remove(batch);
      this.#options.metrics.removedObjects.inc(batch.length);
    }
    if (keys.length > 0) this.#options.logger.log('retention.objects_removed', { inputId, cause, count: keys.length });
  }
}

const identityOf = ({ trackId, mediaSequence }: SegmentEntry): string => `${trackId}/${mediaSequence}`;

const startOf = (key: string): number => parseArchiveKey(key)?.firstStartMs ?? -Infinity;

async function collect(objects: AsyncIterable<StoredObject>): Promise<StoredObject[]> {
  const all: StoredObject[] = [];
  for await (const object of objects) all.push(object);
  return all;
}
