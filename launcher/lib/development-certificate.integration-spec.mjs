import { X509Certificate, createPrivateKey } from 'node:crypto';
import { readFile, stat, writeFile } from 'node:fs/promises';
import { developmentCertificate } from './development-certificate.mjs';
import { withTemporaryFolder } from './testing.mjs';

const read = async ({ certFile, keyFile }) => ({
  certificate: new X509Certificate(await readFile(certFile)),
  key: createPrivateKey(await readFile(keyFile)),
});

describe('the development certificate', () => {
  it('is for this machine, private, and made once', () =>
    withTemporaryFolder(async (dir) => {
      const files = await developmentCertificate(dir);
      const { certificate, key } = await read(files);
      expect(certificate.checkPrivateKey(key)).toBe(true);
      expect(certificate.checkHost('localhost')).toBe('localhost');
      expect(certificate.checkIP('127.0.0.1')).toBe('127.0.0.1');
      for (const file of Object.values(files)) expect((await stat(file)).mode & 0o777).toBe(0o600);
      expect(await developmentCertificate(dir)).toEqual(files);
      expect((await read(files)).certificate.fingerprint256).toBe(certificate.fingerprint256);
    }));

  it('is made anew where it cannot be read', () =>
    withTemporaryFolder(async (dir) => {
      const files = await developmentCertificate(dir);
      await writeFile(files.certFile, 'no certificate');
      const { certificate, key } = await read(await developmentCertificate(dir));
      expect(certificate.checkPrivateKey(key)).toBe(true);
    }));
});
