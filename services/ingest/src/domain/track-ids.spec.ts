import * as fc from 'fast-check';
import { allocateTrackIds, MAX_TRACKS_PER_INPUT, trackKeyOf, trackNamesOf, tracksOfName } from './track-ids.ts';

describe('allocateTrackIds', () => {
  it('keeps the id of the container while it is free', () => {
    expect(
      allocateTrackIds({}, [
        { key: ':1', containerTrackId: 1 },
        { key: ':7', containerTrackId: 7 },
      ]),
    ).toEqual({
      ':1': 1,
      ':7': 7,
    });
  });

  it('gives the lowest free id to independent uploads that all say 1', () => {
    const video = allocateTrackIds({}, [{ key: 'video', containerTrackId: 1 }]) ?? {};
    expect(allocateTrackIds(video, [{ key: 'audio', containerTrackId: 1 }])).toEqual({ video: 1, audio: 2 });
  });

  it('refuses more tracks than an input may have', () => {
    const wanted = Array.from({ length: MAX_TRACKS_PER_INPUT + 1 }, (_, i) => ({ key: `t${i}`, containerTrackId: 1 }));
    expect(allocateTrackIds({}, wanted)).toBeUndefined();
  });

  it('never changes an id and never gives one twice', () => {
    const wanted = fc.array(
      fc.record({
        key: fc.constantFrom('a', 'b', 'c', 'd', ':1', ':2'),
        containerTrackId: fc.integer({ min: 1, max: 4 }),
      }),
    );
    fc.assert(
      fc.property(wanted, wanted, (first, second) => {
        const before = allocateTrackIds({}, first) ?? {};
        const after = allocateTrackIds(before, second) ?? {};
        expect(after).toMatchObject(before);
        expect(new Set(Object.values(after)).size).toBe(Object.keys(after).length);
      }),
    );
  });
});

describe('the names of tracks', () => {
  it('finds the tracks behind an upload name, multiplexed or not', () => {
    const ids = { [trackKeyOf('', 1, true)]: 1, [trackKeyOf('', 2, true)]: 2, [trackKeyOf('video', 1, false)]: 3 };
    expect(tracksOfName(ids, '')).toEqual([
      { containerTrackId: 1, trackId: 1 },
      { containerTrackId: 2, trackId: 2 },
    ]);
    expect(tracksOfName(ids, 'video')).toEqual([{ trackId: 3 }]);
    expect(tracksOfName(ids, 'audio')).toEqual([]);
    expect(trackNamesOf(ids)).toEqual(['', 'video']);
  });
});
