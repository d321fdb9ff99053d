import { BoxCursor, fourcc, viewOf } from './box-cursor.ts';
import { duplicateTraf, enterMoof } from './chunk-inspector.ts';
import { CmafError } from './cmaf-error.ts';
import { MAX_TRACKS } from './init-layout.ts';
import type { ChunkBytes, TrackFacts } from './model.ts';
import {
  readTrackFragmentHeader,
  readTrackRun,
  recordFieldOffset,
  TFHD_DEFAULT_BASE_IS_MOOF,
  type TrackFragmentHeader,
  type TrackRun,
  TRUN_SIZE,
} from './track-fragment.ts';

/** The bytes `[start, end)` of one run's samples in the chunk. */
export interface SampleRange {
  start: number;
  end: number;
}

/** Where the samples of one `traf` lie. */
export interface TrackSamples {
  trackId: number;
  /** Position of the `traf` in the `moof` box. */
  trafStart: number;
  /** One range for each `trun`, in order. */
  runs: SampleRange[];
}

const TRAF = fourcc('traf');
const TFHD = fourcc('tfhd');
const TRUN = fourcc('trun');
const SAIO = fourcc('saio');
const MDAT = fourcc('mdat');

interface Location {
  readonly chunk: ChunkBytes;
  readonly tracks: ReadonlyMap<number, TrackFacts>;
  readonly payload: SampleRange;
  /** End of the data of the `traf` before: the base of one that says nothing (8.8.7). */
  previousEnd: number;
  /** What is left to hand out: overlapping runs must not make more bytes than came in. */
  remainingBytes: number;
}

/** Finds the sample bytes of every run, by all three ways of addressing. Throws `fragment_malformed` when they lie outside `mdat`. */
export function locateSamples(chunk: ChunkBytes, tracks: ReadonlyMap<number, TrackFacts>): TrackSamples[] {
  const payload = findMdatPayload(chunk);
  const location: Location = {
    chunk,
    tracks,
    payload,
    previousEnd: chunk.moofOffset,
    remainingBytes: payload.end - payload.start,
  };
  const located = new Map<number, TrackSamples>();
  const boxes = enterMoof(chunk.moof);
  while (boxes.next()) {
    if (boxes.type !== TRAF) continue;
    const samples = locateTraf(boxes, location);
    if (located.has(samples.trackId)) throw duplicateTraf(samples.trackId);
    located.set(samples.trackId, samples);
    if (located.size > MAX_TRACKS) {
      throw new CmafError('fragment_malformed', `expected at most ${MAX_TRACKS} trafs in moof, got more`);
    }
  }
  return [...located.values()];
}

function findMdatPayload(chunk: ChunkBytes): SampleRange {
  const after = chunk.moofOffset + chunk.moof.length;
  const boxes = new BoxCursor(viewOf(chunk.bytes), after, chunk.bytes.length, 'fragment_malformed');
  while (boxes.next()) {
    if (boxes.type === MDAT) return { start: boxes.payload, end: boxes.end };
  }
  throw new CmafError('fragment_malformed', 'expected mdat after moof in the chunk, got none');
}

function locateTraf(traf: BoxCursor, location: Location): TrackSamples {
  const boxes = traf.children();
  let header: TrackFragmentHeader | undefined;
  let position = 0;
  let base = 0;
  const runs: SampleRange[] = [];
  while (boxes.next()) {
    if (boxes.type === SAIO) {
      throw new CmafError('unexpected_box', 'expected multiplexed tracks without auxiliary data, got saio');
    }
    if (boxes.type === TFHD) {
      header = readTrackFragmentHeader(boxes);
      base = baseOf(header, location);
      position = base;
    } else if (boxes.type === TRUN) {
      const range = locateRun(boxes, { header, base, position }, location);
      position = range.end;
      runs.push(range);
    }
  }
  if (!header) throw new CmafError('fragment_malformed', 'expected tfhd in traf, got none');
  location.previousEnd = position;
  return { trackId: header.trackId, trafStart: traf.start, runs };
}

function baseOf(header: TrackFragmentHeader, { chunk, previousEnd }: Location): number {
  if (header.baseDataOffset === undefined) {
    return header.flags & TFHD_DEFAULT_BASE_IS_MOOF ? chunk.moofOffset : previousEnd;
  }
  if (chunk.streamOffset === undefined) {
    throw new CmafError(
      'fragment_malformed',
      `track_ID ${header.trackId} has base_data_offset ${header.baseDataOffset}, the chunk's place in its stream is unknown`,
    );
  }
  return Number(header.baseDataOffset - BigInt(chunk.streamOffset));
}

interface RunPlace {
  header: TrackFragmentHeader | undefined;
  base: number;
  /** End of the run before. */
  position: number;
}

function locateRun(box: BoxCursor, place: RunPlace, location: Location): SampleRange {
  const { header } = place;
  if (!header) throw new CmafError('fragment_malformed', 'expected tfhd before trun in traf, got none');
  const run = readTrackRun(box);
  const sizeBytes = runBytes(box.view, run, defaultSize(header, location));
  const start = run.dataOffset === undefined ? place.position : place.base + run.dataOffset;
  const end = start + sizeBytes;
  const { payload } = location;
  if (sizeBytes === 0) return { start, end };
  if (start < payload.start || end > payload.end) {
    throw new CmafError(
      'fragment_malformed',
      `samples of track_ID ${header.trackId} are at ${start}–${end}, mdat has ${payload.start}–${payload.end}`,
    );
  }
  location.remainingBytes -= sizeBytes;
  if (location.remainingBytes < 0) {
    throw new CmafError(
      'fragment_malformed',
      `runs overlap: mdat has ${payload.end - payload.start} bytes for all of them`,
    );
  }
  return { start, end };
}

const defaultSize = (header: TrackFragmentHeader, { tracks }: Location): number | undefined =>
  header.defaultSizeBytes ?? tracks.get(header.trackId)?.defaultSampleSizeBytes;

function runBytes(view: DataView, run: TrackRun, defaultSizeBytes: number | undefined): number {
  if (run.sampleCount === 0) return 0;
  const sizeAt = recordFieldOffset(run.flags, TRUN_SIZE);
  if (sizeAt < 0) {
    if (defaultSizeBytes !== undefined) return run.sampleCount * defaultSizeBytes;
    throw new CmafError('fragment_malformed', 'expected sample sizes in trun, tfhd or the facts of trex, got none');
  }
  let total = 0;
  const end = run.recordsStart + run.sampleCount * run.recordBytes;
  for (let record = run.recordsStart; record < end; record += run.recordBytes) total += view.getUint32(record + sizeAt);
  return total;
}
