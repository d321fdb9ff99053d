import { ISOFile, Log, MP4BoxBuffer, MultiBufferStream, type SampleEntry } from 'mp4box';
import { fourccName, type BoxCursor } from './box-cursor.ts';
import { boxBytes } from './byte-writer.ts';
import { CmafError } from './cmaf-error.ts';
import { findChild } from './init-layout.ts';
import type { TrackFacts } from './model.ts';
import { ttmlCodec, ttmlFixedBytes } from './ttml-entry.ts';

/** What the sample entry of a track says. */
export type SampleEntryFacts = Pick<
  TrackFacts,
  'kind' | 'codec' | 'width' | 'height' | 'channels' | 'sampleRate' | keyof DeclaredBitrates
>;

type DeclaredBitrates = Pick<TrackFacts, 'declaredMaxBitrate' | 'declaredAverageBitrate'>;

interface KnownEntry {
  kind: TrackFacts['kind'];
  /** The box with the decoder configuration; without it a player cannot decode. */
  config?: string;
  /** The codec string is the bare sample entry type, whatever the configuration says. */
  bareCodec?: true;
}

const KNOWN_ENTRIES: Readonly<Record<string, KnownEntry>> = {
  avc1: { kind: 'video', config: 'avcC' },
  avc3: { kind: 'video', config: 'avcC' },
  hvc1: { kind: 'video', config: 'hvcC' },
  hev1: { kind: 'video', config: 'hvcC' },
  av01: { kind: 'video', config: 'av1C' },
  vp09: { kind: 'video', config: 'vpcC' },
  mp4a: { kind: 'audio', config: 'esds' },
  Opus: { kind: 'audio', config: 'dOps', bareCodec: true },
  fLaC: { kind: 'audio', config: 'dfLa', bareCodec: true },
  'ac-3': { kind: 'audio', config: 'dac3', bareCodec: true },
  'ec-3': { kind: 'audio', config: 'dec3', bareCodec: true },
  wvtt: { kind: 'text' },
  stpp: { kind: 'text' },
  evte: { kind: 'metadata' },
  urim: { kind: 'metadata' },
};

/** Content bytes ahead of the boxes of a visual and of an audio sample entry (ISO/IEC 14496-12, 12.1.3 and 12.2.3). */
const FIXED_BYTES = { video: 78, audio: 28 };
/** The same of every other sample entry we know (8.5.2.2). */
const PLAIN_FIXED_BYTES = 8;

// mp4box only prints what it finds wrong; thrown, it becomes an answer of readInit.
Log.error = (module, message) => {
  throw new Error(`${module}: ${message ?? ''}`);
};

/** Facts of the first entry of the `stsd` the cursor stands on. Throws `unsupported_codec` or `init_malformed`. */
export function readSampleEntry(stsd: BoxCursor): SampleEntryFacts {
  const entry = stsd.children(8);
  if (!entry.next()) throw new CmafError('init_malformed', 'expected a sample entry in stsd, got none');
  const type = fourccName(entry.type);
  const known = Object.hasOwn(KNOWN_ENTRIES, type) ? KNOWN_ENTRIES[type] : undefined;
  if (!known) {
    const supported = Object.keys(KNOWN_ENTRIES).join(', ');
    throw new CmafError('unsupported_codec', `sample entry ${type} is not supported; supported are ${supported}`);
  }
  if (known.kind === 'text' || known.kind === 'metadata') {
    const isTtml = type === 'stpp';
    const bitrates = declaredBitrates(entry, isTtml ? ttmlFixedBytes(entry) : PLAIN_FIXED_BYTES);
    return { kind: known.kind, codec: isTtml ? ttmlCodec(entry) : type, ...bitrates };
  }
  const fixedBytes = FIXED_BYTES[known.kind];
  const facts = describe(parseEntry(fence(entry, fixedBytes, known), type), known.kind);
  return { ...facts, ...declaredBitrates(entry, fixedBytes) };
}

/** `btrt` (8.5.2.2), where it is and says something; no entry is refused for what comes after its configuration. */
function declaredBitrates(entry: BoxCursor, fixedBytes: number): DeclaredBitrates {
  try {
    const btrt = findChild(entry, 'btrt', fixedBytes);
    btrt?.need(12);
    const bitrateAt = (at: number): number => btrt?.view.getUint32(btrt.payload + at) ?? 0;
    const [declaredMaxBitrate, declaredAverageBitrate] = [bitrateAt(4), bitrateAt(8)];
    return {
      ...(declaredMaxBitrate > 0 ? { declaredMaxBitrate } : {}),
      ...(declaredAverageBitrate > 0 ? { declaredAverageBitrate } : {}),
    };
  } catch (error) {
    if (error instanceof CmafError) return {};
    throw error;
  }
}

/**
 * A sample entry with its fixed fields and only what the codec string is made of. The rest is not mp4box's business:
 * it would allocate what a hostile box asks for, and 2.4 cannot read a `dfLa`.
 */
function fence(entry: BoxCursor, fixedBytes: number, { config, bareCodec }: KnownEntry): Uint8Array {
  const type = fourccName(entry.type);
  const box = config === undefined ? undefined : findChild(entry, config, fixedBytes);
  if (!box) throw new CmafError('init_malformed', `expected ${config} in sample entry ${type}, got none`);
  const fixedStart = entry.payload - entry.start;
  const fixed = entry.bytes().subarray(fixedStart, fixedStart + fixedBytes);
  return boxBytes(type, bareCodec ? [fixed] : [fixed, box.bytes()]);
}

/** What mp4box makes of one sample entry. It reads whole files, so the entry is wrapped in the smallest movie that holds it. */
function parseEntry(entry: Uint8Array, type: string): { entry: SampleEntry; codec: string } {
  const versionAndCount = Uint8Array.of(0, 0, 0, 0, 0, 0, 0, 1);
  const movie = ['stbl', 'minf', 'mdia', 'trak', 'moov'].reduce(
    (inner, container) => boxBytes(container, [inner]),
    boxBytes('stsd', [versionAndCount, entry]),
  );
  try {
    const file = new ISOFile(new MultiBufferStream(MP4BoxBuffer.fromArrayBuffer(movie.buffer, 0)));
    const parsed = file.moov.traks[0]?.mdia.minf.stbl.stsd.entries[0];
    if (parsed) return { entry: parsed, codec: parsed.getCodec() };
  } catch (cause) {
    throw new CmafError('init_malformed', `decoder configuration of sample entry ${type} cannot be read`, { cause });
  }
  throw new CmafError('init_malformed', `expected a sample entry ${type} that can be read, got none`);
}

function describe(parsed: { entry: SampleEntry; codec: string }, kind: 'video' | 'audio'): SampleEntryFacts {
  const { entry, codec } = parsed;
  // `mp4a.40` alone: esds came without its AudioSpecificConfig; `mp4a.00`: without a DecoderConfigDescriptor.
  if (!/^[\w-]{4}(\.\w+)*$/.test(codec) || /^mp4a(\.[04]0)?$/.test(codec)) {
    throw new CmafError('init_malformed', `decoder configuration gives no RFC 6381 codec, got ${codec}`);
  }
  if (kind === 'video') return { kind, codec, width: entry.getWidth(), height: entry.getHeight() };
  return { kind, codec, channels: entry.getChannelCount(), ...sampleRateOf(entry) };
}

/** Rates from 65536 Hz do not fit the sample entry's 16.16 field, writers leave 0 in it. */
function sampleRateOf(entry: SampleEntry): Pick<SampleEntryFacts, 'sampleRate'> {
  const sampleRate = entry.getSampleRate();
  return sampleRate > 0 ? { sampleRate } : {};
}
