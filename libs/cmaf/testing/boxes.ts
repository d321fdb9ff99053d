/** Writes boxes, init segments and fragments for tests: every shape a source may choose, and wrong ones. */

export const u8 = (...values: number[]): Uint8Array => Uint8Array.from(values);

export const u16 = (value: number): Uint8Array => u8(value >>> 8, value & 0xff);

export const u32 = (value: number): Uint8Array =>
  u8(value >>> 24, (value >>> 16) & 0xff, (value >>> 8) & 0xff, value & 0xff);

export const u64 = (value: bigint): Uint8Array => {
  const bytes = new Uint8Array(8);
  new DataView(bytes.buffer).setBigUint64(0, value);
  return bytes;
};

export const ascii = (text: string): Uint8Array => Uint8Array.from(text, (letter) => letter.charCodeAt(0));

export const concat = (...pieces: readonly Uint8Array[]): Uint8Array => new Uint8Array(Buffer.concat(pieces));

export const box = (type: string, ...pieces: readonly Uint8Array[]): Uint8Array => {
  const content = concat(...pieces);
  return concat(u32(content.length + 8), ascii(type), content);
};

/** The same with a 64-bit size. */
export const largeBox = (type: string, ...pieces: readonly Uint8Array[]): Uint8Array => {
  const content = concat(...pieces);
  return concat(u32(1), ascii(type), u64(BigInt(content.length + 16)), content);
};

export const fullBox = (type: string, version: number, flags: number, ...pieces: readonly Uint8Array[]): Uint8Array =>
  box(type, u32(((version << 24) | flags) >>> 0), ...pieces);

export const styp = (...brands: string[]): Uint8Array => box('styp', ascii('msdh'), u32(0), ...brands.map(ascii));

/** @param ntp 32.32 fixed point */
export const prft = (trackId: number, ntp: bigint, mediaTimeTicks: bigint, version: 0 | 1 = 1): Uint8Array =>
  fullBox('prft', version, 0, u32(trackId), u64(ntp), version ? u64(mediaTimeTicks) : u32(Number(mediaTimeTicks)));

/** `emsg` of version 1, times as given; `durationTicks` 0xffffffff is unknown. */
export const emsg = (message: {
  schemeIdUri: string;
  value?: string;
  timescale: number;
  presentationTimeTicks: bigint;
  durationTicks?: number;
  id: number;
  messageData?: Uint8Array;
}): Uint8Array =>
  fullBox(
    'emsg',
    1,
    0,
    u32(message.timescale),
    u64(message.presentationTimeTicks),
    u32(message.durationTicks ?? 0xffff_ffff),
    u32(message.id),
    ascii(`${message.schemeIdUri}\0${message.value ?? ''}\0`),
    message.messageData ?? u8(),
  );

export interface TestTrack {
  trackId: number;
  /** Four-character code; avc1 and mp4a come with a configuration. */
  entry: string;
  /** The whole sample entry, instead of the one that `entry` gets. */
  entryBytes?: Uint8Array;
  timescale?: number;
  /** trex */
  defaultDurationTicks?: number;
  defaultSizeBytes?: number;
  defaultFlags?: number;
  durationTicks?: number;
  headerVersion?: 0 | 1;
  edits?: boolean;
  language?: string;
  extendedLanguage?: string;
}

/** A decoder configuration for High profile, level 3.1, without parameter sets. */
export const avcC = box('avcC', u8(1, 0x64, 0, 0x1f, 0xff, 0xe0, 0));

/** AAC-LC, 48 kHz, stereo. */
export const esds = fullBox(
  'esds',
  0,
  0,
  u8(3, 25, 0, 1, 0),
  u8(4, 17, 0x40, 0x15, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 5, 2, 0x11, 0x90),
  u8(6, 1, 2),
);

export const visualEntry = (type: string, ...children: Uint8Array[]): Uint8Array =>
  box(type, new Uint8Array(6), u16(1), new Uint8Array(16), u16(1280), u16(720), new Uint8Array(50), ...children);

export const audioEntry = (type: string, ...children: Uint8Array[]): Uint8Array =>
  box(type, new Uint8Array(6), u16(1), new Uint8Array(8), u16(2), u16(16), u32(0), u32(48_000 << 16), ...children);

const sampleEntry = (type: string): Uint8Array => {
  if (type === 'avc1') return visualEntry(type, avcC);
  if (type === 'mp4a') return audioEntry(type, esds);
  return box(type, new Uint8Array(6), u16(1));
};

const times = (version: 0 | 1, between: Uint8Array, durationTicks: number): Uint8Array[] =>
  version === 0
    ? [u32(0), u32(0), between, u32(durationTicks)]
    : [u64(0n), u64(0n), between, u64(BigInt(durationTicks))];

const HANDLERS = new Map([
  ['avc1', 'vide'],
  ['mp4a', 'soun'],
  ['wvtt', 'text'],
]);

const packLanguage = (language: string): Uint8Array =>
  u16(Array.from(language).reduce((packed, letter) => (packed << 5) | (letter.charCodeAt(0) - 0x60), 0));

const sampleTables = (): Uint8Array[] => [
  fullBox('stts', 0, 0, u32(0)),
  fullBox('stsc', 0, 0, u32(0)),
  fullBox('stsz', 0, 0, u32(0), u32(0)),
  fullBox('stco', 0, 0, u32(0)),
];

export const stsd = (...entries: Uint8Array[]): Uint8Array => fullBox('stsd', 0, 0, u32(entries.length), ...entries);

export const trak = (track: TestTrack, tables: readonly Uint8Array[] = sampleTables()): Uint8Array => {
  const version = track.headerVersion ?? 0;
  const duration = track.durationTicks ?? 0;
  const edits = track.edits ? [box('edts', fullBox('elst', 0, 0, u32(1), u32(0), u32(1024), u16(1), u16(0)))] : [];
  const elng = track.extendedLanguage ? [fullBox('elng', 0, 0, ascii(`${track.extendedLanguage}\0`))] : [];
  const mdhd = fullBox(
    'mdhd',
    version,
    0,
    ...times(version, u32(track.timescale ?? 48_000), duration),
    packLanguage(track.language ?? 'und'),
    u16(0),
  );
  const stbl = box('stbl', stsd(track.entryBytes ?? sampleEntry(track.entry)), ...tables);
  const handler = HANDLERS.get(track.entry) ?? 'meta';
  const hdlr = fullBox('hdlr', 0, 0, u32(0), ascii(handler), new Uint8Array(12), u8(0));
  return box(
    'trak',
    fullBox('tkhd', version, 3, ...times(version, concat(u32(track.trackId), u32(0)), duration), new Uint8Array(60)),
    ...edits,
    box('mdia', mdhd, hdlr, ...elng, box('minf', stbl)),
  );
};

export const trex = (track: TestTrack): Uint8Array =>
  fullBox(
    'trex',
    0,
    0,
    u32(track.trackId),
    u32(1),
    u32(track.defaultDurationTicks ?? 0),
    u32(track.defaultSizeBytes ?? 0),
    u32(track.defaultFlags ?? 0),
  );

export const ftyp = (major = 'iso5', ...brands: string[]): Uint8Array =>
  box('ftyp', ascii(major), u32(512), ...(brands.length > 0 ? brands : ['iso5', 'iso6', 'mp41']).map(ascii));

export const mvhd = (durationTicks = 0): Uint8Array =>
  fullBox('mvhd', 0, 0, u32(0), u32(0), u32(1000), u32(durationTicks), new Uint8Array(76), u32(0xffff_ffff));

export const initSegment = (tracks: readonly TestTrack[], extra: readonly Uint8Array[] = []): Uint8Array =>
  concat(
    ftyp(),
    box('moov', mvhd(5000), ...tracks.map((track) => trak(track)), box('mvex', ...tracks.map(trex)), ...extra),
  );
