import { foldProblems, MAX_PROBLEMS, problemView, type ProblemEvent } from './input-problems.ts';

const inputId = 'li_00000000';
const raised = (atMs: number, code = 'no_keyframe', trackId?: number): ProblemEvent => ({
  fact: 'problem_raised',
  inputId,
  atMs,
  code,
  severity: 'warning',
  sentence: `About ${code}.`,
  ...(trackId === undefined ? {} : { trackId }),
});
const cleared = (atMs: number, code = 'no_keyframe', trackId?: number): ProblemEvent => ({
  fact: 'problem_cleared',
  inputId,
  atMs,
  code,
  ...(trackId === undefined ? {} : { trackId }),
});

describe('foldProblems', () => {
  it('makes one entry of a problem that lasts, and another one when it comes back', () => {
    const events = [raised(1), raised(60), cleared(70), raised(100)];
    expect(foldProblems(events)).toEqual([
      {
        code: 'no_keyframe',
        severity: 'warning',
        sentence: 'About no_keyframe.',
        firstSeenAtMs: 100,
        lastSeenAtMs: 100,
        count: 1,
      },
      {
        code: 'no_keyframe',
        severity: 'warning',
        sentence: 'About no_keyframe.',
        firstSeenAtMs: 1,
        lastSeenAtMs: 60,
        count: 2,
        clearedAtMs: 70,
      },
    ]);
  });

  it('tells tracks and codes apart, and ignores the end of what never began', () => {
    const events = [raised(1, 'a', 1), raised(2, 'a', 2), raised(3, 'b', 1), cleared(4, 'a', 1), cleared(5, 'c')];
    expect(foldProblems(events).map(({ code, trackId, clearedAtMs }) => [code, trackId, clearedAtMs])).toEqual([
      ['b', 1, undefined],
      ['a', 2, undefined],
      ['a', 1, 4],
    ]);
  });

  it('counts refusals, lost recordings and failed audits as problems', () => {
    const events: ProblemEvent[] = [
      { fact: 'publisher_rejected', inputId, atMs: 1, code: 'AlreadyPublishing', detail: 'busy' },
      { fact: 'publisher_rejected', inputId, atMs: 2, code: 'AlreadyPublishing', detail: 'busy still' },
      { fact: 'archive_lost', inputId, atMs: 3, trackId: 1, fromMediaSequence: 1, toMediaSequence: 2, detail: 'd' },
      { fact: 'audit_failed', inputId, atMs: 4, url: 'u', rule: 'r', detail: 'd' },
    ];
    expect(foldProblems(events).map(({ code, count }) => [code, count])).toEqual([
      ['audit_failed', 1],
      ['archive_lost', 1],
      ['publisher_rejected:AlreadyPublishing', 2],
    ]);
    expect(foldProblems(events).at(-1)).toMatchObject({
      clearedAtMs: 2,
      sentence: expect.stringContaining('busy still'),
    });
  });

  it('keeps the newest of many', () => {
    const events = Array.from({ length: 300 }, (_, index) => raised(index, `code_${index}`));
    const folded = foldProblems(events);
    expect(folded).toHaveLength(MAX_PROBLEMS);
    expect(folded[0]?.code).toBe('code_299');
  });
});

describe('problemView', () => {
  it('shows times in ISO 8601, and the end only of what is over', () => {
    const [lasting] = foldProblems([raised(0, 'a', 7)]);
    const [over] = foldProblems([raised(0), cleared(1000)]);
    expect(lasting && problemView(lasting)).toEqual({
      code: 'a',
      severity: 'warning',
      sentence: 'About a.',
      trackId: 7,
      count: 1,
      firstSeenAt: '1970-01-01T00:00:00.000Z',
      lastSeenAt: '1970-01-01T00:00:00.000Z',
    });
    expect(over && problemView(over)['clearedAt']).toBe('1970-01-01T00:00:01.000Z');
  });
});
