import { BoxCursor, fourcc, viewOf } from './box-cursor.ts';
import { CmafError } from './cmaf-error.ts';
import { readDecodeTime } from './chunk-inspector.ts';
import type { TrackFacts } from './model.ts';
import {
  MAX_SAMPLES_PER_FRAGMENT,
  readTrackFragmentHeader,
  readTrackRun,
  recordFieldOffset,
  TFHD_BASE_DATA_OFFSET,
  tooManySamples,
  type TrackFragmentHeader,
  TRUN_DURATION,
  TRUN_SIZE,
} from './track-fragment.ts';

/** One sample: its bytes are `[start, end)` of the chunk or segment. */
export interface SampleFacts {
  start: number;
  end: number;
  decodeTimeTicks: bigint;
  durationTicks: number;
}

const MOOF = fourcc('moof');
const TRAF = fourcc('traf');
const TFHD = fourcc('tfhd');
const TFDT = fourcc('tfdt');
const TRUN = fourcc('trun');

interface Fragment {
  readonly facts: TrackFacts;
  readonly moofStart: number;
  readonly limit: number;
}

interface Run extends Fragment {
  readonly header: TrackFragmentHeader;
  /** End of the run before. */
  readonly start: number;
  readonly decodeTimeTicks: bigint;
}

/**
 * The samples of the chunks of one track, in order, addressed from their `moof`.
 * @param bytes a chunk, or a segment of several
 * @throws CmafError `fragment_malformed`, also for more samples than {@link MAX_SAMPLES_PER_FRAGMENT} in all
 */
export function* samplesOf(bytes: Uint8Array, facts: TrackFacts): Generator<SampleFacts> {
  const boxes = new BoxCursor(viewOf(bytes), 0, bytes.length, 'fragment_malformed');
  let count = 0;
  while (boxes.next()) {
    if (boxes.type !== MOOF) continue;
    for (const sample of samplesOfMoof(boxes, { facts, moofStart: boxes.start, limit: bytes.length })) {
      count += 1;
      if (count > MAX_SAMPLES_PER_FRAGMENT) throw tooManySamples(count);
      yield sample;
    }
  }
}

/**
 * Where the first sample of a single-track chunk ends, in bytes from the start of the chunk: what an I-frame byte range reaches to.
 * @throws CmafError `fragment_malformed` when there is no sample, or it is not in the chunk
 */
export function firstSampleEnd(chunk: Uint8Array, facts: TrackFacts): number {
  for (const { end } of samplesOf(chunk, facts)) return end;
  throw new CmafError('fragment_malformed', 'expected a sample in the chunk, got none');
}

function* samplesOfMoof(moof: BoxCursor, fragment: Fragment): Generator<SampleFacts> {
  const boxes = moof.children();
  while (boxes.next()) if (boxes.type === TRAF) yield* samplesOfTraf(boxes.children(), fragment);
}

function* samplesOfTraf(boxes: BoxCursor, fragment: Fragment): Generator<SampleFacts> {
  let header: TrackFragmentHeader | undefined;
  let decodeTimeTicks: bigint | undefined;
  let start = fragment.moofStart;
  while (boxes.next()) {
    if (boxes.type === TFHD) header = relativeHeader(boxes);
    else if (boxes.type === TFDT) decodeTimeTicks = readDecodeTime(boxes);
    else if (boxes.type === TRUN) {
      if (!header || decodeTimeTicks === undefined) throw malformed('expected tfhd and tfdt before trun in traf');
      for (const sample of samplesOfRun(boxes, { ...fragment, header, start, decodeTimeTicks })) {
        start = sample.end;
        decodeTimeTicks = sample.decodeTimeTicks + BigInt(sample.durationTicks);
        yield sample;
      }
    }
  }
}

function relativeHeader(box: BoxCursor): TrackFragmentHeader {
  const header = readTrackFragmentHeader(box);
  if (header.flags & TFHD_BASE_DATA_OFFSET)
    throw malformed('expected samples addressed from moof, got base_data_offset');
  return header;
}

function* samplesOfRun(box: BoxCursor, { header, facts, ...place }: Run): Generator<SampleFacts> {
  const run = readTrackRun(box);
  const durationAt = recordFieldOffset(run.flags, TRUN_DURATION);
  const sizeAt = recordFieldOffset(run.flags, TRUN_SIZE);
  let start = run.dataOffset === undefined ? place.start : place.moofStart + run.dataOffset;
  let { decodeTimeTicks } = place;
  for (let index = 0; index < run.sampleCount; index += 1) {
    const record = run.recordsStart + index * run.recordBytes;
    const field = (at: number, byDefault: number): number => (at < 0 ? byDefault : box.view.getUint32(record + at));
    const end = start + field(sizeAt, header.defaultSizeBytes ?? facts.defaultSampleSizeBytes);
    if (start < place.moofStart || end > place.limit) {
      throw malformed(`sample is at ${start}–${end}, the bytes are ${place.moofStart}–${place.limit}`);
    }
    const durationTicks = field(durationAt, header.defaultDurationTicks ?? facts.defaultSampleDurationTicks);
    yield { start, end, decodeTimeTicks, durationTicks };
    start = end;
    decodeTimeTicks += BigInt(durationTicks);
  }
}

const malformed = (message: string): CmafError => new CmafError('fragment_malformed', message);
