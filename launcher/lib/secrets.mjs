import { randomBytes } from 'node:crypto';
import { readOrCreatePrivateJson, writePrivateJson } from './private-json.mjs';

/** @typedef {{ masterKey: string, signingKey: string, orgId: string, apiKey: string, app: { apiKey: string, apiSecret: string } }} Secrets `masterKey`: 32 bytes, base64; `signingKey`: seed of the origin's Ed25519 key, 32 bytes, base64url */

const random = (bytes) => randomBytes(bytes).toString('base64url');

/** Development secrets of a run folder, made once, mode 0600; what an older file lacks is added to it. @param {string} path @returns {Promise<Secrets>} */
export async function readSecrets(path) {
  const fresh = {
    masterKey: randomBytes(32).toString('base64'),
    signingKey: random(32),
    orgId: 'org_dev',
    apiKey: `tqs_live_${random(24)}`,
    app: { apiKey: `app_${random(9)}`, apiSecret: random(32) },
  };
  const known = await readOrCreatePrivateJson(path, () => fresh);
  if (Object.keys(fresh).every((name) => name in known)) return known;
  const complete = { ...fresh, ...known };
  await writePrivateJson(path, complete);
  return complete;
}
