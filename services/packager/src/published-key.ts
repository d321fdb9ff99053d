import { signingKeyOf, type SigningKey } from '#provenance';
import type { OriginKeys } from './ports.ts';

/** The signing key of a seed, once its public key is known to those who verify; undefined without a seed. */
export async function publishedKey(seed: string | undefined, keys: OriginKeys): Promise<SigningKey | undefined> {
  if (seed === undefined) return undefined;
  const key = signingKeyOf(seed);
  const { keyId, publicKey } = key;
  await keys.publish({ keyId, publicKey, algorithm: 'Ed25519', createdAtMs: Date.now() });
  return key;
}
