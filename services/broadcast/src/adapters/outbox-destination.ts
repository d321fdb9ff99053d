import { setTimeout as sleep } from 'node:timers/promises';
import { AckPolicy, type ConsumerMessages, type JsMsg } from '@nats-io/jetstream';
import { nanos } from '@nats-io/transport-node';
import { deliverySubject, OUTBOX_STREAM } from '#shared/contracts';
import type { Bus } from '#shared/messaging';
import { CallLane } from './call-lane.ts';
import { keepRunning, type Running } from './keep-running.ts';

const ACK_WAIT_MS = 20_000;
const HEARTBEAT_MS = 5000;
const TURN_POLL_MS = 250;
const RETRY_MS = 1000;
/** Deliveries of one destination that this service holds; a dead destination holds no more than these in memory. */
const MAX_HELD = 256;

/** Delivers one message through all of its attempts. Resolves when it is settled for good; rejects when that could not be stored. */
export type Deliver = (message: JsMsg, signal: AbortSignal) => Promise<void>;

const CONSUMER_PREFIX = 'deliver-';
/** The durable consumer of a destination. */
export const consumerOf = (destinationId: string): string => `${CONSUMER_PREFIX}${destinationId}`;
/** The destination of a durable consumer, or undefined when it is none of these. */
export const destinationOf = (consumer: string): string | undefined =>
  consumer.startsWith(CONSUMER_PREFIX) ? consumer.slice(CONSUMER_PREFIX.length) : undefined;

/**
 * Works off what is owed to one destination: calls side by side, each call in order.
 * The order holds across restarts and nodes because only the oldest message that the stream still has of a call may be sent.
 */
export class OutboxDestination {
  readonly #lanes = new Map<string, CallLane>();
  readonly #work = new Set<Promise<void>>();
  readonly #stopping = new AbortController();
  #loop: Running | undefined;
  #heartbeat: NodeJS.Timeout | undefined;

  constructor(
    private readonly deps: {
      bus: Bus;
      destinationId: string;
      deliver: Deliver;
      onError: (event: string, error: unknown) => void;
    },
  ) {}

  start(): void {
    this.#loop = keepRunning({
      open: () => this.#consume(),
      read: (messages) => this.#read(messages),
      onError: (error) => this.deps.onError('outbox.consumer_failed', error),
    });
    // A held message is worked on, however long its destination is away.
    this.#heartbeat = setInterval(() => this.#held().forEach((message) => message.working()), HEARTBEAT_MS);
  }

  /** Ends attempts that wait, lets running ones finish, gives the rest back. */
  async stop(): Promise<void> {
    this.#stopping.abort();
    await this.#loop?.stop();
    await Promise.all(this.#work);
    clearInterval(this.#heartbeat);
    this.#held().forEach((message) => message.nak());
  }

  #held(): JsMsg[] {
    return [...this.#lanes.values()].flatMap((lane) => lane.all());
  }

  async #consume(): Promise<ConsumerMessages> {
    const { bus, destinationId } = this.deps;
    await bus.manager.consumers.add(OUTBOX_STREAM, {
      durable_name: consumerOf(destinationId),
      filter_subject: deliverySubject.pattern({ destinationId }),
      ack_policy: AckPolicy.Explicit,
      ack_wait: nanos(ACK_WAIT_MS),
      max_ack_pending: MAX_HELD,
    });
    const consumer = await bus.jetstream.consumers.get(OUTBOX_STREAM, consumerOf(destinationId));
    return consumer.consume({ max_messages: 32 });
  }

  async #read(messages: ConsumerMessages): Promise<void> {
    for await (const message of messages) this.#enqueue(message);
  }

  #enqueue(message: JsMsg): void {
    const lane = this.#lanes.get(message.subject);
    if (lane !== undefined) {
      lane.add(message);
      return;
    }
    const opened = new CallLane();
    opened.add(message);
    this.#lanes.set(message.subject, opened);
    const work = this.#drain(message.subject, opened).finally(() => this.#work.delete(work));
    this.#work.add(work);
  }

  async #drain(subject: string, lane: CallLane): Promise<void> {
    for (let head = lane.head(); head !== undefined; head = lane.head()) {
      try {
        if (!(await this.#isTurnOf(head))) await sleep(TURN_POLL_MS, undefined, { signal: this.#stopping.signal });
        else {
          await this.deps.deliver(head, this.#stopping.signal);
          lane.remove(head);
        }
      } catch (error) {
        if (this.#stopping.signal.aborted) return;
        this.deps.onError('outbox.delivery_unsettled', error);
        lane.remove(head);
        head.nak(RETRY_MS);
      }
    }
    this.#lanes.delete(subject);
  }

  /** Whether nothing older of the call is still owed. A message that is gone was settled elsewhere and is let go. */
  async #isTurnOf(message: JsMsg): Promise<boolean> {
    this.#stopping.signal.throwIfAborted();
    const oldest = await this.deps.bus.manager.direct.getMessage(OUTBOX_STREAM, {
      seq: 1,
      next_by_subj: message.subject,
    });
    if (oldest === null || oldest.seq > message.seq)
      throw new Error(`delivery ${message.seq}: expected it in the outbox, got none`);
    return oldest.seq === message.seq;
  }
}
