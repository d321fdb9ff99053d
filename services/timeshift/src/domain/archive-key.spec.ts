import * as fc from 'fast-check';
import { archiveKey, parseArchiveKey } from './archive-key.ts';

const parts = fc.record({
  inputId: fc.stringMatching(/^li_[A-Za-z0-9]{8,40}$/),
  firstStartMs: fc.integer({ min: 0, max: Date.UTC(2200, 0) }),
  fence: fc.nat(),
  journalSequence: fc.nat(),
});

const keyOf = (firstStartMs: number): string =>
  archiveKey({ inputId: 'li_abcdefgh', firstStartMs, fence: 1, journalSequence: 1 });

describe('archiveKey', () => {
  it('lies in the folder of its hour, UTC', () => {
    const firstStartMs = Date.UTC(2026, 10, 21, 7, 59, 59, 999) + 0.75;
    expect(archiveKey({ inputId: 'li_abcdefgh', firstStartMs, fence: 3, journalSequence: 44 })).toBe(
      'media/li_abcdefgh/2026/11/21/07/1795247999999-3-44.hwar',
    );
  });

  it('is read back', () => {
    fc.assert(fc.property(parts, (key) => expect(parseArchiveKey(archiveKey(key))).toEqual(key)));
  });

  it('sorts by time within an input', () => {
    const modern = fc.integer({ min: Date.UTC(2002, 0), max: Date.UTC(2200, 0) });
    fc.assert(
      fc.property(modern, modern, (a, b) => {
        expect(keyOf(a) < keyOf(b)).toBe(a < b);
      }),
    );
  });

  it('does not take another key for one', () => {
    for (const key of ['init/li_a/x.mp4', 'media/li_a/2026/11/21/07/1-2.hwar', 'media/li_a/1-2-3.hwar', ''])
      expect(parseArchiveKey(key)).toBeUndefined();
  });
});
