import { ConsoleLogger, Inject, Injectable } from '@nestjs/common';
import type { InputEvent } from '#shared/contracts';
import { TokenBuckets } from '../domain/token-buckets.ts';
import { InputEvents } from '../ports.ts';

const BURST = 5;
const PER_SEC = 0.2;
const MAX_KEYS = 10_000;
const MAX_TEXT = 500;

/** The facts of publishers as events and log lines; refusals at a bounded rate for each input and code. */
@Injectable()
export class Notices {
  readonly #rates = new TokenBuckets({ capacity: BURST, perSec: PER_SEC, maxKeys: MAX_KEYS });

  constructor(
    @Inject(InputEvents) private readonly events: InputEvents,
    @Inject(ConsoleLogger) private readonly logger: ConsoleLogger,
  ) {}

  /** A fact that is always told. */
  tell(event: InputEvent): void {
    const { fact, ...fields } = event;
    this.logger.log(`ingest.${fact}`, fields);
    this.events.emit(event);
  }

  rejected(inputId: string, code: string, detail: string, atMs: number): void {
    if (!this.#rates.take(`${inputId} ${code}`, atMs)) return;
    this.events.emit({ fact: 'publisher_rejected', inputId, atMs, code, detail: detail.slice(0, MAX_TEXT) });
  }

  /** For whoever looks into one stream: off at the normal log level. */
  detail(event: string, fields: Record<string, unknown>): void {
    this.logger.debug(event, fields);
  }

  /** Something of ours failed and the flow went on without it. */
  failure(event: string, fields: Record<string, unknown>, error: unknown): void {
    this.logger.warn(event, { ...fields, reason: String(error) });
  }
}
