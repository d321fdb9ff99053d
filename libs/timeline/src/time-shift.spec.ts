import * as fc from 'fast-check';
import { TimeShiftError } from './time-shift-error.ts';
import { parseTimeShift, timeShiftQuery, type TimeShiftRequest } from './time-shift.ts';

const NOW_MS = Date.UTC(2026, 10, 21, 12);
const LIMITS = { nowMs: NOW_MS, maxRangeMs: 24 * 3_600_000 };

const parse = (query: string): TimeShiftRequest => parseTimeShift(new URLSearchParams(query), LIMITS).request;
const childOf = (query: string): string => parseTimeShift(new URLSearchParams(query), LIMITS).childQuery.toString();

function refusal(query: string): Pick<TimeShiftError, 'code' | 'message'> {
  try {
    parse(query);
  } catch (error) {
    if (error instanceof TimeShiftError) return { code: error.code, message: error.message };
    throw error;
  }
  throw new Error(`accepted: ${query}`);
}

describe('D-01: key grammar', () => {
  it.each([
    'lhs_start_unix_s_10',
    'lhs_begin_unix_s_0',
    'lhs_end',
    'lhs_start_unix_m_0',
    'lhs_',
    'lhs_start_unix_s_0x',
    'lhs_start_unix_s_-5',
  ])('refuses the lhs key %s by name', (key) => {
    const { code, message } = refusal(`${key}=1502280113`);
    expect(code).toBe('InvalidRequest');
    expect(message).toContain(`got "${key}"`);
  });

  it('accepts the switch lhs_start=1 and no other value of it', () => {
    expect(parse('lhs_start=1')).toEqual({ kind: 'live' });
    expect(refusal('lhs_start=0').message).toBe('lhs_start: expected 1, got "0"');
  });

  it('preserves unrelated keys for child URLs, in order, and takes out its own and the delivery directives', () => {
    const query = 'auth_key=a%26b&lhs_start=1&aliyunols=on&lhs_start_unix_s_0=1502280113&_HLS_msn=3&x=1&x=2';
    expect(childOf(query)).toBe('auth_key=a%26b&aliyunols=on&x=1&x=2');
  });
});

describe('D-02: one instant in every spelling', () => {
  it.each([
    'lhs_start_unix_s_0=1502280113',
    'lhs_start_unix_ms_0=1502280113000',
    'lhs_start_unix_us_0=1502280113000000',
    'lhs_start_unix_ns_0=1502280113000000000',
    'lhs_start_human_s_8=20170809200153',
    'lhs_start_human_s_0=20170809120153',
    'start=1502280113',
    'start=2017-08-09T12:01:53Z',
    'start=2017-08-09T14:01:53.000%2B02:00',
    'start=2017-08-09T14:01:53+02:00',
    'start=2017-08-09T05:01:53-0700',
  ])('%s', (query) => {
    expect(parse(query)).toEqual({ kind: 'range', startMs: 1_502_280_113_000, mode: 'event' });
  });

  it('keeps microseconds of 19 digits', () => {
    expect(parse('lhs_start_unix_ns_0=1502280113123456789')).toMatchObject({ startMs: 1_502_280_113_123.456 });
    expect(parse('start=2017-08-09T12:01:53.123456789Z')).toMatchObject({ startMs: 1_502_280_113_123.456 });
  });
});

describe('D-03: zones and calendars', () => {
  it('ignores the zone of unix time, as an epoch is UTC', () => {
    expect(parse('lhs_start_unix_ms_8=1502308959375')).toMatchObject({ startMs: 1_502_308_959_375 });
    expect(parse('lhs_start_unix_s_9=1502280113')).toMatchObject({ startMs: 1_502_280_113_000 });
  });

  it("reads the seed's human example in its zone and ignores a unit other than s", () => {
    const startMs = Date.UTC(2017, 7, 9, 12, 0, 10);
    expect(parse('lhs_start_human_s_8=20170809200010')).toMatchObject({ startMs });
    expect(parse('lhs_start_human_ns_8=20170809200010')).toMatchObject({ startMs });
    expect(parse('lhs_start_human_s_9=20240229000000')).toMatchObject({ startMs: Date.UTC(2024, 1, 28, 15) });
  });

  it.each([
    '20170230120000',
    '20230229120000',
    '20170809240000',
    '20170809126000',
    '20170809120060',
    '20171301000000',
    '20170800000000',
    '2017080912015',
    '201708091201530',
    '2017080912015x',
    '19691231235959',
    '00000000000000',
  ])('refuses %s, which no calendar has or 1970 to 9999 does not hold', (value) => {
    expect(refusal(`lhs_start_human_s_0=${value}`).code).toBe('InvalidRequest');
  });

  it.each(['2017-08-09T12:01:53', '2017-08-09', '2017-02-30T00:00:00Z', '2017-08-09T24:00:00Z', 'yesterday', ''])(
    'refuses %s as ISO 8601',
    (value) => {
      expect(refusal(`start=${value}`).code).toBe('InvalidRequest');
    },
  );
});

describe('D-04: combinations and values', () => {
  it.each([
    [
      'lhs_start_unix_s_0=1502280113&lhs_start_unix_ms_0=1502280113000',
      'expected one start time, got lhs_start_unix_s_0 and lhs_start_unix_ms_0',
    ],
    [
      'lhs_start_unix_s_0=1502280113&lhs_start_unix_s_0=1502280114',
      'expected one start time, got lhs_start_unix_s_0 and lhs_start_unix_s_0',
    ],
    ['start=1502280113&lhs_start_unix_s_0=1502280113', 'expected one start time, got start and lhs_start_unix_s_0'],
    [
      'lhs_start_unix_s_0=1502280113&lhs_end_unix_s_0=1502280200&lhs_vodend_unix_s_0=1502280200',
      'expected lhs_end_unix_s_0 or lhs_vodend_unix_s_0, got both',
    ],
    [
      'lhs_offset_unix_s_0=10&lhs_start_unix_s_0=1502280113',
      'expected lhs_offset_unix_s_0 or lhs_start_unix_s_0, got both',
    ],
    ['start=1502280113&manifest_window_seconds=60', 'expected manifest_window_seconds or start, got both'],
    ['lhs_end_unix_s_0=1502280113', 'expected a start time with lhs_end_unix_s_0, got none'],
    ['lhs_vodend_unix_s_0=1502280113', 'expected a start time with lhs_vodend_unix_s_0, got none'],
    ['lhs_start_unix_s_0=', 'lhs_start_unix_s_0: expected a count of s in decimal digits, got ""'],
    ['lhs_start_unix_s_0=-5', 'lhs_start_unix_s_0: expected a count of s in decimal digits, got "-5"'],
    ['lhs_start_unix_s_0=1e9', 'lhs_start_unix_s_0: expected a count of s in decimal digits, got "1e9"'],
    [
      'lhs_start_unix_s_0=99999999999999999999',
      'lhs_start_unix_s_0: expected a time between 1970 and 9999, got "99999999999999999999"',
    ],
    [
      `lhs_start_unix_s_0=${'1'.repeat(5000)}`,
      `lhs_start_unix_s_0: expected a count of s in decimal digits, got "${'1'.repeat(40)}…"`,
    ],
    ['manifest_window_seconds=0', 'manifest_window_seconds: expected at least 1 second, got "0"'],
  ])('refuses %.80s', (query, message) => {
    expect(refusal(query)).toEqual({ code: 'InvalidRequest', message });
  });

  it('tells who writes start=1 that it is no distance from the beginning', () => {
    expect(refusal('start=1').message).toMatch(
      /^start: expected seconds since 1970 .* no distance from the beginning, got "1"$/,
    );
  });
});

describe('D-10: no time parameter', () => {
  it.each(['', 'lhs_start=1', 'aliyunols=on', 'lhs_start=1&aliyunols=on&token=x'])('"%s" is plain live', (query) => {
    expect(parse(query)).toEqual({ kind: 'live' });
  });

  it('manifest_window_seconds alone is live with another window', () => {
    expect(parse('manifest_window_seconds=90')).toEqual({ kind: 'live', windowMs: 90_000 });
  });
});

describe('D-11 to D-13: ranges', () => {
  const startMs = 1_502_280_113_000;

  it('a start alone grows as an event without an end', () => {
    expect(parse('lhs_start_unix_s_0=1502280113')).toEqual({ kind: 'range', startMs, mode: 'event' });
  });

  it('start and end are an event that ends, also under the names of MediaPackage', () => {
    const request = { kind: 'range', startMs, endMs: startMs + 60_000, mode: 'event' };
    expect(parse('lhs_start_unix_s_0=1502280113&lhs_end_unix_s_0=1502280173')).toEqual(request);
    expect(parse('start=2017-08-09T12:01:53Z&end=1502280173')).toEqual(request);
  });

  it("start and vodend are video on demand, as in the seed's sample request", () => {
    expect(parse('lhs_start=1&lhs_start_human_s_8=20171024160220&lhs_vodend_human_s_8=20171024160420')).toEqual({
      kind: 'range',
      startMs: Date.UTC(2017, 9, 24, 8, 2, 20),
      endMs: Date.UTC(2017, 9, 24, 8, 4, 20),
      mode: 'vod',
    });
  });

  it('an end in the future is legal', () => {
    const startSec = NOW_MS / 1000 - 60;
    expect(parse(`start=${startSec}&end=${startSec + 3600}`)).toMatchObject({ endMs: NOW_MS + 3_540_000 });
  });
});

describe('D-14: offset', () => {
  it('is the distance back from now, in its unit, whatever its format and zone', () => {
    for (const query of [
      'lhs_offset_unix_s_0=150',
      'lhs_offset_unix_ms_8=150000',
      'lhs_offset_human_s_3=150',
      'time_delay=150',
    ]) {
      expect(parse(`lhs_start=1&aliyunols=on&${query}`)).toEqual({ kind: 'delayed', offsetMs: 150_000 });
    }
    expect(parse('time_delay=150&manifest_window_seconds=60')).toMatchObject({ windowMs: 60_000 });
  });

  it('0 is live', () => {
    expect(parse('lhs_offset_unix_s_0=0')).toEqual({ kind: 'live' });
  });

  it.each(['end', 'vodend'])('together with %s is refused', (type) => {
    expect(refusal(`lhs_offset_unix_s_0=10&lhs_${type}_unix_s_0=1502280113`)).toEqual({
      code: 'InvalidRequest',
      message: `expected lhs_offset_unix_s_0 or lhs_${type}_unix_s_0, got both`,
    });
  });

  it("beyond ten years is a start, as the seed's example writes it", () => {
    expect(parse('lhs_offset_unix_ms_8=1502308959375')).toEqual({
      kind: 'range',
      startMs: 1_502_308_959_375,
      mode: 'event',
    });
    expect(parse('lhs_offset_unix_s_0=315360000')).toMatchObject({ kind: 'delayed' });
  });
});

describe('D-19: child URLs ask for the same', () => {
  const instantMs = fc.integer({ min: 1_000_000_000_000_000, max: NOW_MS * 1000 }).map((us) => us / 1000);
  const lengthMs = fc.integer({ min: 1, max: LIMITS.maxRangeMs });
  const windowMs = fc.option(
    fc.integer({ min: 1, max: 3600 }).map((sec) => sec * 1000),
    { nil: undefined },
  );
  const requests: fc.Arbitrary<TimeShiftRequest> = fc.oneof(
    windowMs.map((ms): TimeShiftRequest => (ms === undefined ? { kind: 'live' } : { kind: 'live', windowMs: ms })),
    instantMs.map((startMs): TimeShiftRequest => ({ kind: 'range', startMs, mode: 'event' })),
    fc
      .tuple(instantMs, lengthMs, fc.constantFrom('event' as const, 'vod' as const))
      .map(([startMs, length, mode]): TimeShiftRequest => ({
        kind: 'range',
        startMs,
        endMs: Math.floor(startMs) + length,
        mode,
      }))
      .filter((request) => request.kind === 'range' && request.startMs < (request.endMs ?? 0)),
    fc.tuple(fc.integer({ min: 1, max: 300_000_000_000 }), windowMs).map(([offsetMs, ms]): TimeShiftRequest => ({
      kind: 'delayed',
      offsetMs,
      ...(ms === undefined ? {} : { windowMs: ms }),
    })),
  );

  it('timeShiftQuery writes what parseTimeShift reads', () => {
    fc.assert(fc.property(requests, (request) => expect(parse(timeShiftQuery(request).toString())).toEqual(request)));
  });

  it('gives every spelling of a request the same query', () => {
    const spellings = [
      'lhs_start_human_s_8=20170809200153',
      'start=2017-08-09T12:01:53Z',
      'lhs_start_unix_s_0=1502280113',
    ];
    expect(spellings.map((query) => timeShiftQuery(parse(query)).toString())).toEqual(
      Array(3).fill('lhs_start=1&lhs_start_unix_ms_0=1502280113000'),
    );
  });
});

describe('D-20: limits', () => {
  it.each(['1502280113', '1502280112'])('refuses the end %s, which is not after the start', (end) => {
    expect(refusal(`start=1502280113&end=${end}`)).toMatchObject({ code: 'InvalidRequest' });
  });

  it('refuses a range over the limit and accepts the limit itself', () => {
    expect(refusal('lhs_start_unix_s_0=1502280113&lhs_vodend_unix_s_0=1502366514')).toEqual({
      code: 'RangeTooLarge',
      message: 'expected a range of at most 86400 s, got 86401 s',
    });
    expect(parse('lhs_start_unix_s_0=1502280113&lhs_vodend_unix_s_0=1502366513')).toMatchObject({ mode: 'vod' });
  });

  it('answers a start in the future apart from bad requests', () => {
    expect(refusal(`start=${NOW_MS / 1000 + 90}`)).toEqual({
      code: 'StartInFuture',
      message: 'start: expected a time that has come, got one 90 s ahead',
    });
    expect(parse(`start=${NOW_MS / 1000}`)).toMatchObject({ startMs: NOW_MS });
  });
});

describe('parseTimeShift', () => {
  const part = fc.constantFrom(
    'start',
    'end',
    'vodend',
    'offset',
    'unix',
    'human',
    's',
    'ms',
    'us',
    'ns',
    '0',
    '8',
    '12',
    '',
  );
  const key = fc.oneof(
    fc.array(part, { maxLength: 5 }).map((parts) => ['lhs', ...parts].join('_')),
    fc.constantFrom('start', 'end', 'time_delay', 'manifest_window_seconds', 'lhs_start', 'aliyunols', '__proto__'),
    fc.string({ unit: 'binary' }),
  );
  const value = fc.oneof(
    fc.constantFrom('1', '', '1502280113', '20170809200153', '2017-08-09T12:01:53Z', '-0', 'NaN'),
    fc.bigInt({ min: 0n, max: 10n ** 22n }).map(String),
    fc.stringMatching(/^\d{4}-\d{2}-\d{2}T\d{2}:\d{2}(:\d{2}(\.\d{1,9})?)?(Z|[+ -]\d{2}:?\d{2})$/),
    fc.string({ unit: 'binary' }),
  );

  it('throws nothing but TimeShiftError, and what it accepts is in order', () => {
    fc.assert(
      fc.property(fc.array(fc.tuple(key, value), { maxLength: 4 }), (pairs) => {
        try {
          const { request } = parseTimeShift(new URLSearchParams(pairs), LIMITS);
          if (request.kind !== 'range') return;
          expect(request.startMs).toBeLessThanOrEqual(NOW_MS);
          expect(request.endMs ?? Infinity).toBeGreaterThan(request.startMs);
        } catch (error) {
          expect(error).toBeInstanceOf(TimeShiftError);
        }
      }),
      { numRuns: 5000 },
    );
  });
});
