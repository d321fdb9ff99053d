import { PlaylistError } from './playlist-error.ts';

// A URI is ASCII (RFC 3986); a quote would end the attribute, a leading # would turn the URI line into a comment.
const PLAYLIST_URI = /^(?!#)[!#-~]+$/;
// rfc8216bis 4.2: a quoted-string holds no line feed, carriage return or double quote; 4.1 forbids the other controls.
const QUOTABLE = /^[^"\p{Cc}]*$/u;

/** Returns the URI unchanged; throws PlaylistError when it could break out of its line or attribute. */
export function checkedUri(uri: string): string {
  if (PLAYLIST_URI.test(uri)) return uri;
  throw new PlaylistError(`URI: expected printable ASCII without spaces and quotes, got ${JSON.stringify(uri)}`);
}

/** quoted-string of rfc8216bis 4.2. */
export function quotedString(value: string): string {
  if (QUOTABLE.test(value)) return `"${value}"`;
  throw new PlaylistError(`quoted-string: expected no quotes and control characters, got ${JSON.stringify(value)}`);
}

/** decimal-integer of rfc8216bis 4.2 that must be at least `minimum`. */
export function decimalInteger(name: string, value: number, minimum: number): string {
  if (Number.isSafeInteger(value) && value >= minimum) return String(value);
  throw new PlaylistError(`${name}: expected an integer of at least ${minimum}, got ${value}`);
}

/** Milliseconds as decimal seconds with up to six digits after the point: never an exponent, never a binary rounding tail. */
export function decimalSeconds(name: string, durationMs: number): string {
  const durationUs = Math.round(durationMs * 1000);
  if (!Number.isSafeInteger(durationUs) || durationUs < 0) {
    throw new PlaylistError(`${name}: expected milliseconds of at least 0, got ${durationMs}`);
  }
  // The shortest text of a double that is the nearest to six decimals is those decimals; exponents begin below 1e-6.
  return String(durationUs / 1_000_000);
}
