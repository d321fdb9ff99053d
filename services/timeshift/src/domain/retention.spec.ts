import * as fc from 'fast-check';
import { hourOf } from '#timeline';
import { archiveKey } from './archive-key.ts';
import { isHourExpired, isObjectExpired, orphansOf, retainedFromMs } from './retention.ts';
import { OBJECT_SPAN_MS } from './segment-batch.ts';

const HOUR_MS = 3_600_000;
const NOW_MS = Date.UTC(2026, 10, 21);
const keyAt = (firstStartMs: number): string =>
  archiveKey({ inputId: 'li_abcdefgh', firstStartMs, fence: 1, journalSequence: 1 });

describe('retention', () => {
  it('counts whole days back from now', () => {
    expect(retainedFromMs(NOW_MS, 7)).toBe(NOW_MS - 7 * 24 * HOUR_MS);
  });

  it('drops an hour only when its last instant is over', () => {
    expect(isHourExpired(9, 10 * HOUR_MS)).toBe(true);
    expect(isHourExpired(9, 10 * HOUR_MS - 1)).toBe(false);
  });

  it('never removes bytes that a list may name, nor before the grace, and always within an hour of the last of them', () => {
    const ages = fc.integer({ min: 0, max: 4 * HOUR_MS });
    const graces = fc.integer({ min: 0, max: 30 * 60_000 });
    fc.assert(
      fc.property(ages, graces, fc.integer({ min: 0, max: OBJECT_SPAN_MS }), (ageMs, graceMs, spanMs) => {
        const retainedFrom = NOW_MS;
        const firstStartMs = retainedFrom - ageMs;
        const lastEndMs = firstStartMs + spanMs + 60_000;
        const expired = isObjectExpired(keyAt(firstStartMs), retainedFrom, graceMs);
        if (expired) expect(lastEndMs + graceMs).toBeLessThanOrEqual(retainedFrom);
        if (retainedFrom - lastEndMs >= HOUR_MS) expect(expired).toBe(true);
      }),
    );
  });

  it('expires bytes no earlier than they leave every list that stops at the retained time', () => {
    const retainedFrom = 500 * HOUR_MS + 30 * 60_000;
    expect(isObjectExpired(keyAt(retainedFrom), retainedFrom, 0)).toBe(false);
    expect(isHourExpired(hourOf(retainedFrom), retainedFrom)).toBe(false);
  });

  it('leaves objects alone whose key it does not know', () => {
    expect(isObjectExpired('media/li_abcdefgh/notes.txt', NOW_MS, 0)).toBe(false);
  });

  it('takes for orphans what is unreferenced and old enough', () => {
    const objects = [
      { key: 'used', lastModifiedMs: 0 },
      { key: 'young', lastModifiedMs: 100 },
      { key: 'orphan', lastModifiedMs: 99 },
    ];
    expect(orphansOf(objects, new Set(['used']), 100).map(({ key }) => key)).toEqual(['orphan']);
  });
});
