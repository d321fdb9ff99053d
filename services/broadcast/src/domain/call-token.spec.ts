import { generateKeyPairSync } from 'node:crypto';
import { SignJWT, UnsecuredJWT } from 'jose';
import { CallAuthError } from './call-errors.ts';
import { verifyCallToken } from './call-token.ts';

const SECRET = 'a-secret-of-the-app';
const NOW_MS = 1_800_000_000_000;
const NOW_SEC = NOW_MS / 1000;
const sign = (claims: Record<string, unknown>, secret = SECRET, alg = 'HS256') =>
  new SignJWT(claims).setProtectedHeader({ alg }).sign(new TextEncoder().encode(secret));
const codeOf = async (token: string): Promise<number> => {
  try {
    await verifyCallToken(token, SECRET, NOW_MS);
  } catch (error) {
    if (error instanceof CallAuthError) return error.apiCode;
    throw error;
  }
  return 0;
};

describe('verifyCallToken', () => {
  it('reads servers, users and call tokens', async () => {
    const read = async (claims: Record<string, unknown>) => verifyCallToken(await sign(claims), SECRET, NOW_MS);
    expect(await read({ server: true })).toEqual({ kind: 'server' });
    expect(await read({ user_id: 'u' })).toEqual({ kind: 'user', userId: 'u' });
    expect(await read({ user_id: 'u', role: 'admin' })).toEqual({ kind: 'user', userId: 'u' });
    const ofCall = { user_id: 'u', call_cids: ['livestream:x'], role: 'host' };
    expect(await read(ofCall)).toEqual({ kind: 'user', userId: 'u', callCids: ['livestream:x'], role: 'host' });
  });

  it.each([
    ['expired', { exp: NOW_SEC - 6 }, 40],
    ['expired within the leeway', { exp: NOW_SEC - 4 }, 0],
    ['not yet valid', { nbf: NOW_SEC + 6 }, 41],
    ['not yet valid within the leeway', { nbf: NOW_SEC + 4 }, 0],
    ['issued in the future', { iat: NOW_SEC + 6 }, 42],
    ['issued in the future within the leeway', { iat: NOW_SEC + 4 }, 0],
    ['with a time that is none', { exp: 'soon' }, 5],
  ])('answers a token %s by its code', async (_name, claims, code) => {
    expect(await codeOf(await sign({ user_id: 'u', ...claims }))).toBe(code);
  });

  it('refuses every algorithm but HS256, bad signatures, and what is no token', async () => {
    const { privateKey: rsa } = generateKeyPairSync('rsa', { modulusLength: 2048 });
    const { privateKey: ec } = generateKeyPairSync('ec', { namedCurve: 'P-256' });
    const claims = { user_id: 'u' };
    expect(await codeOf(new UnsecuredJWT(claims).encode())).toBe(5);
    expect(await codeOf(await new SignJWT(claims).setProtectedHeader({ alg: 'RS256' }).sign(rsa))).toBe(5);
    expect(await codeOf(await new SignJWT(claims).setProtectedHeader({ alg: 'ES256' }).sign(ec))).toBe(5);
    expect(await codeOf(await sign(claims, 's'.repeat(64), 'HS512'))).toBe(5);
    expect(await codeOf(await sign(claims, 'another-secret'))).toBe(43);
    expect(await codeOf('not.a.token')).toBe(5);
    expect(await codeOf('x'.repeat(9000))).toBe(5);
    expect(await codeOf(await sign({}))).toBe(5);
    expect(await codeOf(await sign({ user_id: '' }))).toBe(5);
    expect(await codeOf(await sign({ server: 'yes' }))).toBe(5);
  });
});
