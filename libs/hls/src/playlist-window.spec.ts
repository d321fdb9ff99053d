import { playlistWindow } from './playlist-window.ts';

const lasting = (...durationsMs: number[]): { durationMs: number }[] =>
  durationsMs.map((durationMs) => ({ durationMs }));

describe('playlistWindow', () => {
  it('takes the shortest tail that lasts the window', () => {
    expect(playlistWindow(lasting(1, 2000, 2000, 2000, 2000), 8000, 2)).toEqual(lasting(2000, 2000, 2000, 2000));
  });

  it('takes one segment more when the tail would be a microsecond short', () => {
    expect(playlistWindow(lasting(9, 2000, 1999.999, 2000, 2000), 8000, 2)).toHaveLength(5);
  });

  it('counts whole microseconds where a double falls short of them', () => {
    expect(1024.003 * 1000).toBeLessThan(1_024_003);
    expect(playlistWindow(lasting(9, 1024.003, 1024.003, 1024.003), 3072.009, 1)).toHaveLength(3);
  });

  it('never goes below three target durations, however short the window asked for', () => {
    expect(playlistWindow(lasting(2000, 2000, 2000, 2000, 2000), 0, 2)).toHaveLength(3);
  });

  it('takes everything when it lasts less than the window', () => {
    expect(playlistWindow(lasting(2000, 2000), 30_000, 2)).toHaveLength(2);
    expect(playlistWindow([], 30_000, 2)).toEqual([]);
  });
});
