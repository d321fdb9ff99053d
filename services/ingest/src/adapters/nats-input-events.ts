import type { ConsoleLogger, OnApplicationShutdown } from '@nestjs/common';
import { z } from 'zod';
import { InputEvent, inputEventSubject } from '#shared/contracts';
import { publishFact, type Bus } from '#shared/messaging';
import { InputEvents } from '../ports.ts';

/** Beyond this many unacknowledged events the bus is away; more of them would only fill the memory. */
const MAX_PENDING = 1000;

/** Input events on the stream EVENTS. */
export class NatsInputEvents extends InputEvents implements OnApplicationShutdown {
  readonly #pending = new Set<Promise<void>>();

  constructor(
    private readonly bus: Bus,
    private readonly logger: ConsoleLogger,
  ) {
    super();
  }

  override emit(event: InputEvent): void {
    if (this.#pending.size >= MAX_PENDING) {
      this.logger.warn('ingest.event_dropped', { inputId: event.inputId, fact: event.fact });
      return;
    }
    const sending = this.#send(event).finally(() => this.#pending.delete(sending));
    this.#pending.add(sending);
  }

  /** Resolves when what was emitted is on the bus, or given up. */
  async onApplicationShutdown(): Promise<void> {
    await Promise.all(this.#pending);
  }

  async #send(event: InputEvent): Promise<void> {
    const { inputId, fact } = event;
    try {
      await publishFact(this.bus, inputEventSubject.format({ inputId, fact }), z.encode(InputEvent, event));
    } catch (error) {
      this.logger.warn('ingest.event_lost', { inputId, fact, reason: String(error) });
    }
  }
}
