import { AckPolicy, DeliverPolicy } from '@nats-io/jetstream';
import { nanos } from '@nats-io/transport-node';
import { ConsoleLogger, Inject, Injectable } from '@nestjs/common';
import { EVENTS_STREAM, InputEvent, inputEventSubject } from '#shared/contracts';
import { Bus } from '#shared/messaging';
import { isProblemEvent, PROBLEM_FACTS, type ProblemEvent } from '../domain/input-problems.ts';
import { Chance, InputProblems } from '../ports.ts';

/** A streamer asks what is wrong now and what was lately. */
const LOOK_BACK_MS = 86_400_000;
/** An input that tells more than this in a day is shown what it told since. */
const MAX_EVENTS = 2000;
const SHORTEST_LOOK_BACK_MS = 60_000;
const READ_EXPIRES_MS = 2500;

/** Problem events of one input, read from EVENTS when somebody asks: any node answers the same, and none keeps them. */
@Injectable()
export class NatsInputProblems extends InputProblems {
  constructor(
    @Inject(Bus) private readonly bus: Bus,
    @Inject(Chance) private readonly chance: Chance,
    @Inject(ConsoleLogger) private readonly logger: ConsoleLogger,
  ) {
    super();
  }

  override async eventsOf(inputId: string): Promise<ProblemEvent[]> {
    for (let lookBackMs = LOOK_BACK_MS; lookBackMs > SHORTEST_LOOK_BACK_MS; lookBackMs /= 4) {
      const events = await this.#read(inputId, lookBackMs);
      if (events !== undefined) return events;
    }
    return (await this.#read(inputId, SHORTEST_LOOK_BACK_MS)) ?? [];
  }

  /** Undefined when there are more than {@link MAX_EVENTS}. */
  async #read(inputId: string, lookBackMs: number): Promise<ProblemEvent[] | undefined> {
    const { name, num_pending: pending } = await this.bus.manager.consumers.add(EVENTS_STREAM, {
      filter_subjects: PROBLEM_FACTS.map((fact) => inputEventSubject.format({ inputId, fact })),
      deliver_policy: DeliverPolicy.StartTime,
      opt_start_time: new Date(this.chance.nowMs() - lookBackMs).toISOString(),
      ack_policy: AckPolicy.None,
      mem_storage: true,
      num_replicas: 1,
      inactive_threshold: nanos(10_000),
    });
    try {
      return pending > MAX_EVENTS ? undefined : await this.#fetch(name, pending);
    } finally {
      await this.bus.manager.consumers.delete(EVENTS_STREAM, name);
    }
  }

  async #fetch(consumerName: string, pending: number): Promise<ProblemEvent[]> {
    const found: ProblemEvent[] = [];
    if (pending === 0) return found;
    const consumer = await this.bus.jetstream.consumers.get(EVENTS_STREAM, consumerName);
    for await (const message of await consumer.fetch({ max_messages: pending, expires: READ_EXPIRES_MS })) {
      const event = InputEvent.safeParse(message.json());
      if (!event.success) this.logger.warn('problems.event_unreadable', { subject: message.subject });
      else if (isProblemEvent(event.data)) found.push(event.data);
    }
    return found;
  }
}
