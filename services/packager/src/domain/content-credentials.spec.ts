import { chunkOf, eventOf, NUMBERS, runEvents, WISHES } from '../../test/media.ts';
import { newSegmenter } from './segmenter.ts';
import { segmentOfRecord } from './window-merge.ts';

/** A `uuid` box with the extended type of C2PA. */
const C2PA_BOX = Buffer.from(`00000018${Buffer.from('uuid').toString('hex')}d8fec3d61b0e483c92975828877ec481`, 'hex');

describe('content credentials in the chunks of a segment', () => {
  const chunks = Array.from({ length: 9 }, (_, index) =>
    chunkOf({
      streamSequence: index + 1,
      startMs: index * 500,
      independent: index % 4 === 0,
      ...(index === 2 ? { bytes: C2PA_BOX } : {}),
    }),
  );
  const { effects, records } = runEvents(newSegmenter(NUMBERS, WISHES), chunks.map(eventOf));

  it('are noted in the record of that segment and of no other', () => {
    expect(records.map((record) => record.contentCredentials)).toEqual([true, undefined]);
  });

  it('are noted in the window, as it was written and as it is restored', () => {
    const closed = effects.filter((effect) => effect.kind === 'segment_closed');
    expect(closed.map(({ segment }) => segment.contentCredentials)).toEqual([true, undefined]);
    const restored = records.map((record) => segmentOfRecord(record, []));
    expect(restored.map((segment) => segment.contentCredentials)).toEqual([true, undefined]);
  });
});
