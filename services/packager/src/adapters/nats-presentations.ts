import type { KV } from '@nats-io/kv';
import { initSegmentKey, liveInputsBucket, presentationsBucket, type PresentationNumbers } from '#shared/contracts';
import type { PresentationWishes } from '../domain/presentation-numbers.ts';
import { KvConflictError, type Bus, type KvTable } from '#shared/messaging';
import type { Presentations } from '../ports.ts';

/** Rows of inputs and presentations, and init segments, in JetStream KV. */
export class NatsPresentations implements Presentations {
  readonly #inputs: KvTable<(typeof liveInputsBucket)['row']>;
  readonly #presentations: KvTable<(typeof presentationsBucket)['row']>;
  readonly #initSegments: KV;
  readonly #partTargetMs: number;

  private constructor(parts: {
    inputs: KvTable<(typeof liveInputsBucket)['row']>;
    presentations: KvTable<(typeof presentationsBucket)['row']>;
    initSegments: KV;
    partTargetMs: number;
  }) {
    this.#inputs = parts.inputs;
    this.#presentations = parts.presentations;
    this.#initSegments = parts.initSegments;
    this.#partTargetMs = parts.partTargetMs;
  }

  /** Opens the buckets, making those that are absent. `partTargetMs` is wanted where an input wants none of its own. */
  static async open(bus: Bus, partTargetMs: number): Promise<NatsPresentations> {
    return new NatsPresentations({
      inputs: await bus.table(liveInputsBucket),
      presentations: await bus.table(presentationsBucket),
      initSegments: await bus.initSegments(),
      partTargetMs,
    });
  }

  async load(inputId: string): Promise<{ numbers: PresentationNumbers | undefined; wishes: PresentationWishes }> {
    const [presentation, input] = await Promise.all([this.#presentations.get(inputId), this.#inputs.get(inputId)]);
    const wishes = {
      segmentTargetMs: input?.value.segmentTargetMs,
      partTargetMs: input?.value.partTargetMs ?? this.#partTargetMs,
    };
    return { numbers: presentation?.value, wishes };
  }

  async freeze(inputId: string, numbers: PresentationNumbers): Promise<PresentationNumbers> {
    try {
      await this.#presentations.create(inputId, numbers);
      return numbers;
    } catch (error) {
      if (!(error instanceof KvConflictError)) throw error;
      const row = await this.#presentations.get(inputId);
      return row?.value ?? numbers;
    }
  }

  async initSegment(inputId: string, sha256: string): Promise<Uint8Array | undefined> {
    const entry = await this.#initSegments.get(initSegmentKey(inputId, sha256));
    return entry?.operation === 'PUT' ? entry.value : undefined;
  }
}
