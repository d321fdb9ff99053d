import * as fc from 'fast-check';
import { audio, manifest, parseWithOracle, period, START_EPOCH_MS, video } from '../test/dash-model.ts';
import type { DashManifest, DashSegment, DashTrack } from './manifest-model.ts';
import { renderManifest } from './manifest.ts';
import { xmlText } from './xml.ts';

interface History {
  timescale: number;
  firstDecodeTimeTicks: bigint;
  firstMediaSequence: number;
  steps: { durationTicks: bigint; jumpTicks: bigint; gap: boolean }[];
}

/** A track's timeline: decode times up to those of 10 MHz since 1970, small jumps, lost segments. */
const history: fc.Arbitrary<History> = fc.record({
  timescale: fc.constantFrom(1000, 48_000, 90_000, 10_000_000),
  firstDecodeTimeTicks: fc.bigInt({ min: 0n, max: 18_000_000_000_000_000n }),
  firstMediaSequence: fc.nat(1_000_000),
  steps: fc.array(
    fc.record({
      durationTicks: fc.constantFrom(180_000n, 180_000n, 180_000n, 178_500n),
      jumpTicks: fc.constantFrom(0n, 0n, 0n, 0n, 7n, 90_000n),
      gap: fc.constantFrom(false, false, false, false, false, true),
    }),
    { minLength: 1, maxLength: 40 },
  ),
});

function segmentsOf({ firstDecodeTimeTicks, firstMediaSequence, steps }: History): DashSegment[] {
  let ticks = firstDecodeTimeTicks;
  return steps.map(({ durationTicks, jumpTicks, gap }, index) => {
    const decodeTimeTicks = ticks + jumpTicks;
    ticks = decodeTimeTicks + durationTicks;
    const made = { mediaSequence: firstMediaSequence + index, decodeTimeTicks, durationTicks, independent: true };
    return gap ? { ...made, gap } : made;
  });
}

/** The manifest as the window slides over the history of one video and one audio track. */
function manifests(all: DashSegment[], { timescale, firstDecodeTimeTicks }: History): DashManifest[] {
  const tracksAt = (index: number): DashTrack[] => {
    const segments = all.slice(Math.max(0, index - 7), index + 1);
    return [video(1, { timescale, segments }), audio(2, { timescale, segments })];
  };
  // Decode times of the media against a clock that began long before it, so that the period starts at its first sample.
  const beforeMs = Number((firstDecodeTimeTicks * 1_000_000n) / BigInt(timescale)) / 1000;
  const times = { startEpochMs: START_EPOCH_MS, anchorEpochMs: START_EPOCH_MS - beforeMs };
  return all.map((_, index) => manifest([period(tracksAt(index), times)]));
}

/** Every S of a timeline as ISO/IEC 23009-1 counts it, without our renderer's knowledge. */
function listed(text: string): { mediaSequence: number; decodeTimeTicks: bigint; durationTicks: bigint }[] {
  const template = /<SegmentTemplate[^]*?<\/SegmentTemplate>/.exec(text)?.[0] ?? '';
  let mediaSequence = Number(/startNumber="(\d+)"/.exec(template)?.[1]);
  let ticks = 0n;
  return [...template.matchAll(/<S(?: t="(\d+)")? d="(\d+)"(?: r="(\d+)")?\/>/g)].flatMap(([, t, d = '', r = '0']) =>
    Array.from({ length: Number(r) + 1 }, (_, repeat) => {
      if (repeat === 0 && t !== undefined) ticks = BigInt(t);
      const entry = { mediaSequence, decodeTimeTicks: ticks, durationTicks: BigInt(d) };
      mediaSequence += 1;
      ticks += entry.durationTicks;
      return entry;
    }),
  );
}

describe('the manifest of a sliding window', () => {
  it('lists every segment after the last loss under its number, exact to the tick however large its decode time', () => {
    fc.assert(
      fc.property(history, (of) => {
        const all = segmentsOf(of);
        for (const model of manifests(all, of).filter(hasMedia)) {
          const window = model.periods[0]!.tracks[0]!.segments;
          const entries = listed(renderManifest(model));
          const present = window.filter(({ gap }) => gap !== true);
          expect(entries.at(-1)?.mediaSequence).toBe(present.at(-1)?.mediaSequence);
          const expected = window.slice(
            window.findIndex(({ mediaSequence }) => mediaSequence === entries[0]?.mediaSequence),
          );
          const asListed = expected
            .slice(0, entries.length)
            .map(({ mediaSequence, decodeTimeTicks, durationTicks }) => ({
              mediaSequence,
              decodeTimeTicks,
              durationTicks,
            }));
          expect(entries).toEqual(asListed);
          const before = window[window.length - expected.length - 1];
          expect(before === undefined || before.gap === true).toBe(true);
        }
      }),
    );
  });

  it('is read by mpd-parser as we mean it: numbers, times on the wall clock, durations', () => {
    fc.assert(
      fc.property(history, (of) => {
        for (const model of manifests(segmentsOf(of), of).filter(hasMedia)) {
          const text = renderManifest(model);
          const entries = listed(text);
          const { playlists, mediaGroups } = parseWithOracle(text);
          const read = playlists[0]?.segments ?? [];
          expect(read.map(({ uri }) => uri)).toEqual(entries.map(({ mediaSequence }) => `1/${mediaSequence}.m4s`));
          const startSec = START_EPOCH_MS / 1000;
          const first = entries[0]!;
          const fromStartSec = Number(first.decodeTimeTicks - of.firstDecodeTimeTicks) / of.timescale;
          expect(Math.abs((read[0]?.presentationTime ?? 0) - startSec - fromStartSec)).toBeLessThan(
            1e-5 + DOUBLE_GRAIN_TICKS / of.timescale,
          );
          expect(
            read.every(({ duration }, index) => close(duration, entries[index]!.durationTicks, of.timescale)),
          ).toBe(true);
          expect(Object.keys(mediaGroups['AUDIO']?.['audio'] ?? {})).toHaveLength(1);
        }
      }),
      { numRuns: 30 },
    );
  });
});

describe('xmlText', () => {
  it('makes any text well-formed and leaves plain text alone', () => {
    fc.assert(
      fc.property(fc.string({ unit: 'binary' }), (text) => {
        const escaped = xmlText(text);
        expect(escaped).not.toMatch(/[<>"\p{Cc}\p{Cs}\uFFFE\uFFFF]/u);
        expect(escaped.replaceAll(/&(amp|lt|gt|quot);/g, '')).not.toContain('&');
      }),
    );
    expect(xmlText('a<b & "c">\u0000\n')).toBe('a&lt;b &amp; &quot;c&quot;&gt;\uFFFD\uFFFD');
    expect(xmlText('Grüße 🎬')).toBe('Grüße 🎬');
  });
});

/** mpd-parser, as players do, reads a decode time into a double: 2^54 is as fine as two ticks. */
const DOUBLE_GRAIN_TICKS = 4;

const hasMedia = (model: DashManifest): boolean =>
  model.periods[0]?.tracks[0]?.segments.some(({ gap }) => gap !== true) === true;

const close = (durationSec: number, ticks: bigint, timescale: number): boolean =>
  Math.abs(durationSec - Number(ticks) / timescale) < 1e-6;
