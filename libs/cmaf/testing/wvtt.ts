import { ascii, box, concat, initSegment, u16, u32 } from './boxes.ts';
import { fragment, type TestSample } from './fragment.ts';

/** A WebVTT cue as a `vttc` box. */
export interface TestCue {
  text: string;
  id?: string;
  settings?: string;
  sourceId?: number;
}

/** One sample: what shows for this long. No cue makes a `vtte`. */
export interface TestCueSample {
  durationTicks: number;
  cues: readonly TestCue[];
}

const utf8 = (text: string): Uint8Array => new TextEncoder().encode(text);

const part = (type: string, text: string | undefined): Uint8Array[] =>
  text === undefined ? [] : [box(type, utf8(text))];

const cueBox = ({ text, id, settings, sourceId }: TestCue): Uint8Array =>
  box(
    'vttc',
    ...(sourceId === undefined ? [] : [box('vsid', u32(sourceId))]),
    ...part('iden', id),
    ...part('sttg', settings),
    ...part('payl', text),
  );

const SYNC_SAMPLE = 0x0200_0000;

const sampleOf = ({ durationTicks, cues }: TestCueSample): TestSample => ({
  durationTicks,
  flags: SYNC_SAMPLE,
  compositionTicks: 0,
  data: cues.length === 0 ? box('vtte') : concat(...cues.map(cueBox)),
});

/** The init segment of a CMAF WebVTT track (ISO/IEC 14496-30, 7.5). */
export const wvttInit = (o: { trackId?: number; timescale: number; language?: string; header?: string }): Uint8Array =>
  initSegment([
    {
      trackId: o.trackId ?? 1,
      entry: 'wvtt',
      entryBytes: box('wvtt', new Uint8Array(6), u16(1), box('vttC', utf8(o.header ?? 'WEBVTT'))),
      timescale: o.timescale,
      language: o.language ?? 'eng',
    },
  ]);

/** One chunk of such a track. */
export const wvttChunk = (o: {
  trackId?: number;
  decodeTimeTicks: bigint;
  samples: readonly TestCueSample[];
  leading?: readonly Uint8Array[];
}): Uint8Array =>
  fragment(
    [
      {
        trackId: o.trackId ?? 1,
        decodeTimeTicks: o.decodeTimeTicks,
        runs: [o.samples.map(sampleOf)],
        perSample: { duration: true, size: true, flags: false, composition: false },
      },
    ],
    { leading: o.leading ?? [box('styp', ascii('cmfs'), u32(0), ascii('cmfs'))] },
  );

/**
 * A track that counts: in each second of media one cue "second n" over the first 800 ms of it, a chunk for each second.
 * @param count chunks after the init segment
 */
export function countingCaptions(o: { startSecond: number; count: number; language?: string }): {
  init: Uint8Array;
  chunks: Uint8Array[];
} {
  const timescale = 1000;
  const chunks = Array.from({ length: o.count }, (_, index) => {
    const second = o.startSecond + index;
    return wvttChunk({
      decodeTimeTicks: BigInt(second * timescale),
      samples: [
        { durationTicks: 800, cues: [{ text: `second ${second}`, sourceId: second >>> 0 }] },
        { durationTicks: 200, cues: [] },
      ],
    });
  });
  return { init: wvttInit({ timescale, ...(o.language === undefined ? {} : { language: o.language }) }), chunks };
}
