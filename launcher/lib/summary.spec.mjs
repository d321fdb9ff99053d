import { testSummary, totalCounts, whatToOpen } from './summary.mjs';

const check = { name: 'check', ok: true, durationMs: 12_345 };
const unit = { name: 'unit', ok: true, durationMs: 2000, counts: { passed: 10, failed: 0, skipped: 0 } };

describe('the summary of npm test', () => {
  it('ends with the bare counts', () => {
    expect(testSummary([check, unit]).split('\n')).toEqual([
      '  ✓ check          12.3 s',
      '  ✓ unit            2.0 s  10 passed, 0 failed, 0 skipped',
      '',
      '10 passed, 0 failed',
    ]);
  });

  it('names skipped tests in the last line only when there are some', () => {
    const e2e = {
      name: 'e2e',
      ok: true,
      durationMs: 1,
      counts: { passed: 1, failed: 0, skipped: 2 },
      note: 'skipped: a; b',
    };
    expect(testSummary([unit, e2e]).split('\n').at(-1)).toBe('11 passed, 0 failed, 2 skipped');
  });

  it('counts a stage that failed without a failed test as one failure', () => {
    expect(totalCounts([{ ...check, ok: false }, unit])).toEqual({ passed: 10, failed: 1, skipped: 0 });
    expect(totalCounts([{ ...unit, ok: false, counts: { passed: 1, failed: 3, skipped: 0 } }]).failed).toBe(3);
  });
});

describe('what to open', () => {
  const urls = {
    playback: 'http://127.0.0.1:8080',
    ingest: 'http://127.0.0.1:8081',
    broadcast: 'http://127.0.0.1:8082',
  };

  it('names the page, the playlist and the shifted playlist of the demo', () => {
    const text = whatToOpen({ ...urls, demo: { inputId: 'lv_1' } }, '.run/endpoints.json');
    expect(text).toContain('http://127.0.0.1:8080/?input=lv_1');
    expect(text).toContain('http://127.0.0.1:8080/live/lv_1/index.m3u8');
    expect(text).toContain('http://127.0.0.1:8080/live/lv_1.m3u8?lhs_start=1&lhs_offset_unix_s_0=60');
  });

  it('names the door over TLS where there is one', () => {
    const playbackTls = 'https://127.0.0.1:8083';
    expect(whatToOpen({ ...urls, playbackTls, demo: null }, 'f')).toContain(playbackTls);
    expect(whatToOpen({ ...urls, playbackTls: null, demo: null }, 'f')).not.toContain('https');
  });

  it('has no input to name without the demo', () => {
    expect(whatToOpen({ ...urls, demo: null }, 'f')).not.toContain('undefined');
  });
});
