import { createBackoff } from './backoff.mjs';

describe('restart delays', () => {
  it('double from half a second to ten', () => {
    const nextDelayMs = createBackoff();
    expect(Array.from({ length: 7 }, () => nextDelayMs(0))).toEqual([500, 1000, 2000, 4000, 8000, 10_000, 10_000]);
  });

  it('begin again after a run of thirty seconds', () => {
    const nextDelayMs = createBackoff();
    nextDelayMs(0);
    nextDelayMs(29_999);
    expect(nextDelayMs(30_000)).toBe(500);
    expect(nextDelayMs(0)).toBe(1000);
  });
});
