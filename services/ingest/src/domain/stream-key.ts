import { createHash, timingSafeEqual } from 'node:crypto';

/** Where a request may carry its stream key besides the path. */
export interface KeyCarriers {
  readonly authorization: string | undefined;
  readonly query: URLSearchParams;
  readonly pathKey: string | undefined;
}

const MAX_KEY_LENGTH = 512;

/**
 * The stream key a request presents: `Authorization: Bearer`, the password of `Basic`, `?sk=`, or the path, in this order.
 * Undefined when there is none, or one longer than any key.
 */
export function presentedKey(carriers: KeyCarriers): string | undefined {
  const key = fromAuthorization(carriers.authorization) ?? carriers.query.get('sk') ?? carriers.pathKey;
  return key === undefined || key === '' || key.length > MAX_KEY_LENGTH ? undefined : key;
}

function fromAuthorization(value: string | undefined): string | undefined {
  const [, scheme, credentials] = /^(Bearer|Basic) +(\S+)$/i.exec(value?.trim() ?? '') ?? [];
  if (scheme === undefined || credentials === undefined) return undefined;
  if (scheme.toLowerCase() === 'bearer') return credentials;
  const [, password] = /^[^:]*:(.*)$/s.exec(Buffer.from(credentials, 'base64').toString('utf8')) ?? [];
  return password;
}

/** Whether the key has this SHA-256 (lowercase hex); takes the same time wherever they differ. */
export function keyMatches(key: string, sha256: string): boolean {
  const expected = Buffer.from(sha256, 'hex');
  const got = createHash('sha256').update(key).digest();
  return expected.length === got.length && timingSafeEqual(got, expected);
}
