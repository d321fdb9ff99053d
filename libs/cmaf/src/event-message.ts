import { BoxCursor, fourcc, viewOf } from './box-cursor.ts';
import { CmafError } from './cmaf-error.ts';

/** An `emsg` (ISO/IEC 23009-1, 5.10.3.3) as it stands in the bytes; when it takes effect is the reader's sum to do. */
export type EventMessage = EventMessageFields & EventMessageTime;

interface EventMessageFields {
  schemeIdUri: string;
  value: string;
  /** Ticks per second of the times of this message, its own and not the track's. */
  timescale: number;
  id: number;
  /** Undefined when unknown. */
  durationTicks: number | undefined;
  /** A view into the chunk. */
  messageData: Uint8Array;
}

type EventMessageTime =
  /** On the timeline of the presentation. */
  | { version: 1; presentationTimeTicks: bigint }
  /** From the earliest presentation time of the segment or chunk that carries it. */
  | { version: 0; presentationTimeDeltaTicks: number };

/** More than any encoder puts ahead of one chunk; bounds what a hostile chunk can make of its bytes. */
export const MAX_EVENT_MESSAGES_PER_CHUNK = 256;

const EMSG = fourcc('emsg');
const UNKNOWN_DURATION = 0xffff_ffff;

interface ReadText {
  text: string;
  end: number;
}

/**
 * Every top-level `emsg` of a chunk, in its order, at most {@link MAX_EVENT_MESSAGES_PER_CHUNK}.
 * One that cannot be read is given to `onMalformed` and left out; it never costs the chunk or the messages beside it.
 */
export function readEventMessages(
  bytes: Uint8Array,
  onMalformed: (error: CmafError) => void = () => {},
): EventMessage[] {
  const messages: EventMessage[] = [];
  const boxes = new BoxCursor(viewOf(bytes), 0, bytes.length, 'fragment_malformed');
  const attempt = <T>(read: () => T): T | undefined => {
    try {
      return read();
    } catch (error) {
      if (!(error instanceof CmafError)) throw error;
      onMalformed(error);
      return undefined;
    }
  };
  while (attempt(() => boxes.next())) {
    if (boxes.type !== EMSG) continue;
    if (messages.length === MAX_EVENT_MESSAGES_PER_CHUNK) {
      onMalformed(malformed(`expected at most ${MAX_EVENT_MESSAGES_PER_CHUNK} emsg in a chunk, got more`));
      break;
    }
    const message = attempt(() => readEventMessage(boxes, bytes));
    if (message) messages.push(message);
  }
  return messages;
}

const malformed = (message: string): CmafError => new CmafError('fragment_malformed', message);

function readEventMessage(box: BoxCursor, bytes: Uint8Array): EventMessage {
  box.need(4);
  const version = box.view.getUint8(box.payload);
  if (version === 0) return readVersion0(box, bytes);
  if (version === 1) return readVersion1(box, bytes);
  throw malformed(`expected emsg of version 0 or 1, got ${version}`);
}

function readVersion0(box: BoxCursor, bytes: Uint8Array): EventMessage {
  const scheme = readText(bytes, box.payload + 4, box.end);
  const value = readText(bytes, scheme.end, box.end);
  box.need(value.end - box.payload + 16);
  const at = value.end;
  return {
    version: 0,
    presentationTimeDeltaTicks: box.view.getUint32(at + 4),
    ...durationAndId(box.view, at + 8),
    schemeIdUri: scheme.text,
    value: value.text,
    timescale: readTimescale(box.view, at),
    messageData: bytes.subarray(at + 16, box.end),
  };
}

function readVersion1(box: BoxCursor, bytes: Uint8Array): EventMessage {
  box.need(24);
  const at = box.payload + 4;
  const scheme = readText(bytes, at + 20, box.end);
  const value = readText(bytes, scheme.end, box.end);
  return {
    version: 1,
    presentationTimeTicks: box.view.getBigUint64(at + 4),
    ...durationAndId(box.view, at + 12),
    schemeIdUri: scheme.text,
    value: value.text,
    timescale: readTimescale(box.view, at),
    messageData: bytes.subarray(value.end, box.end),
  };
}

function durationAndId(view: DataView, at: number): Pick<EventMessage, 'durationTicks' | 'id'> {
  const durationTicks = view.getUint32(at);
  return {
    durationTicks: durationTicks === UNKNOWN_DURATION ? undefined : durationTicks,
    id: view.getUint32(at + 4),
  };
}

function readTimescale(view: DataView, at: number): number {
  const timescale = view.getUint32(at);
  if (timescale === 0) throw malformed('expected a timescale above 0 in emsg, got 0');
  return timescale;
}

/** A UTF-8 string that ends with a zero byte before `limit`. */
function readText(bytes: Uint8Array, start: number, limit: number): ReadText {
  const zeroAt = bytes.indexOf(0, start);
  if (start > limit || zeroAt < 0 || zeroAt >= limit) throw malformed('expected a zero-terminated string in emsg');
  return { text: new TextDecoder().decode(bytes.subarray(start, zeroAt)), end: zeroAt + 1 };
}
