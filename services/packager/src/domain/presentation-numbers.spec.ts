import { chunkOf, eventOf, WISHES } from '../../test/media.ts';
import type { MediaEvent } from './media-event.ts';
import { learnNumbers, type PresentationWishes } from './presentation-numbers.ts';

interface TrackShape {
  readonly trackId?: number;
  readonly kind?: 'video' | 'audio' | 'text';
  readonly chunkMs: number;
  /** Chunks from one keyframe to the next. */
  readonly gop: number;
  readonly count: number;
}

const eventsOf = ({ trackId = 1, kind = 'video', chunkMs, gop, count }: TrackShape): MediaEvent[] =>
  Array.from({ length: count }, (_, index) =>
    eventOf(
      chunkOf({
        trackId,
        kind,
        streamSequence: index + 1,
        startMs: index * chunkMs,
        lengthMs: chunkMs,
        independent: index % gop === 0,
      }),
    ),
  );

const numbersOf = (events: readonly MediaEvent[], wishes: PresentationWishes = WISHES) =>
  learnNumbers(events, wishes)?.numbers;

describe('the numbers of a presentation', () => {
  it.each([
    { what: 'a GOP of 2 s', chunkMs: 40, gop: 50, segmentTargetMs: 2000, targetDurationSec: 2, partTargetMs: 500 },
    { what: 'a GOP of 1 s', chunkMs: 500, gop: 2, segmentTargetMs: 2000, targetDurationSec: 2, partTargetMs: 500 },
    { what: 'a GOP of 0.96 s', chunkMs: 480, gop: 2, segmentTargetMs: 1920, targetDurationSec: 2, partTargetMs: 500 },
    {
      what: 'a GOP of 2.002 s',
      chunkMs: 1001,
      gop: 2,
      segmentTargetMs: 2002,
      targetDurationSec: 2,
      partTargetMs: 1001,
    },
    { what: 'a GOP of 4 s', chunkMs: 500, gop: 8, segmentTargetMs: 4000, targetDurationSec: 4, partTargetMs: 500 },
    { what: 'a GOP of 2.4 s', chunkMs: 200, gop: 12, segmentTargetMs: 2400, targetDurationSec: 3, partTargetMs: 400 },
  ])('come from $what', ({ what: _what, chunkMs, gop, ...numbers }) => {
    expect(numbersOf(eventsOf({ chunkMs, gop, count: gop + 1 }))).toEqual(numbers);
    expect(numbersOf(eventsOf({ chunkMs, gop, count: gop }))).toBeUndefined();
  });

  it('take a configured segment target as it is', () => {
    const events = eventsOf({ chunkMs: 500, gop: 2, count: 3 });
    expect(numbersOf(events, { ...WISHES, segmentTargetMs: 6000 })).toMatchObject({
      segmentTargetMs: 6000,
      targetDurationSec: 6,
    });
  });

  it('stop waiting for a second keyframe after 4.5 s of media', () => {
    expect(numbersOf(eventsOf({ chunkMs: 500, gop: 100, count: 8 }))).toBeUndefined();
    expect(numbersOf(eventsOf({ chunkMs: 500, gop: 100, count: 9 }))).toMatchObject({ segmentTargetMs: 2000 });
  });

  it('leave room for a chunk that is longer than the default', () => {
    expect(numbersOf(eventsOf({ chunkMs: 8000, gop: 1, count: 1 }))).toMatchObject({
      segmentTargetMs: 8000,
      targetDurationSec: 8,
    });
  });

  it('wait for the GOP of every video track', () => {
    const first = eventsOf({ chunkMs: 500, gop: 2, count: 3 });
    const second = eventsOf({ trackId: 2, chunkMs: 500, gop: 4, count: 5 });
    expect(numbersOf([...second.slice(0, 1), ...first])).toBeUndefined();
    expect(numbersOf([...first, ...second])).toMatchObject({ segmentTargetMs: 2000 });
  });

  it('wait for the third chunk of audio, since the first is often a short one', () => {
    const video = eventsOf({ chunkMs: 500, gop: 4, count: 5 });
    const audio = eventsOf({ trackId: 2, kind: 'audio', chunkMs: 512, gop: 1, count: 3 });
    expect(numbersOf([...video, ...audio.slice(0, 2)])).toBeUndefined();
    expect(numbersOf([...video, ...audio])).toMatchObject({ partTargetMs: 512 });
  });

  it('take the wanted part length of the input where the chunks allow it', () => {
    const events = eventsOf({ chunkMs: 40, gop: 50, count: 51 });
    expect(numbersOf(events, { partTargetMs: 330 })).toMatchObject({ partTargetMs: 330 });
  });

  it('have no part target where a part would be more than half a segment, and say why', () => {
    const learned = learnNumbers(eventsOf({ chunkMs: 2000, gop: 1, count: 2 }), WISHES);
    expect(learned?.numbers).toEqual({ segmentTargetMs: 2000, targetDurationSec: 2 });
    expect(learned?.whyPlain).toBe(
      'expected chunks that make parts of one length up to 1000 ms, got track 1 video 2000 to 2000 ms: served without Low-Latency HLS',
    );
  });

  it('do not ask text and metadata for parts', () => {
    const captions = eventsOf({ trackId: 3, kind: 'text', chunkMs: 2000, gop: 1, count: 2 });
    const video = eventsOf({ chunkMs: 500, gop: 4, count: 5 });
    expect(numbersOf([...captions, ...video])).toMatchObject({ partTargetMs: 500 });
    const end: MediaEvent = { kind: 'end', trackId: 3, streamSequence: 3 };
    expect(learnNumbers([...captions, end], WISHES)).toEqual({
      numbers: { segmentTargetMs: 2000, targetDurationSec: 2 },
    });
  });

  it('are decided at once when the publisher ends', () => {
    const events: MediaEvent[] = [
      ...eventsOf({ kind: 'audio', chunkMs: 20, gop: 1, count: 10 }),
      { kind: 'end', trackId: 1, streamSequence: 11 },
    ];
    expect(numbersOf(events)).toMatchObject({ segmentTargetMs: 2000, targetDurationSec: 2 });
  });
});
