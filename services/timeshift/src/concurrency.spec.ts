import { mapConcurrently, Slots } from './concurrency.ts';

/** Work that ends when the test says so. */
function controlled() {
  let running = 0;
  let most = 0;
  const ends: Array<() => void> = [];
  const work = async (): Promise<void> => {
    running += 1;
    most = Math.max(most, running);
    await new Promise<void>((resolve) => {
      ends.push(resolve);
    });
    running -= 1;
  };
  const endAll = async (): Promise<void> => {
    for (let end = ends.shift(); end !== undefined; end = ends.shift()) {
      end();
      await new Promise(setImmediate);
    }
  };
  return { work, endAll, most: () => most };
}

describe('mapConcurrently', () => {
  it('gives the results in the order of the items and keeps the limit', async () => {
    const { work, endAll, most } = controlled();
    const mapped = mapConcurrently([1, 2, 3, 4, 5], 2, async (item) => {
      await work();
      return item * 10;
    });
    await endAll();
    expect(await mapped).toEqual([10, 20, 30, 40, 50]);
    expect(most()).toBe(2);
  });

  it('rejects with the first failure', async () => {
    const failing = mapConcurrently([1, 2], 2, (item) => Promise.reject(new Error(`item ${item}`)));
    await expect(failing).rejects.toThrow('item 1');
  });
});

describe('Slots', () => {
  it('lets no more than its count run, and the next when one ends or fails', async () => {
    const { work, endAll, most } = controlled();
    const slots = new Slots(2);
    const failed = slots.run(() => Promise.reject(new Error('failed')));
    await expect(failed).rejects.toThrow('failed');
    const all = Promise.all(Array.from({ length: 5 }, () => slots.run(work)));
    await endAll();
    await all;
    expect(most()).toBe(2);
  });
});
