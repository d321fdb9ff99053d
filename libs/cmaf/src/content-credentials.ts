import { BoxCursor, fourcc, viewOf } from './box-cursor.ts';
import { CmafError } from './cmaf-error.ts';

const UUID = fourcc('uuid');
const JUMB = fourcc('jumb');
const C2PA = fourcc('c2pa');
/** The extended type of a C2PA box (C2PA Technical Specification, embedding manifests into BMFF-based assets). */
const C2PA_EXTENDED_TYPE = [0xd8fe_c3d6, 0x1b0e_483c, 0x9297_5828, 0x877e_c481];
const EXTENDED_TYPE_BYTES = 16;

/**
 * Tells whether an init segment, chunk or segment carries C2PA content credentials: a top-level C2PA `uuid`, `c2pa` or `jumb` box.
 * Presence only: neither manifest nor signature is judged. Bytes that cannot be read have none.
 */
export function hasContentCredentials(bytes: Uint8Array): boolean {
  const boxes = new BoxCursor(viewOf(bytes), 0, bytes.length, 'box_malformed');
  try {
    while (boxes.next()) if (isCredentialBox(boxes)) return true;
  } catch (error) {
    if (!(error instanceof CmafError)) throw error;
  }
  return false;
}

function isCredentialBox(box: BoxCursor): boolean {
  if (box.type === JUMB || box.type === C2PA) return true;
  if (box.type !== UUID || box.end - box.payload < EXTENDED_TYPE_BYTES) return false;
  return C2PA_EXTENDED_TYPE.every((word, index) => box.view.getUint32(box.payload + index * 4) === word);
}
