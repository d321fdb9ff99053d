import { Seats, WaitingRoom, type Wish } from './waiting-room.ts';

const atLeast = (limit: number, trackId?: number): Wish<number> & { looks: number } => ({
  key: `${limit}/${trackId}`,
  ...(trackId === undefined ? {} : { trackId }),
  looks: 0,
  isFulfilled(now: number) {
    this.looks += 1;
    return now >= limit;
  },
});

const anyTrack = new Set([1]);

describe('WaitingRoom', () => {
  it('lets go everybody whose wish is fulfilled and nobody else', async () => {
    const room = new WaitingRoom<number>(new Seats(10));
    const gone: string[] = [];
    const first = room.wait(atLeast(1), 1000).then((is) => gone.push(`1:${is}`));
    const second = room.wait(atLeast(2), 1000).then((is) => gone.push(`2:${is}`));
    room.changed(1, anyTrack);
    await first;
    expect(gone).toEqual(['1:1']);
    room.changed(2, anyTrack);
    await second;
    expect(gone).toEqual(['1:1', '2:2']);
    expect(room.isEmpty).toBe(true);
  });

  it('looks once at what a thousand wait for, and not at what another track must fulfil', async () => {
    const room = new WaitingRoom<number>(new Seats(2000));
    const wish = atLeast(3, 1);
    const other = atLeast(3, 2);
    const waiting = Promise.all(Array.from({ length: 1000 }, () => room.wait(wish, 1000)));
    const others = room.wait(other, 1000);
    for (const now of [1, 2, 3]) room.changed(now, new Set([1]));
    expect(new Set(await waiting)).toEqual(new Set([3]));
    expect(wish.looks).toBe(3);
    expect(other.looks).toBe(0);
    room.changed(3, new Set([2]));
    expect(await others).toBe(3);
  });

  it('lets each go after its own time', async () => {
    const room = new WaitingRoom<number>(new Seats(10));
    const wish = atLeast(1);
    const long = room.wait(wish, 60_000);
    expect(await room.wait(wish, 10)).toBeUndefined();
    expect(room.isEmpty).toBe(false);
    room.changed(1, anyTrack);
    expect(await long).toBe(1);
  });

  it('turns away at once who finds no seat, and gives seats back', async () => {
    const room = new WaitingRoom<number>(new Seats(1));
    const seated = room.wait(atLeast(1), 60_000);
    expect(await room.wait(atLeast(1), 60_000)).toBeUndefined();
    room.changed(1, anyTrack);
    expect(await seated).toBe(1);
    const next = room.wait(atLeast(2), 60_000);
    room.changed(2, anyTrack);
    expect(await next).toBe(2);
  });

  it('keeps a wish that comes again while the ones before are let go', async () => {
    const room = new WaitingRoom<number>(new Seats(10));
    const again = room.wait(atLeast(1), 1000).then(() => room.wait(atLeast(2), 1000));
    room.changed(1, anyTrack);
    await Promise.resolve();
    await Promise.resolve();
    expect(room.isEmpty).toBe(false);
    room.changed(2, anyTrack);
    expect(await again).toBe(2);
  });
});
