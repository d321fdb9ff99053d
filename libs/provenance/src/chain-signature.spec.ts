import { createPublicKey, verify } from 'node:crypto';
import { chainText, isSignedBy, keyIdOf, signingKeyOf, type ChainPosition } from './chain-signature.ts';

/** RFC 8032, 7.1, test 1. */
const SEED = Buffer.from('9d61b19deffd5a60ba844af492ec2cc44449c5697b326919703bac031cae7f60', 'hex').toString(
  'base64url',
);
const PUBLIC_KEY = Buffer.from('d75a980182b10ab7d54bfed3c964073a0ee172f3daa62325af021a68f707511a', 'hex').toString(
  'base64url',
);
const OTHER_SEED = Buffer.alloc(32, 7).toString('base64url');

const position: ChainPosition = {
  inputId: 'li_abcdefgh',
  trackId: 2,
  epoch: 1,
  mediaSequence: 41,
  chain: 'ab'.repeat(32),
};

describe('the signature of a chain value', () => {
  it('is made by the key of the seed', () => {
    expect(signingKeyOf(SEED)).toMatchObject({ publicKey: PUBLIC_KEY, keyId: keyIdOf(PUBLIC_KEY) });
    expect(keyIdOf(PUBLIC_KEY)).toMatch(/^[0-9a-f]{16}$/);
  });

  it('signs a text that anybody can write down', () => {
    expect(chainText(position)).toBe(`headwater-chain-v1\nli_abcdefgh\n2\n1\n41\n${'ab'.repeat(32)}`);
    const key = createPublicKey({ key: { kty: 'OKP', crv: 'Ed25519', x: PUBLIC_KEY }, format: 'jwk' });
    const { value } = signingKeyOf(SEED).sign(position);
    expect(verify(null, Buffer.from(chainText(position)), key, Buffer.from(value, 'base64url'))).toBe(true);
    expect(value).toHaveLength(86);
  });

  it('holds for its own key and position', () => {
    expect(isSignedBy(PUBLIC_KEY, position, signingKeyOf(SEED).sign(position))).toBe(true);
  });

  it.each<[string, Partial<ChainPosition>]>([
    ['input', { inputId: 'li_abcdefgi' }],
    ['track', { trackId: 3 }],
    ['epoch', { epoch: 2 }],
    ['number', { mediaSequence: 42 }],
    ['value', { chain: 'ac'.repeat(32) }],
  ])('does not hold for another %s', (_, over) => {
    expect(isSignedBy(PUBLIC_KEY, { ...position, ...over }, signingKeyOf(SEED).sign(position))).toBe(false);
  });

  it('does not hold for another key, nor when it is damaged', () => {
    const signature = signingKeyOf(SEED).sign(position);
    expect(isSignedBy(signingKeyOf(OTHER_SEED).publicKey, position, signature)).toBe(false);
    const damaged = Buffer.from(signature.value, 'base64url');
    damaged[5]! ^= 1;
    expect(isSignedBy(PUBLIC_KEY, position, { ...signature, value: damaged.toString('base64url') })).toBe(false);
    expect(isSignedBy(PUBLIC_KEY, position, { ...signature, value: 'short' })).toBe(false);
  });

  it.each(['', 'abc', Buffer.alloc(33).toString('base64url'), `${SEED}=`, `${SEED.slice(0, -1)}?`])(
    'refuses %j as a seed without repeating it',
    (seed) => {
      expect(() => signingKeyOf(seed)).toThrow(/^expected a signing key of 32 bytes in base64url, got \d+ characters$/);
    },
  );
});
