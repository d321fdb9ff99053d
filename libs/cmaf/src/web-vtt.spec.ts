import * as fc from 'fast-check';
import { webVttOf } from './web-vtt.ts';
import { initSegment } from '../testing/boxes.ts';
import { countingCaptions, wvttChunk, wvttInit, type TestCueSample } from '../testing/wvtt.ts';

const init = wvttInit({ timescale: 1000 });

const convert = (samples: readonly TestCueSample[], decodeTimeTicks = 0n): string =>
  webVttOf(init, wvttChunk({ decodeTimeTicks, samples }));

const cuesOf = (vtt: string): string[] => vtt.trimEnd().split('\n\n').slice(1);

describe('webVttOf', () => {
  it('writes identifier, interval, settings and text of each cue', () => {
    const cue = { id: 'intro', settings: 'line:0 align:start', text: 'Good evening,\n<i>world</i>' };
    expect(
      convert(
        [
          { durationTicks: 500, cues: [] },
          { durationTicks: 1500, cues: [cue] },
        ],
        7_200_000n,
      ),
    ).toBe(`WEBVTT
X-TIMESTAMP-MAP=MPEGTS:648000000,LOCAL:00:00:00.000

intro
00:00:00.500 --> 00:00:02.000 line:0 align:start
Good evening,
<i>world</i>
`);
  });

  it('is a valid file when nothing is shown', () => {
    expect(convert([{ durationTicks: 2000, cues: [] }], 1000n)).toBe(
      'WEBVTT\nX-TIMESTAMP-MAP=MPEGTS:90000,LOCAL:00:00:00.000\n',
    );
  });

  it('makes one cue of samples that go on with it, while others come and go', () => {
    const speech = { text: 'speech', sourceId: 1 };
    const noise = { text: 'noise', sourceId: 2 };
    const vtt = convert([
      { durationTicks: 1000, cues: [speech] },
      { durationTicks: 1000, cues: [speech, noise] },
      { durationTicks: 1000, cues: [noise] },
      { durationTicks: 1000, cues: [speech] },
    ]);
    expect(cuesOf(vtt)).toEqual([
      '00:00:00.000 --> 00:00:02.000\nspeech',
      '00:00:01.000 --> 00:00:03.000\nnoise',
      '00:00:03.000 --> 00:00:04.000\nspeech',
    ]);
  });

  it('keeps cues of the same text apart when their source is not the same', () => {
    const vtt = convert([
      { durationTicks: 1000, cues: [{ text: 'ha', sourceId: 1 }] },
      { durationTicks: 1000, cues: [{ text: 'ha', sourceId: 2 }] },
    ]);
    expect(cuesOf(vtt)).toHaveLength(2);
  });

  it('goes on over the chunks of a segment, and repeats in the next segment what spans both', () => {
    const long = [{ durationTicks: 1000, cues: [{ text: 'long', sourceId: 1 }] }];
    const chunkAt = (second: number) => wvttChunk({ decodeTimeTicks: BigInt(second * 1000), samples: long });
    expect(cuesOf(webVttOf(init, Buffer.concat([chunkAt(0), chunkAt(1)])))).toEqual([
      '00:00:00.000 --> 00:00:02.000\nlong',
    ]);
    expect(webVttOf(init, chunkAt(2))).toBe(
      'WEBVTT\nX-TIMESTAMP-MAP=MPEGTS:180000,LOCAL:00:00:00.000\n\n00:00:00.000 --> 00:00:01.000\nlong\n',
    );
  });

  it('maps decode times beyond 2^53 into the 33 bits of MPEG-2 time', () => {
    const ticks = 2n ** 60n + 123n;
    const vtt = webVttOf(
      wvttInit({ timescale: 10_000_000 }),
      wvttChunk({ decodeTimeTicks: ticks, samples: [{ durationTicks: 20_000_000, cues: [{ text: 'far' }] }] }),
    );
    expect(vtt).toContain(`MPEGTS:${((ticks * 90_000n) / 10_000_000n) % 2n ** 33n},`);
    expect(cuesOf(vtt)).toEqual(['00:00:00.000 --> 00:00:02.000\nfar']);
  });

  it('carries the styles and regions of the track, but never its time map', () => {
    const header =
      'WEBVTT - captions\r\nX-TIMESTAMP-MAP=MPEGTS:1,LOCAL:00:00:00.000\r\n\r\nSTYLE\r\n::cue { color: lime }\r\n\r\n';
    const vtt = webVttOf(
      wvttInit({ timescale: 1000, header }),
      wvttChunk({ decodeTimeTicks: 0n, samples: [{ durationTicks: 1000, cues: [{ text: 'x' }] }] }),
    );
    expect(vtt).toBe(
      'WEBVTT\nX-TIMESTAMP-MAP=MPEGTS:0,LOCAL:00:00:00.000\n\nSTYLE\n::cue { color: lime }\n\n00:00:00.000 --> 00:00:01.000\nx\n',
    );
  });

  it('is a file of exactly the cues given, whatever is in their texts', () => {
    const nasty = fc.string({
      unit: fc.constantFrom('a', '\n', '\r', '-', '>', '-->', '\0', ' ', 'é', '<'),
      maxLength: 20,
    });
    fc.assert(
      fc.property(fc.array(fc.record({ id: nasty, settings: nasty, text: nasty }), { maxLength: 5 }), (cues) => {
        const shown = cues.filter(({ text }) => /[^\r\n]/.test(text));
        const samples = cues.map((cue, index) => ({ durationTicks: 1000, cues: [{ ...cue, sourceId: index }] }));
        const vtt = convert(samples.length > 0 ? samples : [{ durationTicks: 1000, cues: [] }]);
        expect(cuesOf(vtt)).toHaveLength(shown.length);
        expect(vtt.match(/-->/g) ?? []).toHaveLength(shown.length);
      }),
    );
  });

  it('converts the counting fixture second by second', () => {
    const { init: counting, chunks } = countingCaptions({ startSecond: 41, count: 2 });
    expect(cuesOf(webVttOf(counting, Buffer.concat(chunks)))).toEqual([
      '00:00:00.000 --> 00:00:00.800\nsecond 41',
      '00:00:01.000 --> 00:00:01.800\nsecond 42',
    ]);
  });

  it('says hours of any length', () => {
    const vtt = convert([
      { durationTicks: 360_000_000, cues: [] },
      { durationTicks: 61_001, cues: [{ text: 'late' }] },
    ]);
    expect(cuesOf(vtt)).toEqual(['100:00:00.000 --> 100:01:01.001\nlate']);
  });

  it('refuses a track that is no WebVTT', () => {
    expect(() => webVttOf(initSegment([{ trackId: 1, entry: 'stpp' }]), new Uint8Array(0))).toThrow(
      expect.objectContaining({ code: 'unsupported_codec' }),
    );
  });
});
