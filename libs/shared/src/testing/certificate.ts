import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { generate } from 'selfsigned';

/** A certificate of a test's own as files. */
export interface CertificateOnDisk {
  readonly certFile: string;
  readonly keyFile: string;
  /** PEM: what a client must trust. */
  readonly cert: string;
}

/** Writes a self-signed certificate for localhost and 127.0.0.1 into `dir`, over one that may be there. */
export async function writeCertificate(dir: string, commonName = 'localhost'): Promise<CertificateOnDisk> {
  const made = await generate([{ name: 'commonName', value: commonName }], {
    keyType: 'ec',
    algorithm: 'sha256',
    extensions: [
      {
        name: 'subjectAltName',
        altNames: [
          { type: 2, value: 'localhost' },
          { type: 7, ip: '127.0.0.1' },
        ],
      },
    ],
  });
  const certFile = join(dir, 'cert.pem');
  const keyFile = join(dir, 'key.pem');
  await writeFile(keyFile, made.private, { mode: 0o600 });
  await writeFile(certFile, made.cert);
  return { certFile, keyFile, cert: made.cert };
}
