import { BoxCursor, fourcc, fourccName, viewOf } from './box-cursor.ts';
import { CmafError } from './cmaf-error.ts';

/** The pieces of an init segment: views of whole boxes. */
export interface InitLayout {
  ftyp: Uint8Array;
  /** Children of `moov` that belong to the movie: all but `trak`, `mvex`. */
  movieBoxes: Uint8Array[];
  tracks: TrackLayout[];
}

/** The boxes of one track, whole. */
export interface TrackLayout {
  trackId: number;
  trak: Uint8Array;
  trex: Uint8Array;
}

/** Bounds what a split may multiply; the largest presentations we know have a dozen tracks. */
export const MAX_TRACKS = 32;

const FTYP = fourcc('ftyp');
const MOOV = fourcc('moov');
const TRAK = fourcc('trak');
const MVEX = fourcc('mvex');
const TREX = fourcc('trex');

const malformed = (message: string): CmafError => new CmafError('init_malformed', message);

/** Takes an init segment apart. Throws `init_malformed`. */
export function readInitLayout(bytes: Uint8Array): InitLayout {
  let ftyp: Uint8Array | undefined;
  let movie: Pick<InitLayout, 'movieBoxes' | 'tracks'> | undefined;
  const boxes = new BoxCursor(viewOf(bytes), 0, bytes.length, 'init_malformed');
  while (boxes.next()) {
    if (boxes.type === FTYP) {
      boxes.need(8);
      ftyp = boxes.bytes();
    } else if (boxes.type === MOOV) {
      if (movie) throw malformed('expected one moov, got a second one');
      movie = readMoov(boxes.children());
    }
  }
  if (!ftyp) throw malformed('expected ftyp, got none');
  if (!movie) throw malformed('expected moov, got none');
  return { ftyp, ...movie };
}

function readMoov(boxes: BoxCursor): Pick<InitLayout, 'movieBoxes' | 'tracks'> {
  const traks = new Map<number, Uint8Array>();
  const trexes = new Map<number, Uint8Array>();
  const movieBoxes: Uint8Array[] = [];
  while (boxes.next()) {
    if (boxes.type === TRAK) addUnique(traks, trackIdOf(boxes), boxes);
    else if (boxes.type === MVEX) readMvex(boxes.children(), trexes);
    else movieBoxes.push(boxes.bytes());
  }
  if (traks.size === 0) throw malformed('expected at least one trak in moov, got none');
  if (traks.size > MAX_TRACKS) throw malformed(`expected at most ${MAX_TRACKS} tracks in moov, got ${traks.size}`);
  const tracks = [...traks].map(([trackId, trak]) => {
    const trex = trexes.get(trackId);
    if (!trex) throw malformed(`expected mvex with a trex for track_ID ${trackId}, got none: not a fragmented file`);
    return { trackId, trak, trex };
  });
  return { movieBoxes, tracks };
}

function readMvex(boxes: BoxCursor, trexes: Map<number, Uint8Array>): void {
  while (boxes.next()) {
    if (boxes.type !== TREX) continue;
    boxes.need(24);
    addUnique(trexes, boxes.view.getUint32(boxes.payload + 4), boxes);
  }
}

function addUnique(boxes: Map<number, Uint8Array>, trackId: number, box: BoxCursor): void {
  if (trackId === 0) throw malformed(`expected a track_ID above 0 in ${fourccName(box.type)}, got 0`);
  if (boxes.has(trackId))
    throw malformed(`expected one ${fourccName(box.type)} for track_ID ${trackId}, got a second one`);
  boxes.set(trackId, box.bytes());
}

function trackIdOf(trak: BoxCursor): number {
  const tkhd = findBox(trak, ['tkhd']);
  return tkhd.view.getUint32(tkhd.payload + timeFieldsEnd(tkhd));
}

/** Bytes of version, flags, creation and modification time of `mvhd`, `tkhd` and `mdhd`; through its duration the box is checked. */
export function timeFieldsEnd(box: BoxCursor): number {
  box.need(24);
  if (box.view.getUint8(box.payload) === 0) return 12;
  box.need(36);
  return 20;
}

/** A cursor on the one box at `bytes`. */
export function cursorOn(bytes: Uint8Array): BoxCursor {
  const cursor = new BoxCursor(viewOf(bytes), 0, bytes.length, 'init_malformed');
  cursor.next();
  return cursor;
}

/** A cursor on the first descendant along this path. Throws `init_malformed` naming what is missing. */
export function findBox(parent: BoxCursor, path: readonly string[]): BoxCursor {
  let box = parent;
  for (const type of path) {
    const child = findChild(box, type);
    if (!child) throw malformed(`expected ${type} in ${fourccName(box.type)}, got none`);
    box = child;
  }
  return box;
}

/** A cursor on the first child of this type, after `skipBytes` of the parent's own fields. */
export function findChild(parent: BoxCursor, type: string, skipBytes = 0): BoxCursor | undefined {
  const wanted = fourcc(type);
  const boxes = parent.children(skipBytes);
  while (boxes.next()) if (boxes.type === wanted) return boxes;
  return undefined;
}
