import { answerOf } from '#shared/errors';
import type { Metrics, OriginLogger } from '#shared/observability';
import type { Answer, PlaybackRequest } from './domain/answer.ts';
import type { ViewerSessions } from './stores/viewer-sessions.store.ts';

const MS_PER_SEC = 1000;

/** Counts every answer, and logs those that say something is wrong with the origin. */
export class RequestLog {
  readonly #requests;
  readonly #seconds;

  constructor(
    metrics: Metrics,
    private readonly logger: OriginLogger,
    sessions: ViewerSessions,
  ) {
    this.#requests = metrics.counter('playback_requests_total', 'Answers to players', ['route', 'status']);
    this.#seconds = metrics.histogram(
      'playback_request_seconds',
      'Time until an answer was ready to be written, holds included',
      [0.0005, 0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 1, 2.5, 8],
      ['route'],
    );
    const present = metrics.gauge('playback_sessions', 'Viewers present in the last 30 s');
    // Counted when scraped: no timer walks the sessions.
    Object.assign(present, { collect: () => present.set(sessions.count()) });
  }

  answered(route: string, request: PlaybackRequest, answer: Answer, tookMs: number): void {
    this.#requests.inc({ route, status: String(answer.status) });
    this.#seconds.observe({ route }, tookMs / MS_PER_SEC);
    if (answer.error === undefined) return;
    const { code, message, cause } = answer.error;
    if (answerOf(code).level !== 'error') return;
    const stack = cause instanceof Error ? cause.stack : String(cause);
    this.logger.error('request.failed', stack, {
      code,
      status: answer.status,
      route,
      path: request.path,
      reason: message,
    });
  }
}
