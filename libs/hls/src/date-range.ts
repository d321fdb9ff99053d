import { decimalSeconds, quotedString } from './attributes.ts';
import { PlaylistError } from './playlist-error.ts';
import type { DateRange } from './playlist-model.ts';
import type { ProgramDateTimeFormat } from './program-date-time.ts';

const CLIENT_ATTRIBUTE = /^X-[A-Z0-9-]+$/;
const HEXADECIMAL_SEQUENCE = /^0[xX][0-9A-F]+$/;
// Beyond these a JavaScript number is written with an exponent, which decimal-floating-point does not know.
const MIN_PLAIN_DECIMAL = 1e-6;
const MAX_PLAIN_DECIMAL = 1e21;

/** The text without what a quoted-string cannot hold (rfc8216bis 4.2): quotes become apostrophes, controls spaces. */
export function quotable(text: string): string {
  return text
    .replaceAll('"', "'")
    .replaceAll(/\p{Cc}/gu, ' ')
    .normalize('NFC');
}

/** Whether a range still maps into a playlist that begins here; an unknown duration counts as an instant, since otherwise it would stay for ever. */
export function mapsInto(range: Pick<DateRange, 'startEpochMs' | 'durationMs'>, playlistStartEpochMs: number): boolean {
  return range.startEpochMs + (range.durationMs ?? 0) >= playlistStartEpochMs;
}

/** EXT-X-DATERANGE (rfc8216bis 4.4.5.1). Throws PlaylistError on a value the syntax cannot hold. */
export function dateRangeLine(range: DateRange, dateTime: ProgramDateTimeFormat): string {
  let line = `#EXT-X-DATERANGE:ID=${quotedString(range.id)}`;
  if (range.class !== undefined) line += `,CLASS=${quotedString(range.class)}`;
  line += `,START-DATE="${dateTime.format(range.startEpochMs)}"`;
  if (range.durationMs !== undefined) line += `,DURATION=${decimalSeconds('DURATION', range.durationMs)}`;
  if (range.scte35 !== undefined) {
    line += `,SCTE35-${range.scte35.role.toUpperCase()}=${hexadecimalSequence(range.scte35.hex)}`;
  }
  for (const [name, value] of Object.entries(range.clientAttributes ?? {})) line += `,${clientAttribute(name, value)}`;
  return line;
}

function hexadecimalSequence(hex: string): string {
  if (HEXADECIMAL_SEQUENCE.test(hex)) return hex;
  throw new PlaylistError(`SCTE35: expected 0x and upper-case hexadecimal digits, got ${JSON.stringify(hex)}`);
}

function clientAttribute(name: string, value: string | number): string {
  if (!CLIENT_ATTRIBUTE.test(name)) {
    throw new PlaylistError(`client attribute: expected X- and upper-case letters, got ${JSON.stringify(name)}`);
  }
  return `${name}=${typeof value === 'string' ? quotedString(value) : signedDecimal(name, value)}`;
}

function signedDecimal(name: string, value: number): string {
  const size = Math.abs(value);
  if (size === 0) return '0';
  if (size >= MIN_PLAIN_DECIMAL && size < MAX_PLAIN_DECIMAL) return String(value);
  throw new PlaylistError(`${name}: expected a plain decimal number, got ${value}`);
}
