import type { CmcdReport } from './cmcd-report.ts';
import { CmcdSessions } from './cmcd-sessions.store.ts';

let nowMs: number;
let sessions: CmcdSessions;
const report = (said: Partial<CmcdReport>): CmcdReport => ({ bufferStarved: false, startup: false, ...said });

beforeEach(() => {
  nowMs = 1_000_000;
  sessions = new CmcdSessions({ nowMs: () => nowMs });
});

describe('CmcdSessions', () => {
  it('keeps the newest figure of each kind and counts what happened', () => {
    sessions.record(report({ sessionId: 'a', contentId: 'c', objectType: 'm', startup: true }));
    nowMs += 2000;
    sessions.record(report({ sessionId: 'a', objectType: 'v', bufferLengthMs: 1500, measuredThroughputKbps: 9000 }));
    nowMs += 2000;
    sessions.record(report({ sessionId: 'a', objectType: 'v', bufferLengthMs: 0, bufferStarved: true }));
    expect(sessions.recent(10)).toEqual({
      total: 1,
      sessions: [
        {
          sessionId: 'a',
          contentId: 'c',
          bufferLengthMs: 0,
          measuredThroughputKbps: 9000,
          firstSeenMs: 1_000_000,
          lastSeenMs: 1_004_000,
          requests: 3,
          requestTypes: { m: 1, v: 2 },
          stalls: 1,
          startups: 1,
        },
      ],
    });
  });

  it('forgets a session that was silent for five minutes', () => {
    sessions.record(report({ sessionId: 'a' }));
    nowMs += 299_000;
    sessions.record(report({ sessionId: 'b' }));
    expect(sessions.recent(10).total).toBe(2);
    nowMs += 2000;
    expect(sessions.recent(10).sessions.map(({ sessionId }) => sessionId)).toEqual(['b']);
  });

  it('shows the newest first, and no more than are asked for', () => {
    for (const sessionId of ['a', 'b', 'c', 'a']) sessions.record(report({ sessionId }));
    expect(sessions.recent(2)).toMatchObject({ total: 3, sessions: [{ sessionId: 'a' }, { sessionId: 'c' }] });
  });

  it('stays bounded, in sessions and in what one of them holds', () => {
    for (let index = 0; index < 10_050; index += 1) sessions.record(report({ sessionId: `s${index}` }));
    for (let index = 0; index < 50; index += 1)
      sessions.record(report({ sessionId: 's9999', objectType: `t${index}` }));
    const { total, sessions: shown } = sessions.recent(1);
    expect(total).toBe(10_000);
    expect(Object.keys(shown[0]?.requestTypes ?? {}).length).toBeLessThanOrEqual(12);
  });

  it('takes a report without a session id for none', () => {
    sessions.record(report({ bufferLengthMs: 5 }));
    expect(sessions.recent(1).total).toBe(0);
  });
});
