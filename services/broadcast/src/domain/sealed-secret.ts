import { createCipheriv, createDecipheriv } from 'node:crypto';

const CIPHER = 'aes-256-gcm';
const FORM = /^v1\.([A-Za-z0-9_-]+)\.([A-Za-z0-9_-]+)\.([A-Za-z0-9_-]+)$/;

/** Seals a secret under a 32-byte master key. `context` names what it belongs to: a sealed value moved elsewhere does not open. `iv`: 12 random bytes. */
export function sealSecret(secret: string, key: { masterKey: Uint8Array; iv: Uint8Array; context: string }): string {
  const cipher = createCipheriv(CIPHER, key.masterKey, key.iv).setAAD(Buffer.from(key.context));
  const sealed = Buffer.concat([cipher.update(secret, 'utf8'), cipher.final()]);
  return ['v1', ...[Buffer.from(key.iv), cipher.getAuthTag(), sealed].map((part) => part.toString('base64url'))].join(
    '.',
  );
}

/** Opens a sealed secret; throws when it was changed, moved, or sealed under another key. */
export function openSecret(sealed: string, key: { masterKey: Uint8Array; context: string }): string {
  const [, iv = '', tag = '', body = ''] = FORM.exec(sealed) ?? [];
  const decipher = createDecipheriv(CIPHER, key.masterKey, Buffer.from(iv, 'base64url'), { authTagLength: 16 });
  decipher.setAAD(Buffer.from(key.context)).setAuthTag(Buffer.from(tag, 'base64url'));
  return Buffer.concat([decipher.update(Buffer.from(body, 'base64url')), decipher.final()]).toString('utf8');
}
