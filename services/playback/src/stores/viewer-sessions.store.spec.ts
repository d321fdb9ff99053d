import { isSessionId } from '../domain/session-id.ts';
import { Clock } from '../ports.ts';
import { ViewerSessions } from './viewer-sessions.store.ts';

class StoppedClock extends Clock {
  constructor(public now: number) {
    super();
  }

  nowMs(): number {
    return this.now;
  }
}

describe('ViewerSessions', () => {
  it('counts who asked for something in the last 30 s', () => {
    const clock = new StoppedClock(1_000_000);
    const sessions = new ViewerSessions(clock);
    sessions.see('a');
    clock.now += 20_000;
    sessions.see('b');
    sessions.see('b');
    expect(sessions.count()).toBe(2);
    clock.now += 10_001;
    expect(sessions.count()).toBe(1);
    sessions.see('b');
    clock.now += 29_000;
    expect(sessions.count()).toBe(1);
  });

  it('tells viewers without a session apart by their traits', () => {
    const sessions = new ViewerSessions(new StoppedClock(1_000_000));
    const [first, second] = [{}, {}];
    sessions.seeAnonymous(['li_1', '192.0.2.1', 'player'], first);
    sessions.seeAnonymous(['li_1', '192.0.2.1', 'player'], first);
    sessions.seeAnonymous(['li_1', '192.0.2.1', 'player'], second);
    expect(sessions.count()).toBe(1);
    sessions.seeAnonymous(['li_1', '192.0.2.2', 'player'], first);
    expect(sessions.count()).toBe(2);
  });

  it('mints a session id once, however fast', () => {
    const sessions = new ViewerSessions(new StoppedClock(1_700_000_000_000));
    const minted = Array.from({ length: 1000 }, () => sessions.mint());
    expect(new Set(minted).size).toBe(1000);
    expect(minted.every(isSessionId)).toBe(true);
  });
});
