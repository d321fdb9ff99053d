import { DeliverPolicy, type JsMsg } from '@nats-io/jetstream';
import type { Bus } from './bus.ts';

/** A running ordered read of a stream. */
export interface StreamReader {
  readonly messages: AsyncIterable<JsMsg>;
  stop(): Promise<void>;
}

/**
 * Where a read begins: at a stream sequence, at the newest message of each subject (streams of small facts only),
 * or only what comes from now on.
 */
export type ReadFrom = { sequence: number } | 'last_per_subject' | 'new';

const NEWEST_AT_ONCE = 256;

/**
 * Reads a stream in order from a place of the caller's choice (design decision 5: its own checkpoint, no acknowledgements).
 * Asks by bytes, never by count: large messages by count get a client disconnected.
 */
export async function readStream(
  bus: Bus,
  stream: string,
  options: { subjects: string[]; from: ReadFrom; headersOnly?: boolean; maxBytes?: number },
): Promise<StreamReader> {
  const consumer = await bus.jetstream.consumers.get(stream, {
    filter_subjects: options.subjects,
    headers_only: options.headersOnly ?? false,
    ...placeOf(options.from),
  });
  const messages = await consumer.consume({
    ...pullOf(options),
    expires: 30_000,
    idle_heartbeat: 5000,
  });
  return {
    messages,
    stop: () => {
      // Not awaited: it resolves only once somebody iterates to the end, and a reader that failed on a message never does.
      void messages.close();
      return Promise.resolve();
    },
  };
}

/** nats-server 2.15 loses the message that no longer fits a pull by bytes when it looks for the newest of each subject. */
const pullOf = ({ from, maxBytes }: { from: ReadFrom; maxBytes?: number }) =>
  from === 'last_per_subject' ? { max_messages: NEWEST_AT_ONCE } : { max_bytes: maxBytes ?? 16_777_216 };

const placeOf = (from: ReadFrom) => {
  if (from === 'last_per_subject') return { deliver_policy: DeliverPolicy.LastPerSubject };
  if (from === 'new') return { deliver_policy: DeliverPolicy.New };
  return from.sequence <= 1
    ? { deliver_policy: DeliverPolicy.All }
    : { deliver_policy: DeliverPolicy.StartSequence, opt_start_seq: from.sequence };
};
