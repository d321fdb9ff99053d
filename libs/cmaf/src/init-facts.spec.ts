import { readInit } from './init-facts.ts';
import {
  ascii,
  audioEntry,
  avcC,
  box,
  concat,
  ftyp,
  fullBox,
  initSegment,
  mvhd,
  stsd,
  trak,
  trex,
  type TestTrack,
  u32,
  u8,
  visualEntry,
} from '../testing/boxes.ts';
import { fixture, initOf, unitsOf } from '../testing/fixtures.ts';

const video: TestTrack = { trackId: 1, entry: 'avc1', timescale: 90_000 };

/** An init whose one track has exactly this sample entry. */
const initWith = (entry: Uint8Array): Uint8Array => {
  const init = Buffer.from(initSegment([{ ...video, entry: 'xxxx' }]));
  const placeholder = stsd(box('xxxx', new Uint8Array(6), u8(0, 1)));
  const at = init.indexOf(placeholder);
  const grown = concat(init.subarray(0, at), stsd(entry), init.subarray(at + placeholder.length));
  const view = Buffer.from(grown.buffer);
  for (const type of ['moov', 'trak', 'mdia', 'minf', 'stbl']) {
    const sizeAt = view.indexOf(type) - 4;
    view.writeUInt32BE(view.readUInt32BE(sizeAt) + stsd(entry).length - placeholder.length, sizeAt);
  }
  return grown;
};

const movie = (...children: Uint8Array[]): Uint8Array => concat(ftyp(), box('moov', mvhd(), ...children));

describe('readInit', () => {
  it.each([
    ['h264.cmfv', { kind: 'video', codec: 'avc1.64000b', width: 160, height: 90, timescale: 15_360 }],
    ['hevc.cmfv', { kind: 'video', codec: 'hvc1.1.6.L30.90', width: 160, height: 90 }],
    ['av1.cmfv', { kind: 'video', codec: 'av01.0.00M.08', width: 160, height: 90 }],
    ['vp9.cmfv', { kind: 'video', codec: 'vp09.00.10.08', width: 160, height: 90 }],
    ['aac.cmfa', { kind: 'audio', codec: 'mp4a.40.2', channels: 2, sampleRate: 48_000, timescale: 48_000 }],
    ['opus.cmfa', { kind: 'audio', codec: 'Opus', channels: 2, sampleRate: 48_000 }],
    ['flac.cmfa', { kind: 'audio', codec: 'fLaC', channels: 1, sampleRate: 48_000 }],
    ['ac3.cmfa', { kind: 'audio', codec: 'ac-3', sampleRate: 48_000 }],
    ['eac3.cmfa', { kind: 'audio', codec: 'ec-3', sampleRate: 48_000 }],
  ])('reads the facts of the real %s', (name, facts) => {
    const { tracks } = readInit(initOf(unitsOf(fixture(name))));
    expect(tracks).toEqual([expect.objectContaining({ trackId: 1, language: 'und', ...facts })]);
  });

  it('reads brands and every track of a real multiplexed init', () => {
    const facts = readInit(initOf(unitsOf(fixture('multiplexed.mp4'))));
    expect(facts.majorBrand).toBe('iso5');
    expect(facts.compatibleBrands).toEqual(expect.arrayContaining(['iso5', 'iso6']));
    expect(facts.tracks.map(({ trackId, kind }) => [trackId, kind])).toEqual([
      [1, 'video'],
      [2, 'audio'],
    ]);
  });

  it('reads the defaults of trex, a frame rate from them, and nothing that is not there', () => {
    const init = initSegment([
      { ...video, defaultDurationTicks: 3003, defaultSizeBytes: 7, defaultFlags: 0x0101_0000 },
    ]);
    expect(readInit(init).tracks).toEqual([
      {
        trackId: 1,
        kind: 'video',
        codec: 'avc1.64001f',
        timescale: 90_000,
        language: 'und',
        width: 1280,
        height: 720,
        frameRate: 30_000 / 1001,
        defaultSampleDurationTicks: 3003,
        defaultSampleSizeBytes: 7,
        defaultSampleFlags: 0x0101_0000,
      },
    ]);
    expect(readInit(initSegment([video])).tracks[0]).not.toHaveProperty('frameRate');
  });

  it.each([
    [{ language: 'deu' }, 'deu'],
    [{ language: '```' }, 'und'],
    [{ language: 'deu', extendedLanguage: 'de-CH' }, 'de-CH'],
    [{ headerVersion: 1 as const, language: 'fra' }, 'fra'],
  ])('reads the language of %j', (over, language) => {
    expect(readInit(initSegment([{ ...video, ...over }])).tracks[0]).toMatchObject({ language, timescale: 90_000 });
  });

  it.each([
    ['wvtt', 'text'],
    ['stpp', 'text'],
    ['urim', 'metadata'],
  ])('knows %s as %s', (entry, kind) => {
    expect(readInit(initSegment([{ trackId: 4, entry }])).tracks[0]).toMatchObject({ codec: entry, kind });
  });

  it('names the TTML profile where a mime box states it', () => {
    const mime = fullBox('mime', 0, 0, ascii('application/ttml+xml; codecs="im1t"\0'));
    const strings = ascii('http://www.w3.org/ns/ttml\0\0\0');
    const entry = box('stpp', new Uint8Array(6), u8(0, 1), strings, mime, box('btrt', u32(0), u32(9000), u32(0)));
    expect(readInit(initWith(entry)).tracks[0]).toMatchObject({ codec: 'stpp.ttml.im1t', declaredMaxBitrate: 9000 });
  });

  it('reads the bitrates that btrt declares', () => {
    const entry = visualEntry('avc1', avcC, box('btrt', u32(1), u32(3_000_000), u32(2_500_000)));
    expect(readInit(initWith(entry)).tracks[0]).toMatchObject({
      declaredMaxBitrate: 3_000_000,
      declaredAverageBitrate: 2_500_000,
    });
    const [real] = readInit(initOf(unitsOf(fixture('aac.cmfa')))).tracks;
    expect(real).toMatchObject({ declaredMaxBitrate: 32_000, declaredAverageBitrate: 32_000 });
  });

  it.each([
    ['zeros', visualEntry('avc1', avcC, box('btrt', u32(0), u32(0), u32(0)))],
    ['a btrt cut short', visualEntry('avc1', avcC, box('btrt', u32(0)))],
    ['the terminator that QuickTime writes', visualEntry('avc1', avcC, u32(0))],
  ])('declares no bitrate for %s, and refuses nothing', (_, entry) => {
    const [facts] = readInit(initWith(entry)).tracks;
    expect(facts).toMatchObject({ codec: 'avc1.64001f' });
    expect(facts).not.toHaveProperty('declaredMaxBitrate');
    expect(facts).not.toHaveProperty('declaredAverageBitrate');
  });

  it('reads avc3 like avc1, past boxes it does not know', () => {
    expect(readInit(initWith(visualEntry('avc3', box('pasp', u32(1), u32(1)), avcC))).tracks[0]?.codec).toBe(
      'avc3.64001f',
    );
  });

  it.each(['tmcd', 'encv', 'toString'.slice(0, 4), 'mp4v'])(
    'names the sample entry %s that it does not support',
    (entry) => {
      const act = () => readInit(initSegment([{ trackId: 1, entry }]));
      expect(act).toThrow(
        expect.objectContaining({ code: 'unsupported_codec', message: expect.stringContaining(entry) }),
      );
    },
  );

  it.each([
    ['avc1 without avcC', visualEntry('avc1')],
    ['avcC cut short', visualEntry('avc1', box('avcC', u8(1, 0x64)))],
    [
      'avcC whose parameter sets do not fit',
      visualEntry('avc1', box('avcC', u8(1, 0x64, 0, 31, 255, 0xe1, 0xff, 0xff))),
    ],
    ['av1C of another version', visualEntry('av01', box('av1C', u8(0x82, 0, 0, 0)))],
    ['esds without AudioSpecificConfig', audioEntry('mp4a', fullBox('esds', 0, 0, u8(3, 3, 0, 1, 0)))],
    ['a sample entry cut short', box('avc1', u32(0))],
  ])('refuses %s', (_, entry) => {
    expect(() => readInit(initWith(entry))).toThrow(expect.objectContaining({ code: 'init_malformed' }));
  });

  it.each([
    ['no ftyp', initSegment([video]).subarray(ftyp().length)],
    ['no moov', ftyp()],
    ['two moovs', concat(initSegment([video]), initSegment([video]))],
    ['no track', movie(box('mvex', trex(video)))],
    ['no mvex', movie(trak(video))],
    ['no trex for a track', movie(trak(video), box('mvex', trex({ ...video, trackId: 2 })))],
    ['one track_ID twice', movie(trak(video), trak(video), box('mvex', trex(video)))],
    ['track_ID 0', initSegment([{ ...video, trackId: 0 }])],
    ['timescale 0', initSegment([{ ...video, timescale: 0 }])],
    [
      'samples of its own',
      movie(trak(video, [fullBox('stsz', 0, 0, u32(4), u32(0xffff_ffff))]), box('mvex', trex(video))),
    ],
    ['a sample entry missing', movie(box('trak', fullBox('tkhd', 0, 0, new Uint8Array(80))), box('mvex'))],
    ['33 tracks', initSegment(Array.from({ length: 33 }, (_, index) => ({ ...video, trackId: index + 1 })))],
    ['bytes that are no box', concat(initSegment([video]), ascii('abc'))],
  ])('refuses an init with %s', (_, bytes) => {
    expect(() => readInit(bytes)).toThrow(expect.objectContaining({ code: 'init_malformed' }));
  });
});
