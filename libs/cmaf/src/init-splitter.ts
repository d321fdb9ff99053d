import { fourcc, viewOf, type BoxCursor } from './box-cursor.ts';
import { boxBytes, concatBytes } from './byte-writer.ts';
import { cursorOn, findBox, readInitLayout, timeFieldsEnd, type TrackLayout } from './init-layout.ts';

const MVHD = fourcc('mvhd');
const IODS = fourcc('iods');

/**
 * One CMAF init segment (ISO/IEC 23000-19, 7.3.1) for each track, by `track_ID`: `ftyp` with iso6 and cmfc, a `moov` with the
 * one `trak` and its `trex`, durations 0. The init of a single track is returned as it is, the same bytes.
 * @throws CmafError `init_malformed`
 */
export function splitInit(init: Uint8Array): Map<number, Uint8Array> {
  const { movieBoxes, tracks } = readInitLayout(init);
  const [sole] = tracks;
  if (sole && tracks.length === 1) return new Map([[sole.trackId, init]]);
  const shared = movieBoxes.filter((box) => cursorOn(box).type !== IODS).map(withoutMovieDuration);
  return new Map(tracks.map((track) => [track.trackId, concatBytes([cmafBrands(), singleTrackMovie(shared, track)])]));
}

/** Major brand iso6, minor version 0, compatible brands iso6 and cmfc. */
function cmafBrands(): Uint8Array {
  const content = new Uint8Array(16);
  const view = viewOf(content);
  view.setUint32(0, fourcc('iso6'));
  view.setUint32(8, fourcc('iso6'));
  view.setUint32(12, fourcc('cmfc'));
  return boxBytes('ftyp', [content]);
}

/** `mvex` goes last; its `mehd` is dropped, a live movie has no duration. */
function singleTrackMovie(shared: readonly Uint8Array[], { trak, trex }: TrackLayout): Uint8Array {
  return boxBytes('moov', [...shared, withoutTrackDuration(trak), boxBytes('mvex', [trex])]);
}

function withoutMovieDuration(box: Uint8Array): Uint8Array {
  if (cursorOn(box).type !== MVHD) return box;
  const copy = box.slice();
  clearDuration(cursorOn(copy), 4);
  return copy;
}

function withoutTrackDuration(trak: Uint8Array): Uint8Array {
  const copy = trak.slice();
  const box = cursorOn(copy);
  clearDuration(findBox(box, ['tkhd']), 8);
  clearDuration(findBox(box, ['mdia', 'mdhd']), 4);
  return copy;
}

/** Zeroes the duration of `mvhd`, `tkhd` or `mdhd`, which comes this many bytes after its times. */
function clearDuration(box: BoxCursor, bytesAfterTimes: number): void {
  const timesEnd = timeFieldsEnd(box);
  const at = box.payload + timesEnd + bytesAfterTimes;
  if (timesEnd === 12) box.view.setUint32(at, 0);
  else box.view.setBigUint64(at, 0n);
}
