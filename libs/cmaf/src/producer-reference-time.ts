import { BoxCursor, fourcc, viewOf } from './box-cursor.ts';
import type { ProducerReferenceTime } from './model.ts';

const PRFT = fourcc('prft');
const MOOF = fourcc('moof');
const NTP_TO_UNIX_SECONDS = 2_208_988_800;
const ERA_SECONDS = 0x1_0000_0000;

/**
 * The first `prft` (ISO/IEC 14496-12, 8.16.5) ahead of the `moof` of a chunk; also takes the box alone.
 * Undefined when there is none or its clock is not set.
 * @throws CmafError `fragment_malformed`
 */
export function readPrft(bytes: Uint8Array): ProducerReferenceTime | undefined {
  const boxes = new BoxCursor(viewOf(bytes), 0, bytes.length, 'fragment_malformed');
  while (boxes.next() && boxes.type !== MOOF) {
    if (boxes.type === PRFT) return readPrftBox(boxes);
  }
  return undefined;
}

/** The fields of the `prft` the cursor stands on. */
export function readPrftBox(box: BoxCursor): ProducerReferenceTime | undefined {
  box.need(20);
  const wide = box.view.getUint8(box.payload) !== 0;
  if (wide) box.need(24);
  const seconds = box.view.getUint32(box.payload + 8);
  const fraction = box.view.getUint32(box.payload + 12);
  if (seconds === 0) return undefined;
  return {
    trackId: box.view.getUint32(box.payload + 4),
    ntpMs: (unixSeconds(seconds) + fraction / ERA_SECONDS) * 1000,
    mediaTimeTicks: wide ? box.view.getBigUint64(box.payload + 16) : BigInt(box.view.getUint32(box.payload + 16)),
  };
}

/** NTP's era 1 begins in 2036; until then the top bit is set (RFC 4330, 3). */
function unixSeconds(ntpSeconds: number): number {
  return (ntpSeconds >= 0x8000_0000 ? ntpSeconds : ntpSeconds + ERA_SECONDS) - NTP_TO_UNIX_SECONDS;
}
