/** An ISO BMFF box inside a buffer; offsets are of the buffer. */
interface Box {
  readonly type: string;
  readonly bodyAt: number;
  readonly endAt: number;
}

/** What an initialization segment says. */
export interface InitContent {
  readonly topLevel: readonly string[];
  readonly brands: readonly string[];
  readonly hasMovieExtends: boolean;
  /** Sum of the sample counts in the sample tables. */
  readonly sampleCount: number;
  /** Sum of the durations in mvhd and tkhd. */
  readonly headerDurations: number;
  readonly tracks: readonly InitTrack[];
}

/** One track of an initialization segment. */
export interface InitTrack {
  readonly trackId: number;
  readonly timescale: number;
  /** Four-character code of its sample entry. */
  readonly sampleEntry: string;
  /** Sample flags where a fragment states none. */
  readonly defaultSampleFlags: number;
}

/** One track fragment. */
export interface TrackFragment {
  readonly trackId: number;
  /** Undefined without tfdt. */
  readonly decodeTimeTicks: bigint | undefined;
  readonly isMovieFragmentRelative: boolean;
  readonly hasSyncSample: boolean;
}

/** What a segment or part holds. */
export interface MediaContent {
  readonly fragments: readonly TrackFragment[];
  /** The bodies of all mdat boxes. */
  readonly samples: readonly Uint8Array[];
}

const MAX_BOXES = 20_000;
const NOT_SYNC = 0x0001_0000;
const TFHD_BASE_DATA_OFFSET = 0x01;
const TFHD_DEFAULT_BASE_IS_MOOF = 0x02_0000;
const CONTAINERS = new Set(['moov', 'trak', 'mdia', 'minf', 'stbl', 'mvex', 'moof', 'traf']);
const SAMPLE_COUNT_AT: Readonly<Record<string, number>> = { stts: 4, ctts: 4, stsc: 4, stsz: 8, stco: 4, co64: 4 };

class Bytes {
  readonly view: DataView;

  constructor(readonly bytes: Uint8Array) {
    this.view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  }

  uint32(at: number): number {
    return at + 4 <= this.bytes.length ? this.view.getUint32(at) : 0;
  }

  uint64(at: number): bigint {
    return at + 8 <= this.bytes.length ? this.view.getBigUint64(at) : 0n;
  }

  fourCc(at: number): string {
    return String.fromCharCode(...this.bytes.subarray(at, at + 4));
  }

  /** Every box, containers before what they contain, up to a bound. */
  *boxes(from = 0, to = this.bytes.length, path = ''): Generator<Box & { path: string }> {
    let at = from;
    for (let count = 0; at + 8 <= to && count < MAX_BOXES; count++) {
      const size = this.uint32(at);
      const large = size === 1;
      const length = large ? Number(this.uint64(at + 8)) : size === 0 ? to - at : size;
      const bodyAt = at + (large ? 16 : 8);
      const endAt = Math.min(to, at + length);
      if (length < 8 || bodyAt > endAt) return;
      const type = this.fourCc(at + 4);
      const own = `${path}/${type}`;
      yield { type, bodyAt, endAt, path: own };
      if (CONTAINERS.has(type)) yield* this.boxes(bodyAt, endAt, own);
      at = endAt;
    }
  }
}

interface OpenTrack {
  trackId: number;
  timescale: number;
  sampleEntry: string;
  defaultSampleFlags: number;
}

interface OpenInit {
  readonly topLevel: string[];
  readonly brands: string[];
  hasMovieExtends: boolean;
  sampleCount: number;
  headerDurations: number;
  readonly tracks: OpenTrack[];
}

type InitBox = (init: OpenInit, source: Bytes, box: Box & { wide: number; version: number }) => void;

const lastTrack = ({ tracks }: OpenInit): OpenTrack | undefined => tracks.at(-1);

const INIT_BOXES: Readonly<Record<string, InitBox>> = {
  ftyp: (init, source, { bodyAt, endAt }) => {
    for (let at = bodyAt; at + 4 <= endAt; at += 4) init.brands.push(source.fourCc(at));
  },
  mvex: (init) => {
    init.hasMovieExtends = true;
  },
  mvhd: (init, source, { bodyAt, wide, version }) => {
    init.headerDurations += durationAt(source, bodyAt + 16 + wide, version);
  },
  trak: ({ tracks }) => {
    tracks.push({ trackId: 0, timescale: 0, sampleEntry: '', defaultSampleFlags: 0 });
  },
  tkhd: (init, source, { bodyAt, wide, version }) => {
    const track = lastTrack(init);
    if (track !== undefined) track.trackId = source.uint32(bodyAt + 12 + wide);
    init.headerDurations += durationAt(source, bodyAt + 20 + wide, version);
  },
  mdhd: (init, source, { bodyAt, wide }) => {
    const track = lastTrack(init);
    if (track !== undefined) track.timescale = source.uint32(bodyAt + 12 + wide);
  },
  stsd: (init, source, { bodyAt }) => {
    const track = lastTrack(init);
    if (track !== undefined) track.sampleEntry = source.fourCc(bodyAt + 12);
  },
  trex: ({ tracks }, source, { bodyAt }) => {
    const track = tracks.find(({ trackId }) => trackId === source.uint32(bodyAt + 4));
    if (track !== undefined) track.defaultSampleFlags = source.uint32(bodyAt + 20);
  },
};

/** Reads an initialization segment leniently: what is not there stays empty. */
export function readInit(bytes: Uint8Array): InitContent {
  const source = new Bytes(bytes);
  const init: OpenInit = {
    topLevel: [],
    brands: [],
    hasMovieExtends: false,
    sampleCount: 0,
    headerDurations: 0,
    tracks: [],
  };
  for (const box of source.boxes()) {
    const version = bytes[box.bodyAt] ?? 0;
    if (box.path === `/${box.type}`) init.topLevel.push(box.type);
    INIT_BOXES[box.type]?.(init, source, { ...box, version, wide: version === 1 ? 8 : 0 });
    const countAt = SAMPLE_COUNT_AT[box.type];
    if (countAt !== undefined) init.sampleCount += source.uint32(box.bodyAt + countAt);
  }
  return init;
}

/** All bits set means unknown, which counts as none. */
function durationAt(source: Bytes, at: number, version: number): number {
  const value = version === 1 ? source.uint64(at) : BigInt(source.uint32(at));
  return value === 0xffff_ffffn || value === 0xffff_ffff_ffff_ffffn ? 0 : Number(value);
}

interface OpenFragment {
  trackId: number;
  decodeTimeTicks: bigint | undefined;
  isMovieFragmentRelative: boolean;
  hasSyncSample: boolean;
  defaultSampleFlags: number;
}

/** Reads a segment or part leniently; `init` gives the sample flags that it leaves to the default. */
export function readMedia(bytes: Uint8Array, init: InitContent | undefined): MediaContent {
  const source = new Bytes(bytes);
  const fragments: OpenFragment[] = [];
  const samples: Uint8Array[] = [];
  for (const { type, bodyAt, endAt } of source.boxes()) {
    const fragment = fragments.at(-1);
    if (type === 'mdat') samples.push(bytes.subarray(bodyAt, endAt));
    else if (type === 'tfhd') fragments.push(fragmentOf(source, bodyAt, init));
    else if (type === 'tfdt' && fragment !== undefined) {
      fragment.decodeTimeTicks = bytes[bodyAt] === 1 ? source.uint64(bodyAt + 4) : BigInt(source.uint32(bodyAt + 4));
    } else if (type === 'trun' && fragment !== undefined) {
      fragment.hasSyncSample ||= hasSyncSample(source, { bodyAt, endAt }, fragment.defaultSampleFlags);
    }
  }
  return { fragments, samples };
}

function fragmentOf(source: Bytes, bodyAt: number, init: InitContent | undefined): OpenFragment {
  const flags = source.uint32(bodyAt) & 0xff_ffff;
  const trackId = source.uint32(bodyAt + 4);
  const widths: Array<[number, number]> = [
    [0x01, 8],
    [0x02, 4],
    [0x08, 4],
    [0x10, 4],
  ];
  const flagsAt = widths.reduce((at, [flag, width]) => at + ((flags & flag) === 0 ? 0 : width), bodyAt + 8);
  const trackDefault = init?.tracks.find((track) => track.trackId === trackId)?.defaultSampleFlags;
  return {
    trackId,
    decodeTimeTicks: undefined,
    isMovieFragmentRelative: (flags & TFHD_BASE_DATA_OFFSET) === 0 && (flags & TFHD_DEFAULT_BASE_IS_MOOF) !== 0,
    hasSyncSample: false,
    defaultSampleFlags: (flags & 0x20) === 0 ? (trackDefault ?? 0) : source.uint32(flagsAt),
  };
}

function hasSyncSample(source: Bytes, { bodyAt, endAt }: Pick<Box, 'bodyAt' | 'endAt'>, defaultFlags: number): boolean {
  const flags = source.uint32(bodyAt) & 0xff_ffff;
  const count = source.uint32(bodyAt + 4);
  let at = bodyAt + 8 + ((flags & 0x01) === 0 ? 0 : 4);
  if ((flags & 0x400) === 0) {
    const firstFlags = (flags & 0x04) === 0 ? defaultFlags : source.uint32(at);
    return isSync(firstFlags) || (count > 1 && isSync(defaultFlags));
  }
  if ((flags & 0x04) !== 0) at += 4;
  const before = widthOf(flags, 0x100) + widthOf(flags, 0x200);
  const stride = before + 4 + widthOf(flags, 0x800);
  for (let sample = 0; sample < count && at + stride <= endAt; sample++, at += stride) {
    if (isSync(source.uint32(at + before))) return true;
  }
  return false;
}

const widthOf = (flags: number, field: number): number => ((flags & field) === 0 ? 0 : 4);
const isSync = (sampleFlags: number): boolean => (sampleFlags & NOT_SYNC) === 0;
