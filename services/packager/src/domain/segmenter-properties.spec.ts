import * as fc from 'fast-check';
import { CHAIN_START, nextChainValue } from '#provenance';
import type { SegmentClosed } from '#shared/contracts';
import { chunkOf, eventOf, NUMBERS, runEvents, sha256, WISHES } from '../../test/media.ts';
import type { MediaChunk, MediaEvent } from './media-event.ts';
import { newSegmenter, resumeTrack } from './segmenter.ts';

interface TrackPlan {
  readonly kind: 'video' | 'audio';
  readonly timescale: number;
  /** Length in ticks and whether decoding can start, chunk by chunk; `gap` and `epoch` come before the chunk. */
  readonly chunks: ReadonlyArray<{
    readonly lengthMs: number;
    readonly key: boolean;
    readonly before: 'nothing' | 'gap' | 'loss' | 'epoch' | 'end' | 'duplicate';
  }>;
}

const chunkPlan = fc.record({
  lengthMs: fc.integer({ min: 20, max: 700 }),
  key: fc.boolean(),
  before: fc.oneof(
    { weight: 20, arbitrary: fc.constant('nothing' as const) },
    {
      weight: 2,
      arbitrary: fc.constantFrom(
        'gap' as const,
        'loss' as const,
        'epoch' as const,
        'end' as const,
        'duplicate' as const,
      ),
    },
  ),
});

const trackPlan: fc.Arbitrary<TrackPlan> = fc.record({
  kind: fc.constantFrom('video' as const, 'audio' as const),
  timescale: fc.constantFrom(90_000, 48_000, 44_100, 12_800, 1000, 10_000_000),
  chunks: fc.array(chunkPlan, { minLength: 1, maxLength: 60 }),
});

/** Events of one track in order, without their place in the stream. */
function eventsOfTrack(plan: TrackPlan, trackId: number): MediaEvent[] {
  const events: MediaEvent[] = [];
  let epoch = 0;
  let startMs = 0;
  let last: MediaChunk | undefined;
  for (const [index, { lengthMs, key, before }] of plan.chunks.entries()) {
    if (before === 'epoch') {
      epoch += 1;
      startMs = 0;
    }
    if (before === 'gap') startMs += 400;
    if (before === 'loss') startMs += 900 + 137 * lengthMs;
    if (before === 'end') events.push({ kind: 'end', trackId, streamSequence: 0 });
    if (before === 'duplicate' && last !== undefined) events.push(eventOf(last));
    last = chunkOf({
      streamSequence: 0,
      trackId,
      kind: plan.kind,
      timescale: plan.timescale,
      epoch,
      startMs,
      lengthMs,
      independent: plan.kind === 'audio' || key,
      bytes: Buffer.from(`${trackId}/${index}/`.padEnd(10 + (index % 7), '.')),
    });
    events.push(eventOf(last));
    startMs += lengthMs;
  }
  return events;
}

/** The tracks' events merged by the picks, and numbered as the stream would. */
function interleave(tracks: MediaEvent[][], picks: readonly number[]): MediaEvent[] {
  const rest = tracks.map((events) => [...events]);
  const merged: MediaEvent[] = [];
  for (let step = 0; rest.some((events) => events.length > 0); step += 1) {
    const nonEmpty = rest.filter((events) => events.length > 0);
    const event = nonEmpty[(picks[step % picks.length] ?? 0) % nonEmpty.length]!.shift()!;
    merged.push(numbered(event, merged.length + 1));
  }
  return merged;
}

function numbered(event: MediaEvent, streamSequence: number): MediaEvent {
  if (event.kind === 'silence') return event;
  return event.kind === 'chunk'
    ? { ...event, streamSequence, chunk: { ...event.chunk, streamSequence } }
    : { ...event, streamSequence };
}

const media = fc
  .tuple(fc.array(trackPlan, { minLength: 1, maxLength: 3 }), fc.array(fc.nat(10), { minLength: 1, maxLength: 40 }))
  .map(([plans, picks]) =>
    interleave(
      plans.map((plan, index) => eventsOfTrack(plan, index + 1)),
      picks,
    ),
  );

const byTrack = (records: readonly SegmentClosed[]): SegmentClosed[][] =>
  [1, 2, 3]
    .map((trackId) => records.filter((record) => record.trackId === trackId))
    .filter((ofTrack) => ofTrack.length > 0);

/** The chunks that count: the first of each decode time, in epochs that do not go back. */
function accepted(events: readonly MediaEvent[], trackId: number): MediaChunk[] {
  const chunks = events.filter((event) => event.kind === 'chunk' && event.trackId === trackId);
  const seen = new Set<string>();
  return chunks
    .map((event) => (event as Extract<MediaEvent, { kind: 'chunk' }>).chunk)
    .filter((chunk) => {
      const name = `${chunk.epoch}:${chunk.decodeTimeTicks}`;
      if (seen.has(name)) return false;
      seen.add(name);
      return true;
    });
}

const endAll = (events: readonly MediaEvent[]): MediaEvent[] => [
  ...events,
  ...[1, 2, 3].map((trackId, index) => ({
    kind: 'end' as const,
    trackId,
    streamSequence: events.length + 1 + index,
  })),
];

describe('segments of any media in any order', () => {
  it('have media sequences without a hole and a chain that verifies', () => {
    fc.assert(
      fc.property(media, (events) => {
        for (const records of byTrack(runEvents(newSegmenter(NUMBERS, WISHES), events).records)) {
          let chain = CHAIN_START;
          for (const [index, record] of records.entries()) {
            chain = nextChainValue(chain, record);
            expect(record).toMatchObject({ mediaSequence: index, chain, discontinuitySequence: record.epoch });
          }
        }
      }),
    );
  });

  it('never round above the target duration', () => {
    fc.assert(
      fc.property(media, (events) => {
        for (const record of runEvents(newSegmenter(NUMBERS, WISHES), events).records)
          expect(Math.round(record.durationMs / 1000)).toBeLessThanOrEqual(NUMBERS.targetDurationSec);
      }),
    );
  });

  it('leave no loss of more than a second in the timeline of an epoch, and no gap where there is media', () => {
    fc.assert(
      fc.property(media, (events) => {
        const records = runEvents(newSegmenter(NUMBERS, WISHES), endAll(events)).records;
        for (const ofTrack of byTrack(records)) {
          for (const [index, record] of ofTrack.entries()) {
            const previous = ofTrack[index - 1];
            if (previous?.epoch !== record.epoch) continue;
            const jumpTicks = record.decodeTimeTicks - previous.decodeTimeTicks - previous.durationTicks;
            // One tick back: these chunks begin and end at rounded times.
            expect(jumpTicks).toBeGreaterThanOrEqual(-1n);
            expect(jumpTicks).toBeLessThanOrEqual(BigInt(record.timescale));
            expect(record.chunks.length === 0).toBe(record.gap === true);
            if (record.gap) expect(record).toMatchObject({ sizeBytes: 0, closedBy: 'gap', partChunkCounts: [] });
          }
        }
      }),
    );
  });

  it('hold every chunk once, in order, byte for byte, in parts and in segments', () => {
    fc.assert(
      fc.property(media, (events) => {
        const { records, effects } = runEvents(newSegmenter(NUMBERS, WISHES), endAll(events));
        for (const trackId of [1, 2, 3]) {
          const chunks = accepted(events, trackId);
          const ofTrack = records.filter((record) => record.trackId === trackId);
          expect(ofTrack.flatMap((record) => record.chunks.map((chunk) => chunk.streamSequence))).toEqual(
            chunks.map((chunk) => chunk.streamSequence),
          );
          const parts = effects.filter((effect) => effect.kind === 'part_finished' && effect.trackId === trackId);
          const bytes = parts.map((part) => (part.kind === 'part_finished' ? part.bytes : new Uint8Array()));
          expect(Buffer.concat(bytes)).toEqual(Buffer.concat(chunks.map((chunk) => chunk.bytes)));
          let at = 0;
          for (const record of ofTrack) {
            const own = chunks.slice(at, at + record.chunks.length).map((chunk) => chunk.bytes);
            at += record.chunks.length;
            expect(record.sha256).toBe(sha256(Buffer.concat(own)));
            expect(record.partChunkCounts.reduce((sum, count) => sum + count, 0)).toBe(record.chunks.length);
          }
        }
      }),
    );
  });

  it('are the same for a successor that resumes after any record', () => {
    fc.assert(
      fc.property(media, fc.nat(1000), (events, pick) => {
        const whole = runEvents(newSegmenter(NUMBERS, WISHES), endAll(events)).records;
        fc.pre(whole.length > 0);
        const written = whole.slice(0, 1 + (pick % whole.length));
        let state = newSegmenter(NUMBERS, WISHES);
        for (const records of byTrack(written)) state = resumeTrack(state, records.at(-1)!);
        const from = written.at(-1)!.resumeSequence;
        const unread = endAll(events).filter((event) => event.kind !== 'silence' && event.streamSequence >= from);
        expect(runEvents(state, unread).records).toEqual(whole.slice(written.length));
      }),
      { numRuns: 300 },
    );
  });

  it('are the same however long the numbers took to learn', () => {
    fc.assert(
      fc.property(media, (events) => {
        const learned = runEvents(newSegmenter(undefined, WISHES), endAll(events));
        const numbers = learned.state.numbers!;
        const known = runEvents(newSegmenter(numbers, WISHES), endAll(events));
        expect(inPlace(learned.records)).toEqual(inPlace(known.records));
      }),
    );
  });
});

/** Records by track, without their resume point: it depends on when a segment was closed, not on what it is. */
const inPlace = (records: readonly SegmentClosed[]): SegmentClosed[] =>
  byTrack(records)
    .flat()
    .map((record) => ({ ...record, resumeSequence: 0 }));
