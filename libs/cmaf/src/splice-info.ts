import { viewOf } from './box-cursor.ts';

/** The `emsg` scheme whose message data is a splice_info_section (SCTE 214-3, 6.7.3). Its XML forms stay opaque. */
export const SCTE35_SCHEME = 'urn:scte:scte35:2013:bin';

/** What a playlist needs of a splice_info_section (SCTE 35, 9.6). */
export interface SpliceInfo {
  /** The attribute of EXT-X-DATERANGE it belongs in (rfc8216bis, 4.4.5.1.1): SCTE35-OUT, SCTE35-IN or SCTE35-CMD. */
  role: 'out' | 'in' | 'cmd';
  /** The whole section as `0x` and upper-case hexadecimal digits. */
  hex: string;
  /** Of the break or segmentation event, when stated. */
  durationMs?: number;
  /** splice_event_id or segmentation_event_id: the same at both ends of one break. */
  eventId?: number;
}

type Cue = Omit<SpliceInfo, 'hex'>;

const TABLE_ID = 0xfc;
const SPLICE_INSERT = 0x05;
const TIME_SIGNAL = 0x06;
const SEGMENTATION_DESCRIPTOR = 0x02;
/** Older encoders leave splice_command_length at all ones. */
const LENGTH_UNKNOWN = 0xfff;
/** segmentation_type_id of starts that leave the network; the ends are one higher (SCTE 35, table 23). */
const OUT_TYPES: ReadonlySet<number> = new Set([0x22, 0x30, 0x32, 0x34, 0x36, 0x38, 0x3a, 0x44, 0x46]);
const TICKS_PER_MS = 90;
const COMMAND_ONLY: Cue = { role: 'cmd' };

/** Reads a splice_info_section; undefined when the bytes are none. One that is encrypted or odd inside is a `cmd`: the client decides. */
export function readScte35(messageData: Uint8Array): SpliceInfo | undefined {
  if (messageData.length < 14 || messageData[0] !== TABLE_ID) return undefined;
  const view = viewOf(messageData);
  const sectionBytes = 3 + (view.getUint16(1) & 0xfff);
  if (sectionBytes < 14 || sectionBytes > messageData.length) return undefined;
  const section = new DataView(view.buffer, view.byteOffset, sectionBytes);
  return { ...readCue(section), hex: hexOf(messageData.subarray(0, sectionBytes)) };
}

const hexOf = (bytes: Uint8Array): string =>
  `0x${Array.from(bytes, (byte) => byte.toString(16).padStart(2, '0'))
    .join('')
    .toUpperCase()}`;

function readCue(section: DataView): Cue {
  const isEncrypted = (section.getUint8(4) & 0x80) !== 0;
  if (isEncrypted) return COMMAND_ONLY;
  const commandBytes = ((section.getUint8(11) & 0x0f) << 8) | section.getUint8(12);
  const command = section.getUint8(13);
  try {
    if (command === SPLICE_INSERT) return readSpliceInsert(withoutDescriptors(section, commandBytes), 14);
    if (command === TIME_SIGNAL) return readTimeSignal(section, commandBytes);
  } catch (error) {
    // The one thing a DataView throws: a field beyond the end.
    if (!(error instanceof RangeError)) throw error;
  }
  return COMMAND_ONLY;
}

/** A command that is shorter than its flags say must not go on in what follows it. */
const withoutDescriptors = (section: DataView, commandBytes: number): DataView =>
  new DataView(section.buffer, section.byteOffset, Math.min(section.byteLength, 14 + commandBytes));

/** splice_insert() (SCTE 35, 9.7.3). */
function readSpliceInsert(section: DataView, at: number): Cue {
  const eventId = section.getUint32(at);
  const isCancelled = (section.getUint8(at + 4) & 0x80) !== 0;
  if (isCancelled) return { role: 'cmd', eventId };
  const flags = section.getUint8(at + 5);
  const role = flags & 0x80 ? 'out' : 'in';
  if ((flags & 0x20) === 0) return { role, eventId };
  return { role, eventId, durationMs: read33Bits(section, breakDurationAt(section, at + 6, flags)) / TICKS_PER_MS };
}

/** Where break_duration() stands: after the splice times of the program or of its components. */
function breakDurationAt(section: DataView, start: number, flags: number): number {
  const isImmediate = (flags & 0x10) !== 0;
  if (flags & 0x40) return isImmediate ? start : start + spliceTimeBytes(section, start);
  let at = start + 1;
  for (let left = section.getUint8(start); left > 0; left -= 1) {
    at += 1;
    if (!isImmediate) at += spliceTimeBytes(section, at);
  }
  return at;
}

/** splice_time(): five bytes when it states a time, else one. */
const spliceTimeBytes = (section: DataView, at: number): number => (section.getUint8(at) & 0x80 ? 5 : 1);

/** The last 33 bits of five bytes. */
const read33Bits = (section: DataView, at: number): number =>
  (section.getUint8(at) & 1) * 0x1_0000_0000 + section.getUint32(at + 1);

/** time_signal(): the first segmentation_descriptor() that opens or closes a break decides. */
function readTimeSignal(section: DataView, commandBytes: number): Cue {
  const loopAt = 14 + (commandBytes === LENGTH_UNKNOWN ? spliceTimeBytes(section, 14) : commandBytes);
  const loopEnd = loopAt + 2 + section.getUint16(loopAt);
  let first: Cue | undefined;
  let at = loopAt + 2;
  while (at + 2 <= loopEnd) {
    const cue = section.getUint8(at) === SEGMENTATION_DESCRIPTOR ? readSegmentation(section, at) : undefined;
    if (cue && cue.role !== 'cmd') return cue;
    first ??= cue;
    at += 2 + section.getUint8(at + 1);
  }
  return first ?? COMMAND_ONLY;
}

/** segmentation_descriptor() (SCTE 35, 10.3.3). */
function readSegmentation(section: DataView, start: number): Cue {
  const eventId = section.getUint32(start + 6);
  const isCancelled = (section.getUint8(start + 10) & 0x80) !== 0;
  if (isCancelled) return { role: 'cmd', eventId };
  const flags = section.getUint8(start + 11);
  let at = start + 12;
  if ((flags & 0x80) === 0) at += 1 + 6 * section.getUint8(at);
  let duration: Pick<Cue, 'durationMs'> = {};
  if (flags & 0x40) {
    duration = { durationMs: (section.getUint8(at) * 0x1_0000_0000 + section.getUint32(at + 1)) / TICKS_PER_MS };
    at += 5;
  }
  const typeId = section.getUint8(at + 2 + section.getUint8(at + 1));
  return { role: roleOf(typeId), eventId, ...duration };
}

function roleOf(typeId: number): SpliceInfo['role'] {
  if (OUT_TYPES.has(typeId)) return 'out';
  return OUT_TYPES.has(typeId - 1) ? 'in' : 'cmd';
}
