import type { OnModuleDestroy } from '@nestjs/common';
import type { z } from 'zod';
import {
  broadcastsBucket,
  callsBucket,
  liveInputsBucket,
  type BroadcastRow,
  type CallCommit,
  type CallState,
} from '#shared/contracts';
import { KvConflictError, type Bus, type KvTable } from '#shared/messaging';
import { activeBroadcast } from '../domain/call-state.ts';
import { cidOf } from '../domain/call-view.ts';
import { liveInputOfCall } from '../domain/live-input.ts';
import { CallProjections } from '../ports.ts';

const MAX_ATTEMPTS = 8;
const RANK: Readonly<Record<BroadcastRow['state'], number>> = { starting: 0, running: 1, stopped: 2, failed: 2 };

/** The buckets `calls`, `broadcasts` and, for the input a call was made with, `live_inputs`. */
export class KvCallProjections extends CallProjections implements OnModuleDestroy {
  readonly #active = new Map<string, CallState>();
  #stopWatch: () => void = () => undefined;

  private constructor(
    private readonly tables: {
      calls: KvTable<(typeof callsBucket)['row']>;
      broadcasts: KvTable<(typeof broadcastsBucket)['row']>;
      liveInputs: KvTable<(typeof liveInputsBucket)['row']>;
    },
  ) {
    super();
  }

  /** Opens the buckets; resolves once every active call is in memory. */
  static async open(this: void, bus: Bus): Promise<KvCallProjections> {
    const [calls, broadcasts, liveInputs] = await Promise.all([
      bus.table(callsBucket),
      bus.table(broadcastsBucket),
      bus.table(liveInputsBucket),
    ]);
    const projections = new KvCallProjections({ calls, broadcasts, liveInputs });
    const watch = await calls.watch((callKey, row) => projections.#observe(callKey, row?.value));
    projections.#stopWatch = () => watch.stop();
    await watch.ready;
    return projections;
  }

  onModuleDestroy(): void {
    this.#stopWatch();
  }

  override active(): CallState[] {
    return [...this.#active.values()];
  }

  override async project(commit: CallCommit): Promise<void> {
    const { state } = commit;
    for (const event of commit.events) {
      if (event.fact === 'call_created') {
        const row = liveInputOfCall(event);
        // Only made when absent: afterwards the row belongs to the control plane.
        await advance(this.tables.liveInputs, row.id, { value: row, isNewer: () => false });
      }
    }
    const row = broadcastRowOf(state);
    if (row !== undefined) {
      const isNewer = (before: BroadcastRow): boolean => RANK[row.state] > RANK[before.state];
      await advance(this.tables.broadcasts, row.id, { value: row, isNewer });
    }
    const isNewer = (before: CallState): boolean => state.version > before.version;
    await advance(this.tables.calls, state.callKey, { value: state, isNewer });
  }

  #observe(callKey: string, state: CallState | undefined): void {
    if (state !== undefined && activeBroadcast(state) !== undefined) this.#active.set(callKey, state);
    else this.#active.delete(callKey);
  }
}

function broadcastRowOf(state: CallState): BroadcastRow | undefined {
  const { broadcast } = state;
  if (broadcast === undefined) return undefined;
  return {
    id: broadcast.id,
    callCid: cidOf(state),
    inputId: state.inputId,
    state: broadcast.state === 'cancelled' ? 'stopped' : broadcast.state,
    startEpochMs: broadcast.startEpochMs,
    ...(broadcast.endEpochMs === undefined ? {} : { endEpochMs: broadcast.endEpochMs }),
  };
}

/** Writes a row that is absent or older than the new one; several writers end with the newest. */
async function advance<S extends z.ZodType>(
  table: KvTable<S>,
  key: string,
  next: { value: z.output<S>; isNewer(before: z.output<S>): boolean },
): Promise<void> {
  for (let attempt = 1; ; attempt += 1) {
    const before = await table.get(key);
    if (before !== undefined && !next.isNewer(before.value)) return;
    try {
      if (before === undefined) await table.create(key, next.value);
      else await table.update(key, next.value, before.revision);
      return;
    } catch (error) {
      if (!(error instanceof KvConflictError) || attempt === MAX_ATTEMPTS) throw error;
    }
  }
}
