import { readFile } from 'node:fs/promises';

/**
 * A chunk of a CMAF track with the media time at which its last sample ends: what an encoder has then, and sends.
 * @typedef {{ bytes: Buffer, startSec: number, endSec: number }} TimedChunk
 * @typedef {{ init: Buffer, chunks: TimedChunk[] }} CmafTrack
 */

/** Boxes between two offsets. Read by hand and not by the origin's own code, which is what is measured. @param {Buffer} bytes */
export function boxesOf(bytes, start = 0, end = bytes.length) {
  const boxes = [];
  for (let at = start; at < end;) {
    const size = bytes.readUInt32BE(at);
    if (size < 8 || at + size > end)
      throw new Error(`box at byte ${at}: a size within the file was expected, got ${size}`);
    boxes.push({ type: bytes.toString('latin1', at + 4, at + 8), at, body: at + 8, end: at + size });
    at += size;
  }
  return boxes;
}

/** The first box at a path such as moof/traf/tfdt. */
function boxAt(bytes, path, start, end) {
  const [type, ...rest] = path;
  const box = boxesOf(bytes, start, end).find((candidate) => candidate.type === type);
  if (!box) throw new Error(`a ${type} box was expected, there is none`);
  return rest.length === 0 ? box : boxAt(bytes, rest, box.body, box.end);
}

/** ISO/IEC 14496-12 8.4.2: the timescale stands behind two times of 4 or 8 bytes. */
function timescaleOf(bytes) {
  const { body } = boxAt(bytes, ['moov', 'trak', 'mdia', 'mdhd']);
  return bytes.readUInt32BE(body + 4 + (bytes[body] === 1 ? 16 : 8));
}

/** ISO/IEC 14496-12 8.8.12. */
function decodeTimeOf(bytes, moof) {
  const { body } = boxAt(bytes, ['traf', 'tfdt'], moof.body, moof.end);
  return Number(bytes[body] === 1 ? bytes.readBigUInt64BE(body + 4) : bytes.readUInt32BE(body + 4));
}

/**
 * Splits a fragmented single-track file into its init segment and its chunks. The last chunk counts as long as the one before it.
 * @param {Buffer} bytes
 * @returns {CmafTrack}
 */
export function splitCmaf(bytes) {
  const boxes = boxesOf(bytes);
  const timescale = timescaleOf(bytes);
  const starts = boxes.flatMap((box, index) => {
    if (box.type !== 'moof') return [];
    const mdat = boxes[index + 1];
    if (mdat?.type !== 'mdat') throw new Error(`an mdat box was expected after the moof at byte ${box.at}`);
    return [{ startSec: decodeTimeOf(bytes, box) / timescale, at: box.at, end: mdat.end }];
  });
  if (starts.length < 2) throw new Error(`at least two chunks were expected, got ${starts.length}`);
  const chunks = starts.map(({ startSec, at, end }, index) => {
    const neighbour = index + 1 < starts.length ? index : index - 1;
    const durationSec = starts[neighbour + 1].startSec - starts[neighbour].startSec;
    return { bytes: bytes.subarray(at, end), startSec, endSec: startSec + durationSec };
  });
  return { init: bytes.subarray(0, starts[0].at), chunks };
}

/** @param {string} path @returns {Promise<CmafTrack>} */
export const readCmafTrack = async (path) => splitCmaf(await readFile(path));
