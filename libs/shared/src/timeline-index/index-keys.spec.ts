import { hotKeys, indexKey, parseIndexKey } from './index-keys.ts';

describe('index keys', () => {
  it('are read back', () => {
    const key = indexKey('li_abcdefgh', 490_000, 17);
    expect(key).toBe('index/li_abcdefgh/490000-17.hwti');
    expect(parseIndexKey(key)).toEqual({ inputId: 'li_abcdefgh', hour: 490_000, fence: 17 });
  });

  it('are told from other keys', () => {
    for (const key of ['index/li_abcdefgh/490000.hwti', 'media/li_abcdefgh/490000-17.hwti', ''])
      expect(parseIndexKey(key)).toBeUndefined();
  });

  it('put both Redis keys of an hour into one slot of a cluster', () => {
    const slots = Object.values(hotKeys('li_abcdefgh', 1)).map((key) => /\{(.+)\}/.exec(key)?.[1]);
    expect(slots).toEqual(['li_abcdefgh', 'li_abcdefgh']);
  });
});
