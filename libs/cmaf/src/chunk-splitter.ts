import { BoxCursor, fourcc, viewOf } from './box-cursor.ts';
import { boxBytes, concatBytes } from './byte-writer.ts';
import { enterMoof } from './chunk-inspector.ts';
import { CmafError } from './cmaf-error.ts';
import type { ChunkBytes, TrackChunk, TrackFacts } from './model.ts';
import { readPrftBox } from './producer-reference-time.ts';
import { locateSamples, type TrackSamples } from './sample-locator.ts';
import { TFHD_BASE_DATA_OFFSET, TFHD_DEFAULT_BASE_IS_MOOF, TRUN_DATA_OFFSET } from './track-fragment.ts';

const MOOF = fourcc('moof');
const MDAT = fourcc('mdat');
const MFHD = fourcc('mfhd');
const TRAF = fourcc('traf');
const TFHD = fourcc('tfhd');
const TRUN = fourcc('trun');
const STYP = fourcc('styp');
const PRFT = fourcc('prft');
const SIDX = fourcc('sidx');
const SSIX = fourcc('ssix');

const MDAT_HEADER_BYTES = 8;
interface TrackShare extends TrackSamples {
  isFirst: boolean;
}

const NO_TRACKS: ReadonlyMap<number, TrackFacts> = new Map();

/**
 * Splits a multiplexed chunk into one chunk for each track: sample bytes untouched and in order, addressed from the `moof`.
 * A chunk of one track is returned as it is, unless it uses `base_data_offset`, which HLS and MSE refuse.
 *
 * `styp` goes to every track and `prft` to the track it names; `sidx` and `ssix` are dropped, their sizes hold for the
 * whole chunk only; `emsg` and all else, in `moof` too, go once, to the first track, so that no event is seen twice.
 * @param tracks facts by `track_ID`; needed only where sample sizes come from `trex`
 * @throws CmafError `fragment_malformed`, `unexpected_box` for `saio`, `box_too_large` past 2^31 bytes
 */
export function splitChunk(chunk: ChunkBytes, tracks: ReadonlyMap<number, TrackFacts> = NO_TRACKS): TrackChunk[] {
  const sole = soleRelativeTrack(chunk.moof);
  if (sole !== undefined) return [{ trackId: sole, bytes: chunk.bytes, moof: chunk.moof }];
  if (chunk.bytes.length > 0x7fff_ffff) {
    throw new CmafError('box_too_large', `chunk has ${chunk.bytes.length} bytes, data_offset reaches 2147483647`);
  }
  const samples = locateSamples(chunk, tracks);
  const leading = shareLeadingBoxes(
    chunk.bytes,
    samples.map(({ trackId }) => trackId),
  );
  return samples.map((track, index) =>
    assemble(chunk, { ...track, isFirst: index === 0 }, leading.get(track.trackId) ?? []),
  );
}

/** The `track_ID` when the chunk already is what a split would make of it. */
function soleRelativeTrack(moof: Uint8Array): number | undefined {
  const boxes = enterMoof(moof);
  let sole: number | undefined;
  while (boxes.next()) {
    if (boxes.type !== TRAF) continue;
    const tfhd = boxes.children();
    while (tfhd.next() && tfhd.type !== TFHD);
    if (tfhd.type !== TFHD || sole !== undefined) return undefined;
    tfhd.need(8);
    if (tfhd.view.getUint32(tfhd.payload) & TFHD_BASE_DATA_OFFSET) return undefined;
    sole = tfhd.view.getUint32(tfhd.payload + 4);
  }
  return sole;
}

/** Every box that is neither `moof` nor `mdat`, by the track that gets it. */
function shareLeadingBoxes(bytes: Uint8Array, trackIds: readonly number[]): Map<number, Uint8Array[]> {
  const shares = new Map<number, Uint8Array[]>(trackIds.map((trackId) => [trackId, []]));
  const [first] = shares.values();
  const boxes = new BoxCursor(viewOf(bytes), 0, bytes.length, 'fragment_malformed');
  while (boxes.next()) {
    if ([MOOF, MDAT, SIDX, SSIX].includes(boxes.type)) continue;
    if (boxes.type === STYP) for (const share of shares.values()) share.push(boxes.bytes());
    else {
      const named = boxes.type === PRFT ? shares.get(readPrftBox(boxes)?.trackId ?? 0) : undefined;
      (named ?? first)?.push(boxes.bytes());
    }
  }
  return shares;
}

function assemble(chunk: ChunkBytes, track: TrackShare, leading: readonly Uint8Array[]): TrackChunk {
  const moof = buildMoof(chunk.moof, track);
  const runs = track.runs.map(({ start, end }) => chunk.bytes.subarray(start, end));
  const lead = concatBytes(leading);
  const bytes = concatBytes([lead, moof, boxBytes('mdat', runs)]);
  return { trackId: track.trackId, bytes, moof: bytes.subarray(lead.length, lead.length + moof.length) };
}

function buildMoof(source: Uint8Array, track: TrackShare): Uint8Array {
  const pieces: Uint8Array[] = [];
  const boxes = enterMoof(source);
  while (boxes.next()) {
    if (boxes.type === TRAF) {
      if (boxes.start === track.trafStart) pieces.push(buildTraf(boxes.children(), track));
    } else if (track.isFirst || boxes.type === MFHD) pieces.push(boxes.bytes());
  }
  const moof = boxBytes('moof', pieces);
  shiftDataOffsets(moof, moof.length + MDAT_HEADER_BYTES);
  return moof;
}

/** The `traf` with data offsets counted from the first sample byte: only the finished `moof` knows its own size. */
function buildTraf(boxes: BoxCursor, track: TrackSamples): Uint8Array {
  const pieces: Uint8Array[] = [];
  let runIndex = 0;
  let offsetBytes = 0;
  while (boxes.next()) {
    if (boxes.type === TFHD) pieces.push(relativeHeader(boxes));
    else if (boxes.type === TRUN) {
      const run = track.runs[runIndex++] ?? { start: 0, end: 0 };
      pieces.push(relocatedRun(boxes, offsetBytes));
      offsetBytes += run.end - run.start;
    } else pieces.push(boxes.bytes());
  }
  return boxBytes('traf', pieces);
}

/** `tfhd` without `base_data_offset` and with default-base-is-moof. */
function relativeHeader(box: BoxCursor): Uint8Array {
  const content = box.bytes().slice(box.payload - box.start);
  const view = viewOf(content);
  const flags = view.getUint32(0);
  view.setUint32(0, (flags & ~TFHD_BASE_DATA_OFFSET) | TFHD_DEFAULT_BASE_IS_MOOF);
  const restAt = flags & TFHD_BASE_DATA_OFFSET ? 16 : 8;
  return boxBytes('tfhd', [content.subarray(0, 8), content.subarray(restAt)]);
}

/** `trun` with this data offset, whether it had one before or not. */
function relocatedRun(box: BoxCursor, dataOffset: number): Uint8Array {
  const content = box.bytes().subarray(box.payload - box.start);
  const head = new Uint8Array(12);
  head.set(content.subarray(0, 8));
  const view = viewOf(head);
  const flags = view.getUint32(0);
  view.setUint32(0, flags | TRUN_DATA_OFFSET);
  view.setInt32(8, dataOffset);
  return boxBytes('trun', [head, content.subarray(flags & TRUN_DATA_OFFSET ? 12 : 8)]);
}

function shiftDataOffsets(moof: Uint8Array, shiftBytes: number): void {
  const boxes = enterMoof(moof);
  while (boxes.next()) {
    if (boxes.type !== TRAF) continue;
    const runs = boxes.children();
    while (runs.next()) {
      if (runs.type !== TRUN) continue;
      const at = runs.payload + 8;
      runs.view.setInt32(at, runs.view.getInt32(at) + shiftBytes);
    }
  }
}
