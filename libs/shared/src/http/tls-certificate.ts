import { X509Certificate } from 'node:crypto';
import { readFileSync, unwatchFile, watchFile } from 'node:fs';
import { createSecureContext } from 'node:tls';

/** A certificate chain with its private key, PEM. */
export interface TlsCertificate {
  readonly cert: Buffer;
  readonly key: Buffer;
  /** Of the first certificate of the chain. */
  readonly expiresEpochMs: number;
  readonly names: string;
}

/** The files of a certificate cannot be used; the message names them and says why. */
export class TlsCertificateError extends Error {
  override name = 'TlsCertificateError';
}

/** Certificate and key as files that somebody else renews. */
export class CertificateFiles {
  #watched: (() => void) | undefined;

  /** @param checkEveryMs how often the files are looked at; symbolic links are followed, as renewal tools swap them */
  constructor(private readonly options: { certFile: string; keyFile: string; checkEveryMs?: number }) {}

  /** What the files hold now; throws TlsCertificateError unless they are a certificate and its key. */
  read(): TlsCertificate {
    const { certFile, keyFile } = this.options;
    try {
      const [cert, key] = [readFileSync(certFile), readFileSync(keyFile)];
      // Refuses a key that is not the certificate's: renewal may be halfway through the two files.
      createSecureContext({ cert, key });
      const leaf = new X509Certificate(cert);
      return { cert, key, expiresEpochMs: Date.parse(leaf.validTo), names: leaf.subjectAltName ?? leaf.subject };
    } catch (cause) {
      const reason = cause instanceof Error ? cause.message : String(cause);
      throw new TlsCertificateError(
        `TLS: expected a PEM certificate in ${certFile} and its private key in ${keyFile}, got ${reason}`,
        { cause },
      );
    }
  }

  /** Calls back after each change of either file. */
  watch(onChange: () => void): void {
    const { certFile, keyFile, checkEveryMs = 5000 } = this.options;
    this.#watched = onChange;
    for (const file of [certFile, keyFile]) {
      watchFile(file, { interval: checkEveryMs, persistent: false }, onChange);
    }
  }

  close(): void {
    if (this.#watched === undefined) return;
    for (const file of [this.options.certFile, this.options.keyFile]) unwatchFile(file, this.#watched);
    this.#watched = undefined;
  }
}
