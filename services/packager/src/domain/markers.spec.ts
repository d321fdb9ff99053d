import { eventMessageBox } from '../../test/boxes.ts';
import { chunkOf, eventOf, NUMBERS, runEvents, sha256, WISHES } from '../../test/media.ts';
import { markersIn, withMarkers } from './markers.ts';
import { newSegmenter, resumeTrack } from './segmenter.ts';

const ID3 = 'https://aomedia.org/emsg/ID3';
const SCTE35 = 'urn:scte:scte35:2013:bin';
/** splice_insert, out of network, break of 60.06 s (SCTE 35, 14.2). */
const SPLICE_OUT = Buffer.from('/DAvAAAAAAAA///wFAVIAACPf+/+c2nALv4AUsz1AAAAAAAKAAhDVUVJAAABNWLbowo=', 'base64');

/** A chunk of 90 kHz at this time with these boxes before its media. */
const chunkWith = (boxes: Uint8Array, startMs = 10_000) =>
  chunkOf({
    streamSequence: 1,
    startMs,
    bytes: Buffer.concat([boxes, Buffer.from([0, 0, 0, 8]), Buffer.from('mdat')]),
  });

describe('the event messages of a chunk', () => {
  it('become markers on the wall clock', () => {
    const emsg = eventMessageBox({
      schemeIdUri: ID3,
      value: 'v',
      timescale: 1000,
      presentationTimeTicks: 10_250n,
      durationTicks: 500,
      id: 7,
      messageData: Buffer.from('ID3!'),
    });
    expect(markersIn(chunkWith(emsg))).toEqual({
      markers: [
        {
          id: `${sha256(`${ID3}\0v`).slice(0, 12)}-0-7-103`,
          schemeIdUri: ID3,
          value: 'v',
          startEpochMs: 1_700_000_010_250,
          durationMs: 500,
          messageData: Buffer.from('ID3!').toString('base64'),
        },
      ],
    });
  });

  it('of version 0 count from the start of the chunk, and have no duration when none is known', () => {
    const emsg = eventMessageBox({
      schemeIdUri: ID3,
      timescale: 1000,
      presentationTimeDelta: 40,
      durationTicks: 0xffff_ffff,
    });
    const [marker] = markersIn(chunkWith(emsg)).markers;
    expect(marker).toMatchObject({ startEpochMs: 1_700_000_010_040 });
    expect(marker).not.toHaveProperty('durationMs');
  });

  it('carry a splice as SCTE35 attribute and not a second time as data', () => {
    const emsg = eventMessageBox({
      schemeIdUri: SCTE35,
      timescale: 90_000,
      presentationTimeTicks: 900_000n,
      durationTicks: 0xffff_ffff,
      messageData: SPLICE_OUT,
    });
    const [marker] = markersIn(chunkWith(emsg)).markers;
    expect(marker?.scte35).toEqual({ role: 'out', hex: `0x${SPLICE_OUT.toString('hex').toUpperCase()}` });
    expect(marker?.durationMs).toBeCloseTo(60_293.567, 0);
    expect(marker).not.toHaveProperty('messageData');
  });

  it('have one id for one event, in whatever track and timescale it comes', () => {
    const idOf = (timescale: number, presentationTimeTicks: bigint, id = 3) =>
      markersIn(chunkWith(eventMessageBox({ schemeIdUri: ID3, timescale, presentationTimeTicks, id }))).markers[0]?.id;
    expect(idOf(48_000, 493_333n)).toBe(idOf(90_000, 925_000n));
    expect(idOf(90_000, 925_000n, 4)).not.toBe(idOf(90_000, 925_000n));
    expect(idOf(90_000, 1_825_000n)).not.toBe(idOf(90_000, 925_000n));
  });

  it('that cannot be read or told are named and cost nothing else', () => {
    const good = eventMessageBox({ schemeIdUri: ID3, timescale: 1000, presentationTimeTicks: 1n });
    const odd = eventMessageBox({ schemeIdUri: 's'.repeat(501), timescale: 1000, presentationTimeTicks: 1n, id: 5 });
    expect(markersIn(chunkWith(Buffer.concat([odd, good])))).toMatchObject({
      markers: [{ schemeIdUri: ID3 }],
      unusable: expect.stringContaining('emsg 5'),
    });
    const broken = Buffer.from(good);
    broken.writeUInt8(9, 8);
    expect(markersIn(chunkWith(broken))).toEqual({ markers: [], unusable: expect.stringContaining('version') });
  });
});

describe('the markers of a segment', () => {
  const marker = (id: string, dataLength: number) => ({
    ...{ id, schemeIdUri: ID3, value: '', startEpochMs: 0, messageData: 'A'.repeat(dataLength) },
  });

  it('hold an event once, at most 64, and 8 KB of data in all', () => {
    expect(withMarkers([marker('a', 1)], [marker('a', 1), marker('b', 1)]).map((one) => one.id)).toEqual(['a', 'b']);
    const many = Array.from({ length: 100 }, (_, index) => marker(`m${index}`, 1));
    expect(withMarkers(many.slice(0, 60), many)).toHaveLength(64);
    const large = withMarkers([], [marker('a', 5000), marker('b', 5000), marker('c', 3000)]);
    expect(large.map((one) => one.messageData?.length)).toEqual([5000, undefined, 3000]);
  });

  it('are those of its chunks, in record and window, open and closed', () => {
    const markers = [marker('a', 4)];
    const chunks = [0, 1, 2, 3, 4].map((index) =>
      chunkOf({
        streamSequence: index + 1,
        startMs: index * 500,
        independent: index % 4 === 0,
        markers: index === 1 ? markers : [],
      }),
    );
    const { effects, records } = runEvents(newSegmenter(NUMBERS, WISHES), chunks.map(eventOf));
    const parts = effects.filter((effect) => effect.kind === 'part_finished');
    expect(parts.map((effect) => effect.segment.markers?.length)).toEqual([undefined, 1, 1, 1, undefined]);
    expect(records[0]?.markers).toEqual(markers);
    expect(effects.find((effect) => effect.kind === 'segment_closed')).toMatchObject({ segment: { markers } });
  });

  it('go on with the segments after it for as long as they last, also for a successor (hls.md 43)', () => {
    const startMs = chunkOf({ streamSequence: 1 }).anchorEpochMs;
    const long = { ...marker('long', 4), startEpochMs: startMs, durationMs: 5000 };
    const events = Array.from({ length: 17 }, (_, index) =>
      eventOf(
        chunkOf({
          streamSequence: index + 1,
          startMs: index * 500,
          independent: index % 4 === 0,
          markers: index === 1 ? [long, marker('short', 4)] : [],
        }),
      ),
    );
    const { records } = runEvents(newSegmenter(NUMBERS, WISHES), events);
    const idsOf = (record: (typeof records)[number]) => (record.markers ?? []).map(({ id }) => id);
    expect(records.map(idsOf)).toEqual([['long', 'short'], ['long'], ['long'], []]);
    const successor = resumeTrack(newSegmenter(NUMBERS, WISHES), records[0]!);
    const resumed = runEvents(successor, events.slice(4));
    expect(resumed.records.map(idsOf)).toEqual([['long'], ['long'], []]);
  });
});
