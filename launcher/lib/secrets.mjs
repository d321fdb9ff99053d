import { randomBytes } from 'node:crypto';
import { readOrCreatePrivateJson } from './private-json.mjs';

/** @typedef {{ masterKey: string, orgId: string, apiKey: string, app: { apiKey: string, apiSecret: string } }} Secrets `masterKey`: 32 bytes, base64 */

const random = (bytes) => randomBytes(bytes).toString('base64url');

/** Development secrets of a run folder, made once, mode 0600. @param {string} path @returns {Promise<Secrets>} */
export function readSecrets(path) {
  return readOrCreatePrivateJson(path, () => ({
    masterKey: randomBytes(32).toString('base64'),
    orgId: 'org_dev',
    apiKey: `tqs_live_${random(24)}`,
    app: { apiKey: `app_${random(9)}`, apiSecret: random(32) },
  }));
}
