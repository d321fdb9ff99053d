import { isValidTid } from '@atproto/syntax';

const ALPHABET = '234567abcdefghijklmnopqrstuvwxyz';
const TID_DIGITS = 13;
const CLOCK_ID_BITS = 10n;

/** A TID: 53 bits of microseconds since 1970, then a 10-bit clock id, as 13 base32-sortable characters. */
export function tidOf(epochUs: bigint, clockId: number): string {
  let value = ((epochUs & ((1n << 53n) - 1n)) << CLOCK_ID_BITS) | BigInt(clockId & 1023);
  let text = '';
  for (let digit = 0; digit < TID_DIGITS; digit += 1) {
    text = (ALPHABET[Number(value & 31n)] ?? '') + text;
    value >>= 5n;
  }
  return text;
}

/** Whether a text can be a session id that this origin gave out. */
export const isSessionId = (text: string): boolean => isValidTid(text);
