import { X509Certificate } from 'node:crypto';
import { mkdir, readFile, rename, writeFile } from 'node:fs/promises';
import { join } from 'node:path';

const leastDaysLeft = 30;
const msPerDay = 86_400_000;

/** @typedef {{ certFile: string, keyFile: string }} CertificateFiles PEM */

async function isGood(certFile) {
  try {
    const { validTo } = new X509Certificate(await readFile(certFile));
    return Date.parse(validTo) - Date.now() > leastDaysLeft * msPerDay;
  } catch {
    return false;
  }
}

async function writePrivate(path, text) {
  const draft = `${path}.${process.pid}.draft`;
  await writeFile(draft, text, { mode: 0o600 });
  await rename(draft, path);
}

/**
 * A certificate for localhost that nobody but its maker trusts, kept in `dir`, mode 0600; made anew when it ends within a month.
 * @param {string} dir
 * @returns {Promise<CertificateFiles>}
 */
export async function developmentCertificate(dir) {
  const certFile = join(dir, 'cert.pem');
  const keyFile = join(dir, 'key.pem');
  if (await isGood(certFile)) return { certFile, keyFile };
  // Only now: the launcher runs before packages are installed.
  const { generate } = await import('selfsigned');
  const altNames = [
    { type: /** @type {const} */ (2), value: 'localhost' },
    { type: /** @type {const} */ (7), ip: '127.0.0.1' },
    { type: /** @type {const} */ (7), ip: '::1' },
  ];
  const made = await generate([{ name: 'commonName', value: 'localhost' }], {
    keyType: 'ec',
    algorithm: 'sha256',
    extensions: [{ name: 'subjectAltName', altNames }],
  });
  await mkdir(dir, { recursive: true });
  await writePrivate(keyFile, made.private);
  await writePrivate(certFile, made.cert);
  return { certFile, keyFile };
}
