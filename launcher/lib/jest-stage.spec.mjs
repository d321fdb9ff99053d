import { judgeJestReport, readJestReport } from './jest-stage.mjs';

const report = {
  numPassedTests: 3,
  numFailedTests: 0,
  numPendingTests: 1,
  numTodoTests: 0,
  numRuntimeErrorTestSuites: 0,
  testResults: [
    {
      assertionResults: [
        { status: 'pending', fullName: 'plays in a browser' },
        { status: 'passed', fullName: 'other' },
      ],
    },
  ],
};

describe('a Jest report', () => {
  it('lets a skipped test pass by name outside CI', () => {
    const outcome = judgeJestReport(readJestReport(report), { exitCode: 0, strict: false });
    expect(outcome).toEqual({
      ok: true,
      counts: { passed: 3, failed: 0, skipped: 1 },
      note: 'skipped: plays in a browser',
    });
  });

  it('fails on a skipped test in CI', () => {
    const outcome = judgeJestReport(readJestReport(report), { exitCode: 0, strict: true });
    expect(outcome.ok).toBe(false);
    expect(outcome.note).toContain('plays in a browser');
  });

  it('counts a suite that could not run as a failure', () => {
    const broken = readJestReport({ ...report, numRuntimeErrorTestSuites: 2 });
    expect(judgeJestReport(broken, { exitCode: 1, strict: false })).toMatchObject({ ok: false, counts: { failed: 2 } });
  });
});
