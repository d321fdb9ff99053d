import { createHash, createPrivateKey, createPublicKey, sign, verify, type KeyObject } from 'node:crypto';

/** A value of the hash chain and the segment after which it stands. */
export interface ChainPosition {
  readonly inputId: string;
  readonly trackId: number;
  readonly epoch: number;
  readonly mediaSequence: number;
  readonly chain: string;
}

/** An Ed25519 signature (RFC 8032); `value` is base64url of its 64 bytes. */
export interface DetachedSignature {
  readonly keyId: string;
  readonly value: string;
}

/** The key with which an origin signs its chains. */
export interface SigningKey {
  readonly keyId: string;
  /** Raw public key, base64url. */
  readonly publicKey: string;
  sign(position: ChainPosition): DetachedSignature;
}

/** The DER that makes a PKCS #8 private key of an Ed25519 seed (RFC 8410, section 7). */
const PKCS8_PREFIX = Buffer.from('302e020100300506032b657004220420', 'hex');
const KEY_BYTES = 32;

/** The text that is signed, UTF-8. Five lines after the name of the format; every field is in it, so none can be exchanged. */
export const chainText = ({ inputId, trackId, epoch, mediaSequence, chain }: ChainPosition): string =>
  `headwater-chain-v1\n${inputId}\n${trackId}\n${epoch}\n${mediaSequence}\n${chain}`;

/** The id of a public key: the first 16 hex digits of SHA-256 over its 32 raw bytes, so that an id cannot be claimed by another key. */
export const keyIdOf = (publicKey: string): string =>
  createHash('sha256').update(keyBytes(publicKey, 'public key')).digest('hex').slice(0, 16);

/**
 * The signing key of a 32-byte seed in base64url.
 * @throws RangeError when the seed is none; the message does not repeat it
 */
export function signingKeyOf(seed: string): SigningKey {
  const privateKey = createPrivateKey({
    key: Buffer.concat([PKCS8_PREFIX, keyBytes(seed, 'signing key')]),
    format: 'der',
    type: 'pkcs8',
  });
  const publicKey = createPublicKey(privateKey).export({ format: 'jwk' }).x ?? '';
  const keyId = keyIdOf(publicKey);
  return {
    keyId,
    publicKey,
    sign: (position) => ({
      keyId,
      value: sign(null, Buffer.from(chainText(position)), privateKey).toString('base64url'),
    }),
  };
}

/**
 * Tells whether a signature is this key's, of this position.
 * @param publicKey 32 raw bytes, base64url
 * @throws RangeError when the public key is none
 */
export function isSignedBy(publicKey: string, position: ChainPosition, signature: DetachedSignature): boolean {
  const value = Buffer.from(signature.value, 'base64url');
  return verify(null, Buffer.from(chainText(position)), publicKeyObject(publicKey), value);
}

function publicKeyObject(publicKey: string): KeyObject {
  const x = keyBytes(publicKey, 'public key').toString('base64url');
  return createPublicKey({ key: { kty: 'OKP', crv: 'Ed25519', x }, format: 'jwk' });
}

function keyBytes(text: string, what: string): Buffer {
  const bytes = Buffer.from(text, 'base64url');
  if (bytes.length === KEY_BYTES && bytes.toString('base64url') === text) return bytes;
  throw new RangeError(`expected a ${what} of ${KEY_BYTES} bytes in base64url, got ${text.length} characters`);
}
