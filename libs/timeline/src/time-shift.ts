import { invalid, parseHumanTime, parseIsoTime, parseUnixTime, type TimeUnit } from './instant.ts';
import { TimeShiftError } from './time-shift-error.ts';

/** What a playlist URL asks of the time line. Times are milliseconds, to the microsecond; `windowMs` asks for a window of another length than the live one. */
export type TimeShiftRequest =
  | { kind: 'live'; windowMs?: number }
  /** `event` grows until `endMs` (without it, until the longest range allowed); `vod` is what exists of the range, at once. */
  | { kind: 'range'; startMs: number; endMs?: number; mode: 'event' | 'vod' }
  /** The live playlist as it was `offsetMs` ago. */
  | { kind: 'delayed'; offsetMs: number; windowMs?: number };

type TimeType = 'start' | 'end' | 'vodend' | 'offset' | 'window';

interface TimeParameter {
  type: TimeType;
  key: string;
  ms: number;
}

type TimeParameters = Partial<Record<TimeType, TimeParameter>>;

/** Reads the time parameters of a playlist URL, `lhs_*` or MediaPackage's names; `childQuery` holds all other keys, in order, without `_HLS_*` directives. Throws TimeShiftError and nothing else (time-shift.md D-01 to D-04, D-20). */
export function parseTimeShift(
  query: URLSearchParams,
  limits: { nowMs: number; maxRangeMs: number },
): { request: TimeShiftRequest; childQuery: URLSearchParams } {
  const found: TimeParameters = {};
  const childQuery = new URLSearchParams();
  for (const [key, value] of query) {
    const parameter = readParameter(key, value);
    if (parameter === 'unrelated') childQuery.append(key, value);
    else if (parameter !== 'consumed') addOnce(found, parameter);
  }
  refuseConflicts(found);
  return { request: requestOf(found, limits), childQuery };
}

/** The same request in one spelling, for the URLs of renditions and for cache keys. */
export function timeShiftQuery(request: TimeShiftRequest): URLSearchParams {
  const query = new URLSearchParams();
  // The seed's switch, for delivery networks that look for it.
  if (request.kind !== 'live') query.append('lhs_start', '1');
  if (request.kind === 'range') {
    appendUnixTime(query, 'start', request.startMs);
    if (request.endMs !== undefined) appendUnixTime(query, request.mode === 'vod' ? 'vodend' : 'end', request.endMs);
  } else {
    if (request.kind === 'delayed') appendUnixTime(query, 'offset', request.offsetMs);
    if (request.windowMs !== undefined) query.append('manifest_window_seconds', String(request.windowMs / 1000));
  }
  return query;
}

function appendUnixTime(query: URLSearchParams, type: 'start' | 'end' | 'vodend' | 'offset', ms: number): void {
  if (Number.isInteger(ms)) query.append(`lhs_${type}_unix_ms_0`, String(ms));
  else query.append(`lhs_${type}_unix_us_0`, String(Math.round(ms * 1000)));
}

function readParameter(key: string, value: string): TimeParameter | 'consumed' | 'unrelated' {
  switch (key) {
    case 'lhs_start':
      if (value !== '1') throw invalid(key, '1', value);
      return 'consumed';
    case 'start':
    case 'end':
      return { type: key, key, ms: readAlias(key, value) };
    case 'time_delay':
      return { type: 'offset', key, ms: parseUnixTime(key, value, 's') };
    case 'manifest_window_seconds':
      return { type: 'window', key, ms: readWindow(key, value) };
    default:
      if (key.startsWith('lhs_')) return readLhs(key, value);
      return key.startsWith('_HLS_') ? 'consumed' : 'unrelated';
  }
}

const LHS_KEY = /^lhs_(?<type>start|end|vodend|offset)_(?<format>unix|human)_(?<unit>s|ms|us|ns)_(?<zone>[0-9])$/;
const TEN_YEARS_MS = 10 * 366 * 24 * 3_600_000;

function readLhs(key: string, value: string): TimeParameter {
  const { type, format, unit, zone } = LHS_KEY.exec(key)?.groups ?? {};
  if (type === undefined) {
    throw invalid('time parameter', 'lhs_(start|end|vodend|offset)_(unix|human)_(s|ms|us|ns)_(0-9)', key);
  }
  // A distance has no format, and unix time no zone; a human time counts in seconds whatever its unit says.
  if (type === 'offset' || format === 'unix') {
    const ms = parseUnixTime(key, value, unit as TimeUnit);
    // The seed's own example writes an epoch as an offset: nothing is kept for ten years, so it can only be a start.
    return { type: type === 'offset' && ms > TEN_YEARS_MS ? 'start' : (type as TimeType), key, ms };
  }
  return { type: type as TimeType, key, ms: parseHumanTime(key, value, Number(zone)) };
}

const FIRST_PLAUSIBLE_EPOCH_SEC = 1_000_000_000;

function readAlias(key: string, value: string): number {
  if (!/^\d+$/.test(value)) return parseIsoTime(key, value);
  const ms = parseUnixTime(key, value, 's');
  if (ms >= FIRST_PLAUSIBLE_EPOCH_SEC * 1000) return ms;
  // `start=1` is often meant as "from the beginning".
  throw invalid(key, 'seconds since 1970 (after 2001) or ISO 8601; it is no distance from the beginning', value);
}

function readWindow(key: string, value: string): number {
  const ms = parseUnixTime(key, value, 's');
  if (ms === 0) throw invalid(key, 'at least 1 second', value);
  return ms;
}

function addOnce(found: TimeParameters, parameter: TimeParameter): void {
  const earlier = found[parameter.type];
  if (earlier !== undefined) {
    throw new TimeShiftError(
      'InvalidRequest',
      `expected one ${parameter.type} time, got ${earlier.key} and ${parameter.key}`,
    );
  }
  found[parameter.type] = parameter;
}

// An end without a start is refused anyway.
const CONFLICTS: readonly (readonly [TimeType, TimeType])[] = [
  ['end', 'vodend'],
  ['offset', 'start'],
  ['offset', 'end'],
  ['offset', 'vodend'],
  ['window', 'start'],
];

function refuseConflicts(found: TimeParameters): void {
  for (const [a, b] of CONFLICTS) {
    const [first, second] = [found[a], found[b]];
    if (first === undefined || second === undefined) continue;
    throw new TimeShiftError('InvalidRequest', `expected ${first.key} or ${second.key}, got both`);
  }
}

function requestOf(found: TimeParameters, limits: { nowMs: number; maxRangeMs: number }): TimeShiftRequest {
  const { start, offset, window } = found;
  const end = found.vodend ?? found.end;
  if (start !== undefined) return rangeOf(start, end, limits);
  if (end !== undefined) throw new TimeShiftError('InvalidRequest', `expected a start time with ${end.key}, got none`);
  const windowMs = window === undefined ? {} : { windowMs: window.ms };
  if (offset === undefined || offset.ms === 0) return { kind: 'live', ...windowMs };
  return { kind: 'delayed', offsetMs: offset.ms, ...windowMs };
}

function rangeOf(
  start: TimeParameter,
  end: TimeParameter | undefined,
  { nowMs, maxRangeMs }: { nowMs: number; maxRangeMs: number },
): TimeShiftRequest {
  if (end !== undefined && end.ms <= start.ms) {
    throw new TimeShiftError('InvalidRequest', `${end.key}: expected a time after the start, got one not after it`);
  }
  if (end !== undefined && end.ms - start.ms > maxRangeMs) {
    const [most, got] = [maxRangeMs / 1000, (end.ms - start.ms) / 1000];
    throw new TimeShiftError('RangeTooLarge', `expected a range of at most ${most} s, got ${got} s`);
  }
  if (start.ms > nowMs) {
    const aheadSec = Math.ceil((start.ms - nowMs) / 1000);
    throw new TimeShiftError(
      'StartInFuture',
      `${start.key}: expected a time that has come, got one ${aheadSec} s ahead`,
    );
  }
  if (end === undefined) return { kind: 'range', startMs: start.ms, mode: 'event' };
  return { kind: 'range', startMs: start.ms, endMs: end.ms, mode: end.type === 'vodend' ? 'vod' : 'event' };
}
