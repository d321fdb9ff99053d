import { isAtLeast, parseVersion } from './versions.mjs';

describe('versions', () => {
  it.each([
    ['nats-server: v2.15.1', [2, 15, 1]],
    ['Redis server v=7.0.15 sha=00000000:0', [7, 0, 15]],
    ['no number here', undefined],
  ])('reads the first dotted version of "%s"', (text, expected) => {
    expect(parseVersion(text)).toEqual(expected);
  });

  it.each([
    ['2.9.10', false],
    ['2.10', true],
    ['2.10.0', true],
    ['3.0', true],
    ['unknown', false],
  ])('compares %s with 2.10 number by number', (version, expected) => {
    expect(isAtLeast(version, '2.10')).toBe(expected);
  });

  it('refuses a minimum that is no version', () => {
    expect(() => isAtLeast('2.10', 'new')).toThrow('minimum version');
  });
});
