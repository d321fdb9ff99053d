import { ruleBook, type Report } from '../src/index.ts';
import { brokenOrigins } from './faults/broken-origins.ts';
import { watchSimulated } from './watch-simulated.ts';

/** Long enough for most faults; those that show at the discontinuity, the gap or the end say how long. */
const SHORT_MS = 9000;

const idsOf = (outcomes: Report['failed']): string[] => outcomes.map(({ rule }) => rule.id);
const said = ({ failed }: Report): string[] =>
  failed.flatMap(({ findings }) =>
    findings
      .slice(0, 2)
      .map(
        ({ rule, fault, url, atMs }) =>
          `${rule.id} ${url} at ${atMs}: ${fault.expected}, ${fault.came} ${fault.evidence.join(' | ')}`,
      ),
  );

describe('a correct origin', () => {
  it('passes, and between low latency and plain every rule is exercised', async () => {
    const reports = [await watchSimulated(), await watchSimulated({ lowLatency: false })];
    expect(reports.flatMap(said)).toEqual([]);
    const exercised = new Set(reports.flatMap(({ passed }) => idsOf(passed)));
    expect(ruleBook.map(({ id }) => id).filter((id) => !exercised.has(id))).toEqual([]);
  });
});

describe('an origin with one fault', () => {
  it.each(brokenOrigins.map((broken) => [broken.name, broken] as const))(
    '%s',
    async (_, { mutation, fails, options = {} }) => {
      const report = await watchSimulated({ forMs: SHORT_MS, ...options }, mutation);
      expect({ fails: idsOf(report.failed).toSorted(), said: said(report) }).toMatchObject({ fails: fails.toSorted() });
    },
  );

  it('is found for every rule', () => {
    const proven = new Set(brokenOrigins.flatMap(({ fails }) => fails));
    expect(ruleBook.map(({ id }) => id).filter((id) => !proven.has(id))).toEqual([]);
  });
});
