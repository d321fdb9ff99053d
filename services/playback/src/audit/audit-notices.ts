import type { Finding } from '#reload-checker';
import type { Metrics, OriginLogger } from '#shared/observability';
import type { AuditEvents, Clock } from '../ports.ts';

/** A rule that stays broken is told of an input once in this time. */
const REPEAT_MS = 600_000;
const MAX_REMEMBERED = 10_000;
const MAX_DETAIL_CHARS = 500;

/** Counts what the audit finds, and tells it as an event and in the log, but not again and again. */
export class AuditNotices {
  readonly #findings;
  readonly #toldAtMs = new Map<string, number>();

  constructor(private readonly options: { metrics: Metrics; logger: OriginLogger; events: AuditEvents; clock: Clock }) {
    this.#findings = options.metrics.counter(
      'playback_audit_findings_total',
      'Faults that the audit of the own playlists found',
      ['rule'],
    );
  }

  found(inputId: string, { rule, url, fault }: Finding): void {
    this.#findings.inc({ rule: rule.id });
    const nowMs = this.options.clock.nowMs();
    const key = `${inputId} ${rule.id}`;
    if (nowMs - (this.#toldAtMs.get(key) ?? -Infinity) < REPEAT_MS) return;
    if (this.#toldAtMs.size >= MAX_REMEMBERED) this.#toldAtMs.clear();
    this.#toldAtMs.set(key, nowMs);
    this.#tell(inputId, {
      rule: rule.id,
      path: new URL(url).pathname,
      detail: `expected ${fault.expected}, got ${fault.came}`,
    });
  }

  #tell(inputId: string, { rule, path, detail }: { rule: string; path: string; detail: string }): void {
    const { events, logger, clock } = this.options;
    logger.warn('audit.failed', { inputId, rule, path, detail });
    const event = { inputId, atMs: clock.nowMs(), url: path, rule, detail: detail.slice(0, MAX_DETAIL_CHARS) };
    events
      .failed(event)
      .catch((error: unknown) => logger.warn('audit.event_lost', { inputId, rule, reason: String(error) }));
  }
}
