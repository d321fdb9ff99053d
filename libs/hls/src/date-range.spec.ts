import * as fc from 'fast-check';
import { live, segment, START_EPOCH_MS } from '../test/low-latency-model.ts';
import { parseWithOracles } from '../test/read-playlist.ts';
import { mapsInto, quotable } from './date-range.ts';
import { renderMediaPlaylist } from './media-playlist.ts';
import { PlaylistError } from './playlist-error.ts';
import type { DateRange } from './playlist-model.ts';

const render = (changes: Partial<DateRange>): string =>
  renderMediaPlaylist(
    live({ segments: [segment(1)], dateRanges: [{ id: 'ad-1', startEpochMs: START_EPOCH_MS, ...changes }] }),
  );
const tagOf = (changes: Partial<DateRange>): string | undefined =>
  /^#EXT-X-DATERANGE:ID="ad-1"(.*)$/m.exec(render(changes))?.[1];

describe('hls.md of EXT-X-DATERANGE', () => {
  it('43: writes start, duration, SCTE-35 and client attributes', () => {
    expect(tagOf({})).toBe(',START-DATE="2026-11-21T12:00:00.000Z"');
    expect(tagOf({ class: 'urn:scte:scte35:2013:bin', durationMs: 0 })).toBe(
      ',CLASS="urn:scte:scte35:2013:bin",START-DATE="2026-11-21T12:00:00.000Z",DURATION=0',
    );
    for (const role of ['out', 'in', 'cmd'] as const) {
      expect(tagOf({ scte35: { role, hex: '0xFC30' } })).toContain(`,SCTE35-${role.toUpperCase()}=0xFC30`);
    }
    expect(tagOf({ clientAttributes: { 'X-A': 'b,c', 'X-COUNT': 1.5, 'X-NONE': -0, 'X-COLD': -273.15 } })).toContain(
      ',X-A="b,c",X-COUNT=1.5,X-NONE=0,X-COLD=-273.15',
    );
  });

  it('43: is accepted by hls-parser in strict mode and by m3u8-parser', () => {
    const text = render({ durationMs: 30_500, scte35: { role: 'out', hex: '0xFC' }, clientAttributes: { 'X-A': 'b' } });
    expect(() => parseWithOracles(text)).not.toThrow();
  });

  it('43: a range maps into the playlist until its end lies before the first segment', () => {
    const range = { startEpochMs: 1000, durationMs: 500 };
    expect([1500, 1500.5].map((startEpochMs) => mapsInto(range, startEpochMs))).toEqual([true, false]);
    expect([1000, 1001].map((startEpochMs) => mapsInto({ startEpochMs: 1000 }, startEpochMs))).toEqual([true, false]);
  });

  it.each<[string, Partial<DateRange>, RegExp]>([
    ['an id that would end its attribute', { id: 'a"' }, /quoted-string: expected no quotes/],
    ['a negative duration', { durationMs: -1 }, /DURATION: expected milliseconds of at least 0, got -1/],
    ['a start that is no number', { startEpochMs: Number.NaN }, /startEpochMs: expected/],
    ['SCTE-35 that is not hexadecimal', { scte35: { role: 'out', hex: 'FC' } }, /SCTE35: expected 0x and .* got "FC"/],
    ['an attribute of our own making', { clientAttributes: { CUE: 'PRE' } }, /client attribute: expected X-/],
    ['a number that needs an exponent', { clientAttributes: { 'X-A': 1e21 } }, /X-A: expected a plain decimal number/],
    ['no number', { clientAttributes: { 'X-A': Number.NaN } }, /X-A: expected a plain decimal number, got NaN/],
  ])('refuses %s', (_, changes, message) => {
    expect(() => render(changes)).toThrow(PlaylistError);
    expect(() => render(changes)).toThrow(message);
  });

  it('1: any text becomes one that a quoted-string can hold, and is left alone where it could already', () => {
    fc.assert(
      fc.property(fc.string({ unit: 'binary' }), (text) => {
        const shown = tagOf({ class: quotable(text) }) ?? '';
        expect(shown.startsWith(`,CLASS="${quotable(text)}",`)).toBe(true);
      }),
    );
    expect(quotable('Grüße, "Welt"\n\u0085')).toBe("Grüße, 'Welt'  ");
  });
});
