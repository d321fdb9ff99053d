import { readPrft } from './producer-reference-time.ts';
import { box, concat, fullBox, prft, styp, u32 } from '../testing/boxes.ts';
import { chunksOf, fixture, unitsOf } from '../testing/fixtures.ts';

/** 2026-11-21T00:00:00.5Z */
const NTP = (4_004_294_400n << 32n) | 0x8000_0000n;
const UNIX_MS = 1_795_305_600_500;

describe('readPrft', () => {
  it.each([0, 1] as const)('reads version %i ahead of the moof', (version) => {
    const chunk = concat(styp(), prft(7, NTP, 90_000n, version), box('moof'), box('mdat'));
    expect(readPrft(chunk)).toEqual({ trackId: 7, ntpMs: UNIX_MS, mediaTimeTicks: 90_000n });
  });

  it('reads media times beyond 2^53 exactly', () => {
    expect(readPrft(prft(1, NTP, 17_000_000_000_000_001n))?.mediaTimeTicks).toBe(17_000_000_000_000_001n);
  });

  it('goes on into the NTP era that begins in 2036', () => {
    expect(readPrft(prft(1, 1n << 32n, 0n))?.ntpMs).toBe(Date.UTC(2036, 1, 7, 6, 28, 17));
  });

  it.each([
    ['there is no prft', concat(box('moof'), box('mdat'))],
    ['it comes after the moof only', concat(box('moof'), prft(1, NTP, 0n))],
    ['its clock is not set', prft(1, 0n, 0n)],
  ])('is undefined when %s', (_, bytes) => {
    expect(readPrft(bytes)).toBeUndefined();
  });

  it('refuses a prft that is too short', () => {
    expect(() => readPrft(fullBox('prft', 1, 0, u32(1)))).toThrow(
      expect.objectContaining({ code: 'fragment_malformed' }),
    );
  });

  it('reads the capture clock of a real low-latency segment, chunk by chunk', () => {
    const clocks = chunksOf(unitsOf(fixture('ll-dash-1.cmfv'))).map(({ bytes }) => readPrft(bytes));
    expect(clocks.map((clock) => clock?.trackId)).toEqual([1, 1, 1, 1, 1]);
    expect(clocks.map((clock) => clock?.mediaTimeTicks)).toEqual([0n, 3072n, 6144n, 9216n, 12_288n]);
    for (const clock of clocks) expect(new Date(clock!.ntpMs).getUTCFullYear()).toBe(2026);
  });
});
