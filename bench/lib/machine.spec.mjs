import { allowedCores, parseCpuList } from './machine.mjs';

describe('cores', () => {
  it.each([
    ['0', [0]],
    ['0-2,5', [0, 1, 2, 5]],
  ])('reads the list %s', (list, cores) => {
    expect(parseCpuList(list)).toEqual(cores);
  });

  it('knows those that this process may run on', () => {
    expect(allowedCores().length).toBeGreaterThan(0);
  });
});
