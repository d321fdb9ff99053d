import { shown } from './shown.ts';
import { TimeShiftError } from './time-shift-error.ts';

const MAX_EPOCH_MS = Date.UTC(9999, 11, 31, 23, 59, 59, 999);
const MS_PER_HOUR = 3_600_000;
const MS_PER_MINUTE = 60_000;

/** Units of a lhs_* value. */
export type TimeUnit = 's' | 'ms' | 'us' | 'ns';

const UNITS_PER_SEC: Record<TimeUnit, bigint> = { s: 1n, ms: 1000n, us: 1_000_000n, ns: 1_000_000_000n };

/** A decimal count of `unit` as milliseconds, cut to the microsecond. Throws TimeShiftError (InvalidRequest) on anything but digits or a time after the year 9999. */
export function parseUnixTime(key: string, value: string, unit: TimeUnit): number {
  // 19 digits of nanoseconds are past 2^53.
  if (!/^\d{1,20}$/.test(value)) throw invalid(key, `a count of ${unit} in decimal digits`, value);
  return checkedYear(key, value, Number((BigInt(value) * 1_000_000n) / UNITS_PER_SEC[unit]) / 1000);
}

/** YYYYMMDDhhmmss in the zone UTC+`zoneHours` as milliseconds since 1970. Throws TimeShiftError (InvalidRequest) on a date that the calendar lacks. */
export function parseHumanTime(key: string, value: string, zoneHours: number): number {
  const match = /^(\d{4})(\d{2})(\d{2})(\d{2})(\d{2})(\d{2})$/.exec(value);
  const utcMs = match === null ? undefined : calendarMs(match.slice(1));
  if (utcMs === undefined) throw invalid(key, 'a calendar time YYYYMMDDhhmmss', value);
  return checkedYear(key, value, utcMs - zoneHours * MS_PER_HOUR);
}

// A form decoder turns the + of an offset into a space.
const ISO_8601 = /^(\d{4})-(\d{2})-(\d{2})T(\d{2}):(\d{2})(?::(\d{2})(\.\d{1,9})?)?(?:Z|([+ -])(\d{2}):?(\d{2}))$/;

/** ISO 8601 with a zone as milliseconds since 1970, cut to the microsecond. Throws TimeShiftError (InvalidRequest). */
export function parseIsoTime(key: string, value: string): number {
  const match = ISO_8601.exec(value);
  const utcMs = match === null ? undefined : calendarMs(match.slice(1, 7));
  if (match === null || utcMs === undefined) throw invalid(key, 'epoch seconds or ISO 8601 with a zone', value);
  const [, , , , , , , fraction = '', sign, zoneHours = '0', zoneMinutes = '0'] = match;
  const zoneMs = Number(zoneHours) * MS_PER_HOUR + Number(zoneMinutes) * MS_PER_MINUTE;
  const fractionUs = Number(fraction.slice(1, 7).padEnd(6, '0'));
  const wholeMs = utcMs + (sign === '-' ? zoneMs : -zoneMs);
  return checkedYear(key, value, (wholeMs * 1000 + fractionUs) / 1000);
}

/** Year to second, in that order, as UTC; undefined where Date would roll over or refuse: 30 February, hour 24, second 60. */
function calendarMs(fields: readonly (string | undefined)[]): number | undefined {
  const [year, month, day, hour, minute, second = '00'] = fields;
  const text = `${year}-${month}-${day}T${hour}:${minute}:${second}.000Z`;
  const date = new Date(text);
  return !Number.isNaN(date.getTime()) && date.toISOString() === text ? date.getTime() : undefined;
}

function checkedYear(key: string, value: string, epochMs: number): number {
  if (epochMs >= 0 && epochMs <= MAX_EPOCH_MS) return epochMs;
  throw invalid(key, 'a time between 1970 and 9999', value);
}

/** The InvalidRequest error for one query value. */
export function invalid(key: string, expected: string, value: string): TimeShiftError {
  return new TimeShiftError('InvalidRequest', `${key}: expected ${expected}, got ${shown(value)}`);
}
