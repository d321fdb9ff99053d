import { JetStreamApiError } from '@nats-io/jetstream';
import { KvConflictError } from './bus-errors.ts';
import type { Bus } from './bus.ts';

/**
 * Publishes a JSON fact and waits for its PubAck: from then on it is true.
 * `expectedLastSequence` is the stream sequence that must be the newest on the subject (0: none yet);
 * throws KvConflictError when it is not. Resolves with the stream sequence.
 */
export async function publishFact(
  bus: Bus,
  subject: string,
  body: unknown,
  options: { messageId?: string; expectedLastSequence?: number } = {},
): Promise<number> {
  try {
    const ack = await bus.jetstream.publish(subject, JSON.stringify(body), {
      ...(options.messageId === undefined ? {} : { msgID: options.messageId }),
      ...(options.expectedLastSequence === undefined
        ? {}
        : { expect: { lastSubjectSequence: options.expectedLastSequence } }),
    });
    return ack.seq;
  } catch (error) {
    if (error instanceof JetStreamApiError && error.code === WRONG_LAST_SEQUENCE) {
      throw new KvConflictError(
        `${subject}: expected the last sequence ${options.expectedLastSequence}, another fact came first`,
        {
          cause: error,
        },
      );
    }
    throw error;
  }
}

const WRONG_LAST_SEQUENCE = 10071;
