import { chunkOf, eventOf } from '../../test/media.ts';
import type { MediaEvent } from './media-event.ts';
import { learnNumbers } from './presentation-numbers.ts';

interface TrackShape {
  readonly trackId?: number;
  readonly kind?: 'video' | 'audio';
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

describe('the numbers of a presentation', () => {
  it.each([
    { what: 'a GOP of 2 s', chunkMs: 40, gop: 50, segmentTargetMs: 2000, targetDurationSec: 2, partTargetMs: 520 },
    { what: 'a GOP of 1 s', chunkMs: 500, gop: 2, segmentTargetMs: 2000, targetDurationSec: 2, partTargetMs: 500 },
    { what: 'a GOP of 0.96 s', chunkMs: 480, gop: 2, segmentTargetMs: 1920, targetDurationSec: 2, partTargetMs: 480 },
    {
      what: 'a GOP of 2.002 s',
      chunkMs: 1001,
      gop: 2,
      segmentTargetMs: 2002,
      targetDurationSec: 2,
      partTargetMs: 1001,
    },
    { what: 'a GOP of 4 s', chunkMs: 500, gop: 8, segmentTargetMs: 4000, targetDurationSec: 4, partTargetMs: 500 },
    { what: 'a GOP of 2.4 s', chunkMs: 200, gop: 12, segmentTargetMs: 2400, targetDurationSec: 3, partTargetMs: 600 },
  ])('come from $what', ({ what: _what, chunkMs, gop, ...numbers }) => {
    expect(learnNumbers(eventsOf({ chunkMs, gop, count: gop + 1 }), undefined)).toEqual(numbers);
    expect(learnNumbers(eventsOf({ chunkMs, gop, count: gop }), undefined)).toBeUndefined();
  });

  it('take a configured segment target as it is', () => {
    const events = eventsOf({ chunkMs: 500, gop: 2, count: 3 });
    expect(learnNumbers(events, 6000)).toMatchObject({ segmentTargetMs: 6000, targetDurationSec: 6 });
  });

  it('stop waiting for a second keyframe after 4.5 s of media', () => {
    expect(learnNumbers(eventsOf({ chunkMs: 500, gop: 100, count: 8 }), undefined)).toBeUndefined();
    expect(learnNumbers(eventsOf({ chunkMs: 500, gop: 100, count: 9 }), undefined)).toMatchObject({
      segmentTargetMs: 2000,
    });
  });

  it('leave room for a chunk that is longer than the default', () => {
    expect(learnNumbers(eventsOf({ chunkMs: 8000, gop: 1, count: 1 }), undefined)).toMatchObject({
      segmentTargetMs: 8000,
      targetDurationSec: 8,
    });
  });

  it('wait for the GOP of every video track', () => {
    const first = eventsOf({ chunkMs: 500, gop: 2, count: 3 });
    const second = eventsOf({ trackId: 2, chunkMs: 500, gop: 4, count: 5 });
    expect(learnNumbers([...second.slice(0, 1), ...first], undefined)).toBeUndefined();
    expect(learnNumbers([...first, ...second], undefined)).toMatchObject({ segmentTargetMs: 2000 });
  });

  it('give parts that the chunks of every track fit', () => {
    const events = [
      ...eventsOf({ trackId: 2, kind: 'audio', chunkMs: 512, gop: 1, count: 1 }),
      ...eventsOf({ chunkMs: 500, gop: 4, count: 5 }),
    ];
    expect(learnNumbers(events, undefined)).toMatchObject({ partTargetMs: 512 });
  });

  it('are decided at once when the publisher ends', () => {
    const events: MediaEvent[] = [
      ...eventsOf({ kind: 'audio', chunkMs: 20, gop: 1, count: 10 }),
      { kind: 'end', trackId: 1, streamSequence: 11 },
    ];
    expect(learnNumbers(events, undefined)).toMatchObject({ segmentTargetMs: 2000, targetDurationSec: 2 });
  });
});
