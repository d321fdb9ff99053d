import { codingFor } from './content-coding.ts';

describe('codingFor', () => {
  it.each([
    [undefined, 'identity'],
    ['', 'identity'],
    ['gzip', 'gzip'],
    ['gzip, deflate, br, zstd', 'br'],
    ['gzip, deflate', 'gzip'],
    ['br;q=0.5, GZIP;q=0.8', 'gzip'],
    ['br;q=0.8, gzip;q=0.8', 'br'],
    ['gzip;q=0', 'identity'],
    ['*', 'br'],
    ['*;q=0', 'identity'],
    ['br;q=0, *', 'gzip'],
    ['gzip;q=0, br;q=0, *', 'identity'],
    ['identity', 'identity'],
    ['identity;q=1, gzip;q=0.5', 'identity'],
    ['identity;q=0.5, gzip;q=0.9', 'gzip'],
    ['identity;q=0', 'identity'],
    ['br;q=x, gzip', 'gzip'],
  ])('%s: %s', (header, expected) => {
    expect(codingFor(header)).toBe(expected);
    expect(codingFor(header)).toBe(expected);
  });

  it('gives the right answer also for more headers than it remembers', () => {
    for (let index = 0; index < 500; index += 1) expect(codingFor(`x-${index}, gzip`)).toBe('gzip');
    expect(codingFor('x-499, br')).toBe('br');
  });
});
