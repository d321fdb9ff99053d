const NOT_SYNC = 0x0101_0000;
const SYNC = 0x0200_0000;

const uint32 = (...values: number[]): Buffer => {
  const bytes = Buffer.alloc(4 * values.length);
  for (const [index, value] of values.entries()) bytes.writeUInt32BE(value >>> 0, 4 * index);
  return bytes;
};

const uint64 = (value: bigint): Buffer => {
  const bytes = Buffer.alloc(8);
  bytes.writeBigUInt64BE(value);
  return bytes;
};

const box = (type: string, ...bodies: Buffer[]): Buffer => {
  const body = Buffer.concat(bodies);
  return Buffer.concat([uint32(8 + body.length), Buffer.from(type), body]);
};

const full = (type: string, versionAndFlags: number, ...bodies: Buffer[]): Buffer =>
  box(type, uint32(versionAndFlags), ...bodies);

/** What an initialization segment is to say; all but `sampleEntry` and `timescale` are faults. */
export interface MadeInit {
  readonly sampleEntry: string;
  readonly timescale: number;
  readonly movieDuration?: number;
  readonly withoutMovieExtends?: boolean;
}

/** A CMAF header of one track with id 1. */
export function madeInit({ sampleEntry, timescale, movieDuration = 0, withoutMovieExtends = false }: MadeInit): Buffer {
  const sampleTable = box(
    'stbl',
    full('stsd', 0, uint32(1), box(sampleEntry, Buffer.alloc(28))),
    full('stts', 0, uint32(0)),
    full('stsc', 0, uint32(0)),
    full('stsz', 0, uint32(0, 0)),
    full('stco', 0, uint32(0)),
  );
  const media = box('mdia', full('mdhd', 0, uint32(0, 0, timescale, 0, 0)), box('minf', sampleTable));
  const track = box('trak', full('tkhd', 3, uint32(0, 0, 1, 0, 0), Buffer.alloc(60)), media);
  const extend = box('mvex', full('trex', 0, uint32(1, 1, 0, 0, NOT_SYNC)));
  return Buffer.concat([
    box('ftyp', Buffer.from('iso6'), uint32(0), Buffer.from('iso6cmfc')),
    box(
      'moov',
      full('mvhd', 0, uint32(0, 0, timescale, movieDuration), Buffer.alloc(80)),
      track,
      ...(withoutMovieExtends ? [] : [extend]),
    ),
  ]);
}

/** One chunk of one track. */
export interface MadeChunk {
  readonly decodeTimeTicks: bigint;
  readonly independent: boolean;
  /** Tells this chunk's samples from all others. */
  readonly payload: string;
  readonly withoutDecodeTime?: boolean;
}

/** moof and mdat of one chunk of two samples; the first is a sync sample when it is independent. */
export function madeChunk({ decodeTimeTicks, independent, payload, withoutDecodeTime = false }: MadeChunk): Buffer {
  const samples = Buffer.from(payload.padEnd(64, '.'));
  const fragment = box(
    'traf',
    full('tfhd', 0x02_0000, uint32(1)),
    ...(withoutDecodeTime ? [] : [full('tfdt', 0x0100_0000, uint64(decodeTimeTicks))]),
    full('trun', 0x05, uint32(2, 0, independent ? SYNC : NOT_SYNC)),
  );
  return Buffer.concat([box('moof', full('mfhd', 0, uint32(1)), fragment), box('mdat', samples)]);
}
