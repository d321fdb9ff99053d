import { createHmac, generateKeyPairSync, sign } from 'node:crypto';

/** Claims of a token of the call API; times in seconds since 1970. */
export type CallClaims = Readonly<Record<string, unknown>>;

const part = (value: unknown): string => Buffer.from(JSON.stringify(value)).toString('base64url');

const signed = (alg: string, claims: CallClaims, signatureOf: (data: string) => Buffer): string => {
  const data = `${part({ alg, typ: 'JWT' })}.${part(claims)}`;
  return `${data}.${signatureOf(data).toString('base64url')}`;
};

/** A token as a platform mints it, written out by hand so that no library decides what can be sent. */
export const callToken = (claims: CallClaims, secret: string): string =>
  signed('HS256', claims, (data) => createHmac('sha256', secret).update(data).digest());

/** Tokens of every other algorithm, by its name; each says what a good one would say. */
export function foreignTokens(claims: CallClaims, secret: string): Record<string, string> {
  const rsa = generateKeyPairSync('rsa', { modulusLength: 2048 }).privateKey;
  const ec = generateKeyPairSync('ec', { namedCurve: 'P-256' }).privateKey;
  return {
    none: signed('none', claims, () => Buffer.alloc(0)),
    HS512: signed('HS512', claims, (data) => createHmac('sha512', secret).update(data).digest()),
    RS256: signed('RS256', claims, (data) => sign('sha256', Buffer.from(data), rsa)),
    ES256: signed('ES256', claims, (data) => sign('sha256', Buffer.from(data), { key: ec, dsaEncoding: 'ieee-p1363' })),
  };
}
