import * as fc from 'fast-check';
import { parseTimelineQuery, type TimelineQueryResult } from './timeline-query.ts';

const SEED = 'app=bbb&domain=aaaa&format=ts&lhs_end_unix_s_0=1513334270&lhs_start_unix_s_0=1513334255&stream=cc';
const parse = (query: string): TimelineQueryResult => parseTimelineQuery(new URLSearchParams(query));
const seedWith = (key: string, value: string): TimelineQueryResult => {
  const query = new URLSearchParams(SEED);
  query.set(key, value);
  return parseTimelineQuery(query);
};

describe('D-30: the query', () => {
  it("reads the seed's example and ignores what it does not know", () => {
    expect(parse(`${SEED}&aliyunols=on&auth_key=x`)).toEqual({
      valid: true,
      query: { app: 'bbb', stream: 'cc', startSec: 1_513_334_255, endSec: 1_513_334_270, merge: false },
    });
  });
});

describe('D-32: what is wrong with it', () => {
  it.each(['app', 'stream', 'format', 'lhs_start_unix_s_0', 'lhs_end_unix_s_0'])(
    'retCode 1001 names the missing %s',
    (key) => {
      const query = new URLSearchParams(SEED);
      query.delete(key);
      const missing = { valid: false, retCode: 1001, description: `missing parameter: ${key}` };
      expect(parseTimelineQuery(query)).toEqual(missing);
      expect(seedWith(key, '')).toEqual(missing);
    },
  );

  it.each([
    ['lhs_start_unix_s_0', '-1', 'lhs_start_unix_s_0: expected seconds since 1970, got "-1"'],
    ['lhs_end_unix_s_0', '1513334270000', 'lhs_end_unix_s_0: expected seconds since 1970, got "1513334270000"'],
    ['lhs_end_unix_s_0', '1513334255', 'lhs_end_unix_s_0: expected more than 1513334255, got 1513334255'],
    ['merge', 'yes', 'merge: expected 0 or 1, got "yes"'],
    ['app', 'a'.repeat(257), `app: expected at most 256 characters, got "${'a'.repeat(40)}…"`],
  ])('retCode 1002 for %s=%.20s', (key, value, description) => {
    expect(seedWith(key, value)).toEqual({ valid: false, retCode: 1002, description });
  });

  it('never throws', () => {
    const key = fc.constantFrom('app', 'stream', 'format', 'lhs_start_unix_s_0', 'lhs_end_unix_s_0', 'merge');
    fc.assert(
      fc.property(fc.array(fc.tuple(key, fc.string({ unit: 'binary' }))), (pairs) => {
        const query = new URLSearchParams(SEED);
        for (const [name, value] of pairs) query.set(name, value);
        const result = parseTimelineQuery(query);
        if (!result.valid) expect(result.description.length).toBeLessThan(400);
      }),
    );
  });
});

describe('D-33: format', () => {
  it.each(['ts', 'fmp4', 'cmaf'])('accepts %s', (format) => {
    expect(seedWith('format', format)).toMatchObject({ valid: true });
  });

  it.each(['flv', 'TS', 'mp4'])('retCode 1002 for %s, which is not archived', (format) => {
    expect(seedWith('format', format)).toEqual({
      valid: false,
      retCode: 1002,
      description: `format: expected ts, fmp4 or cmaf, got "${format}"`,
    });
  });
});

describe('D-34: merge', () => {
  it('lets a query be longer than a day, up to a month', () => {
    const dayAndSecond = String(1_513_334_255 + 86_401);
    expect(seedWith('lhs_end_unix_s_0', dayAndSecond)).toEqual({
      valid: false,
      retCode: 1003,
      description: 'range: expected at most 86400 s, got 86401 s; merge=1 allows more',
    });
    expect(parse(`${SEED.replace('1513334270', dayAndSecond)}&merge=1`)).toMatchObject({
      valid: true,
      query: { merge: true },
    });
    expect(parse(`${SEED.replace('1513334270', '1516099055')}&merge=1`)).toMatchObject({ retCode: 1003 });
  });
});
