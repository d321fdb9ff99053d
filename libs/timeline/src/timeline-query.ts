import { shown } from './shown.ts';

/** retCodes of the timeline query besides 0: 1001 parameter missing, 1002 parameter invalid, 1003 range too large, 1004 stream unknown. Clients test only for 0. */
export type TimelineFailureCode = 1001 | 1002 | 1003 | 1004;

/** A valid query for the periods that can be played. Seconds since 1970, [startSec, endSec). */
export interface TimelineQuery {
  app: string;
  stream: string;
  startSec: number;
  endSec: number;
  /** Touching segments are answered as one period. */
  merge: boolean;
}

/** A query, or why it is none. */
export type TimelineQueryResult =
  { valid: true; query: TimelineQuery } | { valid: false; retCode: TimelineFailureCode; description: string };

const PARAMETERS: readonly { key: string; expected: string; pattern: RegExp; fallback?: string }[] = [
  { key: 'app', expected: 'at most 256 characters', pattern: /^.{1,256}$/su },
  { key: 'stream', expected: 'at most 256 characters', pattern: /^.{1,256}$/su },
  { key: 'format', expected: 'ts, fmp4 or cmaf', pattern: /^(?:ts|fmp4|cmaf)$/ },
  { key: 'lhs_start_unix_s_0', expected: 'seconds since 1970', pattern: /^\d{1,11}$/ },
  { key: 'lhs_end_unix_s_0', expected: 'seconds since 1970', pattern: /^\d{1,11}$/ },
  { key: 'merge', expected: '0 or 1', pattern: /^[01]$/, fallback: '0' },
];
const MAX_RANGE_SEC = 24 * 3600;
/** A month of merged periods: the longest retention there is. */
const MAX_MERGED_RANGE_SEC = 31 * 24 * 3600;

/** Reads the parameters of /openapi/timeline/query (time-shift.md D-30 to D-34). Unknown parameters are ignored; an end in the future is legal. */
export function parseTimelineQuery(query: URLSearchParams): TimelineQueryResult {
  const values = new Map(PARAMETERS.map(({ key, fallback }) => [key, query.get(key) || (fallback ?? '')]));
  const missing = PARAMETERS.filter(({ key }) => values.get(key) === '');
  if (missing.length > 0) return failure(1001, `missing parameter: ${missing.map(({ key }) => key).join(', ')}`);
  const wrong = PARAMETERS.find(({ key, pattern }) => !pattern.test(values.get(key) ?? ''));
  if (wrong !== undefined) {
    return failure(1002, `${wrong.key}: expected ${wrong.expected}, got ${shown(values.get(wrong.key) ?? '')}`);
  }
  return checkedRange({
    app: values.get('app') ?? '',
    stream: values.get('stream') ?? '',
    startSec: Number(values.get('lhs_start_unix_s_0')),
    endSec: Number(values.get('lhs_end_unix_s_0')),
    merge: values.get('merge') === '1',
  });
}

function checkedRange(query: TimelineQuery): TimelineQueryResult {
  const rangeSec = query.endSec - query.startSec;
  if (rangeSec <= 0) {
    return failure(1002, `lhs_end_unix_s_0: expected more than ${query.startSec}, got ${query.endSec}`);
  }
  const mostSec = query.merge ? MAX_MERGED_RANGE_SEC : MAX_RANGE_SEC;
  if (rangeSec <= mostSec) return { valid: true, query };
  const advice = query.merge ? '' : '; merge=1 allows more';
  return failure(1003, `range: expected at most ${mostSec} s, got ${rangeSec} s${advice}`);
}

function failure(retCode: TimelineFailureCode, description: string): TimelineQueryResult {
  return { valid: false, retCode, description };
}
