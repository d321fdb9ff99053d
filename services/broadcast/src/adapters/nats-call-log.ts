import type { z } from 'zod';
import { CallCommit, callEventSubject, EVENTS_STREAM, callsBucket } from '#shared/contracts';
import { KvConflictError, publishFact, type Bus, type KvTable } from '#shared/messaging';
import { CallLog, type LoadedCall } from '../ports.ts';

/** Commits of calls on EVENTS, one subject per call. */
export class NatsCallLog extends CallLog {
  private constructor(
    private readonly bus: Bus,
    private readonly calls: KvTable<(typeof callsBucket)['row']>,
  ) {
    super();
  }

  static async open(this: void, bus: Bus): Promise<NatsCallLog> {
    return new NatsCallLog(bus, await bus.table(callsBucket));
  }

  override async load(callKey: string): Promise<LoadedCall | undefined> {
    const newest = await this.#newest(callKey);
    if (newest !== undefined) return { state: newest.commit.state, sequence: newest.sequence };
    // Facts age out of the stream; the row they left is then the truth.
    const row = await this.calls.get(callKey);
    return row === undefined ? undefined : { state: row.value, sequence: 0 };
  }

  override async append(commit: CallCommit, expectedSequence: number): Promise<boolean> {
    const { callKey } = commit.state;
    try {
      await publishFact(this.bus, callEventSubject.format({ callKey }), encode(commit), {
        expectedLastSequence: expectedSequence,
      });
      return true;
    } catch (error) {
      // A publish whose answer was lost may have been taken; only the stream knows.
      const newest = await this.#newest(callKey);
      if (newest?.commit.commitId === commit.commitId) return true;
      if (error instanceof KvConflictError) return false;
      throw error;
    }
  }

  async #newest(callKey: string): Promise<{ commit: CallCommit; sequence: number } | undefined> {
    const message = await this.bus.manager.streams.getMessage(EVENTS_STREAM, {
      last_by_subj: callEventSubject.format({ callKey }),
    });
    return message === null ? undefined : { commit: CallCommit.parse(message.json()), sequence: message.seq };
  }
}

const encode = (commit: CallCommit): z.input<typeof CallCommit> => CallCommit.encode(commit);
