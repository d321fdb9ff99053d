import { inputEventSubject, type InputEvent } from '#shared/contracts';
import { publishFact, type Bus } from '#shared/messaging';
import { AuditEvents, type AuditFailure } from '../ports.ts';

/** Findings of the audit as input events. */
export class NatsAuditEvents extends AuditEvents {
  constructor(private readonly bus: Bus) {
    super();
  }

  async failed(failure: AuditFailure): Promise<void> {
    const event: InputEvent = { fact: 'audit_failed', ...failure };
    await publishFact(this.bus, inputEventSubject.format({ inputId: failure.inputId, fact: event.fact }), event);
  }
}
