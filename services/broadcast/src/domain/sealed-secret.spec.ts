import { randomBytes } from 'node:crypto';
import { openSecret, sealSecret } from './sealed-secret.ts';

const masterKey = randomBytes(32);
const seal = (context = 'a') => sealSecret('the secret', { masterKey, iv: randomBytes(12), context });

describe('sealed secrets', () => {
  it('open under the key and in the place they were sealed for', () => {
    expect(openSecret(seal(), { masterKey, context: 'a' })).toBe('the secret');
    expect(seal()).not.toContain('secret');
    expect(seal()).not.toBe(seal());
  });

  it('open nowhere else', () => {
    expect(() => openSecret(seal(), { masterKey, context: 'b' })).toThrow('unable to authenticate');
    expect(() => openSecret(seal(), { masterKey: randomBytes(32), context: 'a' })).toThrow('unable to authenticate');
    const [version, iv, tag, body = ''] = seal().split('.');
    const flipped = `${body.startsWith('A') ? 'B' : 'A'}${body.slice(1)}`;
    expect(() => openSecret([version, iv, tag, flipped].join('.'), { masterKey, context: 'a' })).toThrow(
      'unable to authenticate',
    );
    expect(() => openSecret([version, iv, 'AAAA', body].join('.'), { masterKey, context: 'a' })).toThrow(
      'authentication tag',
    );
    expect(() => openSecret('plain', { masterKey, context: 'a' })).toThrow('initialization vector');
  });
});
