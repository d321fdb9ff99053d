import type { BoxCursor } from './box-cursor.ts';
import { findChild } from './init-layout.ts';

/** Content of a sample entry ahead of its own fields (ISO/IEC 14496-12, 8.5.2.2). */
const SAMPLE_ENTRY_BYTES = 8;
/** namespace, schema_location and auxiliary_mime_types, each ended by a zero (12.6.3.2). */
const STRING_COUNT = 3;

/** Content bytes of the `stpp` the cursor stands on ahead of its boxes; all of them when its strings do not end. */
export function ttmlFixedBytes(stpp: BoxCursor): number {
  const content = stpp.bytes().subarray(stpp.payload - stpp.start);
  let at = SAMPLE_ENTRY_BYTES;
  for (let left = STRING_COUNT; left > 0; left -= 1) {
    const zeroAt = content.indexOf(0, at);
    if (zeroAt < 0) return content.length;
    at = zeroAt + 1;
  }
  return at;
}

/** `stpp.ttml.im1t` and the like where a `mime` box names the profile (RFC 6381 as W3C's TTML profile registry extends it), else `stpp`. */
export function ttmlCodec(stpp: BoxCursor): string {
  const mime = findChild(stpp, 'mime', ttmlFixedBytes(stpp));
  if (!mime) return 'stpp';
  const contentType = new TextDecoder().decode(mime.bytes().subarray(mime.payload - mime.start + 4));
  const profile = /^application\/ttml\+xml\s*;.*\bcodecs="?([A-Za-z0-9]{4})\b/i.exec(contentType)?.[1];
  return profile === undefined ? 'stpp' : `stpp.ttml.${profile}`;
}
