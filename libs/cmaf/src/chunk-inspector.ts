import { BoxCursor, fourcc, fourccName, viewOf } from './box-cursor.ts';
import { CmafError } from './cmaf-error.ts';
import type { TrackFacts, TrackTiming } from './model.ts';
import {
  MAX_SAMPLES_PER_FRAGMENT,
  readTrackFragmentHeader,
  readTrackRun,
  recordFieldOffset,
  tooManySamples,
  type TrackFragmentHeader,
  type TrackRun,
  TRUN_COMPOSITION,
  TRUN_DURATION,
  TRUN_FLAGS,
} from './track-fragment.ts';

const MOOF = fourcc('moof');
const TRAF = fourcc('traf');
const TFHD = fourcc('tfhd');
const TFDT = fourcc('tfdt');
const TRUN = fourcc('trun');

const NON_SYNC_SAMPLE = 0x1_0000;
/** `sample_depends_on` = 1: not an I picture. */
const DEPENDS_ON_OTHERS = 1;

/** Sums over the runs of one `traf`, in ticks from its `tfdt`. */
interface RunTotals {
  readonly header: TrackFragmentHeader;
  readonly facts: TrackFacts;
  durationTicks: number;
  sampleCount: number;
  earliestTicks: number;
  firstSampleFlags: number;
  firstSampleTicks: number;
}

/**
 * Reads the timing of every track in a `moof`, in its order, without touching sample data.
 * @param moof the whole `moof` box
 * @param tracks facts by `track_ID`, for the defaults of `trex`
 * @throws CmafError `fragment_malformed`, `track_unknown`, or `init_missing` when no tracks are known
 */
export function inspectChunk(moof: Uint8Array, tracks: ReadonlyMap<number, TrackFacts>): TrackTiming[] {
  if (tracks.size === 0)
    throw new CmafError('init_missing', 'expected an init segment before the first chunk, got none');
  const boxes = enterMoof(moof);
  const timings: TrackTiming[] = [];
  while (boxes.next()) {
    if (boxes.type === TRAF) addTiming(timings, readTraf(boxes.children(), tracks));
  }
  if (timings.length === 0) throw new CmafError('fragment_malformed', 'expected at least one traf in moof, got none');
  return timings;
}

/** A cursor over the children of a `moof` given as a whole box. */
export function enterMoof(moof: Uint8Array): BoxCursor {
  const outer = new BoxCursor(viewOf(moof), 0, moof.length, 'fragment_malformed');
  if (outer.next() && outer.type === MOOF && outer.end === moof.length) return outer.children();
  const got = `${fourccName(outer.type)} of ${outer.end} bytes in ${moof.length}`;
  throw new CmafError('fragment_malformed', `expected exactly one moof box, got ${got}`);
}

function addTiming(timings: TrackTiming[], timing: TrackTiming): void {
  for (const { trackId } of timings) {
    if (trackId === timing.trackId) throw duplicateTraf(trackId);
  }
  timings.push(timing);
}

/** ISO/IEC 23000-19, 7.5.13: a chunk has one `traf` for each track. */
export const duplicateTraf = (trackId: number): CmafError =>
  new CmafError('fragment_malformed', `expected one traf for each track, got a second one for track_ID ${trackId}`);

function readTraf(boxes: BoxCursor, tracks: ReadonlyMap<number, TrackFacts>): TrackTiming {
  let decodeTimeTicks: bigint | undefined;
  let totals: RunTotals | undefined;
  while (boxes.next()) {
    if (boxes.type === TFHD) totals = startTotals(readTrackFragmentHeader(boxes), tracks);
    else if (boxes.type === TFDT) decodeTimeTicks = readDecodeTime(boxes);
    else if (boxes.type === TRUN) addRun(boxes, totals);
  }
  if (!totals) throw missing('tfhd');
  // HLS needs it in every traf (RFC 8216bis, 3.1.2).
  if (decodeTimeTicks === undefined) throw missing('tfdt', totals.header.trackId);
  return toTiming(totals, decodeTimeTicks);
}

function toTiming(totals: RunTotals, decodeTimeTicks: bigint): TrackTiming {
  const isEmpty = totals.sampleCount === 0;
  return {
    trackId: totals.header.trackId,
    decodeTimeTicks,
    durationTicks: BigInt(totals.durationTicks),
    sampleCount: totals.sampleCount,
    firstSampleTicks: totals.firstSampleTicks,
    independent: isIndependent(totals, isEmpty),
    presentationStartTicks: isEmpty ? decodeTimeTicks : decodeTimeTicks + BigInt(totals.earliestTicks),
  };
}

/** Only video has samples that need others; encoders are careless with the flags of the rest. */
function isIndependent({ facts, firstSampleFlags }: RunTotals, isEmpty: boolean): boolean {
  if (facts.kind !== 'video') return true;
  if (isEmpty) return false;
  return (firstSampleFlags & NON_SYNC_SAMPLE) === 0 && ((firstSampleFlags >>> 24) & 3) !== DEPENDS_ON_OTHERS;
}

function startTotals(header: TrackFragmentHeader, tracks: ReadonlyMap<number, TrackFacts>): RunTotals {
  const facts = tracks.get(header.trackId);
  if (!facts) {
    const known = [...tracks.keys()].join(', ');
    throw new CmafError('track_unknown', `traf is for track_ID ${header.trackId}, the init segment has ${known}`);
  }
  return {
    header,
    facts,
    durationTicks: 0,
    sampleCount: 0,
    earliestTicks: Infinity,
    firstSampleFlags: 0,
    firstSampleTicks: 0,
  };
}

/** The decode time of the `tfdt` (8.8.12) the cursor stands on: 32 bits in version 0, 64 in version 1. */
export function readDecodeTime(box: BoxCursor): bigint {
  box.need(8);
  if (box.view.getUint8(box.payload) === 0) return BigInt(box.view.getUint32(box.payload + 4));
  box.need(12);
  return box.view.getBigUint64(box.payload + 4);
}

function addRun(box: BoxCursor, totals: RunTotals | undefined): void {
  if (!totals) throw missing('tfhd before trun');
  const run = readTrackRun(box);
  if (run.sampleCount === 0) return;
  if (totals.sampleCount === 0) {
    totals.firstSampleFlags = leadingFlags(box.view, run, totals);
    totals.firstSampleTicks = leadingTicks(box.view, run, totals);
  }
  totals.sampleCount += run.sampleCount;
  if (totals.sampleCount > MAX_SAMPLES_PER_FRAGMENT) throw tooManySamples(totals.sampleCount);
  addTimes(box.view, run, totals);
}

function leadingFlags(view: DataView, run: TrackRun, { header, facts }: RunTotals): number {
  if (run.firstSampleFlags !== undefined) return run.firstSampleFlags;
  const offset = recordFieldOffset(run.flags, TRUN_FLAGS);
  if (offset >= 0) return view.getUint32(run.recordsStart + offset);
  return header.defaultFlags ?? facts.defaultSampleFlags;
}

function leadingTicks(view: DataView, run: TrackRun, { header, facts }: RunTotals): number {
  const offset = recordFieldOffset(run.flags, TRUN_DURATION);
  if (offset >= 0) return view.getUint32(run.recordsStart + offset);
  return header.defaultDurationTicks ?? facts.defaultSampleDurationTicks;
}

function addTimes(view: DataView, run: TrackRun, totals: RunTotals): void {
  const defaultDuration = totals.header.defaultDurationTicks ?? totals.facts.defaultSampleDurationTicks;
  const durationAt = recordFieldOffset(run.flags, TRUN_DURATION);
  const compositionAt = recordFieldOffset(run.flags, TRUN_COMPOSITION);
  let decodeTicks = totals.durationTicks;
  let earliestTicks = totals.earliestTicks;
  if (durationAt < 0 && compositionAt < 0) {
    earliestTicks = Math.min(earliestTicks, decodeTicks);
    decodeTicks += run.sampleCount * defaultDuration;
  } else {
    const end = run.recordsStart + run.sampleCount * run.recordBytes;
    for (let record = run.recordsStart; record < end; record += run.recordBytes) {
      // Version 0 says unsigned, yet encoders write negative offsets in it; none means one of 2^31 ticks.
      const compositionTicks = decodeTicks + (compositionAt < 0 ? 0 : view.getInt32(record + compositionAt));
      if (compositionTicks < earliestTicks) earliestTicks = compositionTicks;
      decodeTicks += durationAt < 0 ? defaultDuration : view.getUint32(record + durationAt);
    }
  }
  totals.durationTicks = decodeTicks;
  totals.earliestTicks = earliestTicks;
}

const missing = (what: string, trackId?: number): CmafError =>
  new CmafError(
    'fragment_malformed',
    `expected ${what} in traf${trackId === undefined ? '' : ` of track_ID ${trackId}`}, got none`,
  );
