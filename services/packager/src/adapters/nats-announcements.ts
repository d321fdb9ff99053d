import { z } from 'zod';
import { InputEvent, inputEventSubject, windowFactSubject, type WindowFact } from '#shared/contracts';
import { publishFact, type Bus } from '#shared/messaging';
import type { Announcements, TrackRef } from '../ports.ts';

/** Window facts by core NATS, problems by JetStream. */
export class NatsAnnouncements implements Announcements {
  readonly #bus: Bus;

  constructor(bus: Bus) {
    this.#bus = bus;
  }

  windowChanged({ inputId, trackId }: TrackRef, fact: WindowFact): void {
    this.#bus.connection.publish(windowFactSubject.format({ inputId, trackId }), JSON.stringify(fact));
  }

  async problem(event: Extract<InputEvent, { fact: 'problem_raised' | 'problem_cleared' }>): Promise<void> {
    const subject = inputEventSubject.format({ inputId: event.inputId, fact: event.fact });
    await publishFact(this.#bus, subject, z.encode(InputEvent, event));
  }
}
