import { createHash } from 'node:crypto';
import { keyMatches, presentedKey } from './stream-key.ts';

const KEY = 'sk_live_0123456789abcdefghijklmnopqrstuv';
const basic = (text: string): string => `Basic ${Buffer.from(text).toString('base64')}`;
const from = (carriers: { authorization?: string; query?: string; pathKey?: string }): string | undefined =>
  presentedKey({
    authorization: carriers.authorization,
    query: new URLSearchParams(carriers.query),
    pathKey: carriers.pathKey,
  });

describe('presentedKey', () => {
  it('finds the key in every carrier', () => {
    expect(from({ authorization: `Bearer ${KEY}` })).toBe(KEY);
    expect(from({ authorization: `bearer  ${KEY}` })).toBe(KEY);
    expect(from({ authorization: basic(`anyone:${KEY}`) })).toBe(KEY);
    expect(from({ authorization: basic(`:a:b`) })).toBe('a:b');
    expect(from({ query: `sk=${KEY}` })).toBe(KEY);
    expect(from({ pathKey: KEY })).toBe(KEY);
  });

  it('finds none where there is none', () => {
    expect(from({})).toBeUndefined();
    expect(from({ query: 'sk=' })).toBeUndefined();
    expect(from({ authorization: 'Digest x' })).toBeUndefined();
    expect(from({ authorization: basic('no-colon') })).toBeUndefined();
    expect(from({ query: `sk=${'x'.repeat(600)}` })).toBeUndefined();
  });
});

describe('keyMatches', () => {
  const sha256 = createHash('sha256').update(KEY).digest('hex');

  it('accepts the key of the hash and no other', () => {
    expect(keyMatches(KEY, sha256)).toBe(true);
    expect(keyMatches(`${KEY}x`, sha256)).toBe(false);
    expect(keyMatches(KEY, 'ab')).toBe(false);
  });
});
