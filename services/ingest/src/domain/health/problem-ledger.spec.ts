import type { Problem } from './problem.ts';
import { ProblemLedger } from './problem-ledger.ts';

const problem = (trackId: number): Problem => ({
  code: 'no_keyframe',
  trackId,
  severity: 'error',
  sentence: 'No keyframe.',
});

describe('ProblemLedger', () => {
  it('raises a problem once, again each minute while it lasts, and clears it when it is no longer seen', () => {
    const ledger = new ProblemLedger();
    const told: string[] = [];
    for (let nowMs = 0; nowMs <= 125_000; nowMs += 1000) {
      for (const { kind } of ledger.see(problem(1), nowMs, 3000)) told.push(`${kind} ${nowMs}`);
      expect(ledger.settle(nowMs)).toEqual([]);
    }
    expect(told).toEqual(['raised 0', 'raised 60000', 'raised 120000']);
    expect(ledger.settle(128_000)).toEqual([]);
    expect(ledger.settle(128_001)).toEqual([{ kind: 'cleared', problem: problem(1) }]);
    expect(ledger.settle(200_000)).toEqual([]);
  });

  it('tells tracks apart, and clears all when the publisher goes', () => {
    const ledger = new ProblemLedger();
    expect([...ledger.see(problem(1), 0, 1), ...ledger.see(problem(2), 0, 1)]).toHaveLength(2);
    expect(ledger.close().map(({ problem: { trackId } }) => trackId)).toEqual([1, 2]);
    expect(ledger.close()).toEqual([]);
  });

  it('holds a bounded number of problems', () => {
    const ledger = new ProblemLedger();
    for (let trackId = 1; trackId <= 1000; trackId += 1) ledger.see(problem(trackId), 0, 1);
    expect(ledger.close().length).toBe(256);
  });
});
