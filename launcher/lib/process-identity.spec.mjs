import { identify, isRunning, parseStartTicks } from './process-identity.mjs';

describe('process identity', () => {
  it('finds the start time behind a command name with spaces and parentheses', () => {
    const rest = Array.from({ length: 50 }, (_, index) => String(index + 4));
    expect(parseStartTicks(`77 (a) b (c)) S ${rest.join(' ')}`)).toBe('22');
  });

  it('knows this process, and not one of another start time', () => {
    const self = identify(process.pid);
    expect(isRunning(self)).toBe(true);
    expect(isRunning({ pid: process.pid, startTicks: '1' })).toBe(false);
  });

  it('knows that a pid beyond the kernel’s range does not run', () => {
    expect(identify(2 ** 22 + 1)).toBeUndefined();
  });
});
