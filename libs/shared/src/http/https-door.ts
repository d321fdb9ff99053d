import type { IncomingMessage, ServerResponse } from 'node:http';
import {
  createSecureServer,
  type Http2SecureServer,
  type Http2ServerRequest,
  type Http2ServerResponse,
  type ServerHttp2Session,
} from 'node:http2';
import type { AddressInfo } from 'node:net';
import type { OriginLogger } from '../observability/index.ts';
import { IDLE_CONNECTION_MS, SLOW_HEAD_MS } from './door-limits.ts';
import { TlsCertificateError, type CertificateFiles, type TlsCertificate } from './tls-certificate.ts';

/** A player has a few requests under way; a proxy that shares a connection opens a second one beyond this. */
const MAX_STREAMS = 100;
/** What one connection may have waiting to be sent: that many streams of a large segment each. Beyond, streams are refused. */
const MAX_SESSION_MEGABYTES = 64;
const MAX_HEADER_LIST_BYTES = 16_384;
const MAX_HEADERS = 100;
/** Longer than the longest hold of a request (hls.md 30), shorter than a supervisor waits. */
const DRAIN_LIMIT_MS = 8500;

/** How an application takes its requests; HTTP/2 comes in the form of HTTP/1. */
export type RequestHandler = (request: IncomingMessage, response: ServerResponse) => void;

/** HTTP/2 and HTTP/1.1 over TLS 1.3 or 1.2, chosen by ALPN (hls.md 45, 48). A renewed certificate is taken up without a restart. */
export class HttpsDoor {
  readonly #server: Http2SecureServer;
  readonly #sessions = new Set<ServerHttp2Session>();
  readonly #certificate: CertificateFiles;
  readonly #logger: OriginLogger;
  #expiresEpochMs: number;

  /** Throws TlsCertificateError when the certificate cannot be used. */
  constructor(options: { handler: RequestHandler; certificate: CertificateFiles; logger: OriginLogger }) {
    const certificate = options.certificate.read();
    this.#certificate = options.certificate;
    this.#logger = options.logger;
    this.#expiresEpochMs = certificate.expiresEpochMs;
    this.#server = serverWith(certificate);
    this.#server.on('request', (request: Http2ServerRequest, response: Http2ServerResponse) => {
      // The compatibility API of node:http2 is that of node:http; their types are not related.
      options.handler(request as unknown as IncomingMessage, response as unknown as ServerResponse);
    });
    this.#server.on('session', (session) => {
      this.#sessions.add(session);
      session.once('close', () => this.#sessions.delete(session));
    });
  }

  /** When the certificate in use ends. */
  get expiresEpochMs(): number {
    return this.#expiresEpochMs;
  }

  /** Resolves with the port once it listens. */
  listen(host: string, port: number): Promise<number> {
    this.#certificate.watch(() => this.#takeUp());
    return new Promise((resolve, reject) => {
      this.#server.once('error', reject);
      this.#server.listen(port, host, () => resolve((this.#server.address() as AddressInfo).port));
    });
  }

  /** Takes no new connections or streams (GOAWAY), lets what is under way finish, and cuts what does not. */
  async close(): Promise<void> {
    this.#certificate.close();
    if (!this.#server.listening) return;
    await new Promise<void>((resolve) => {
      const limit = setTimeout(() => {
        for (const session of this.#sessions) session.destroy();
        resolve();
      }, DRAIN_LIMIT_MS);
      this.#server.close(() => {
        clearTimeout(limit);
        resolve();
      });
      for (const session of this.#sessions) session.close();
    });
  }

  #takeUp(): void {
    try {
      const certificate = this.#certificate.read();
      this.#server.setSecureContext(secureContextOf(certificate));
      this.#expiresEpochMs = certificate.expiresEpochMs;
      this.#logger.log('tls.certificate_taken_up', {
        names: certificate.names,
        expires: new Date(certificate.expiresEpochMs).toISOString(),
      });
    } catch (error) {
      if (!(error instanceof TlsCertificateError)) throw error;
      this.#logger.error('tls.certificate_refused', undefined, { reason: error.message, kept: 'the one before' });
    }
  }
}

const secureContextOf = ({ cert, key }: TlsCertificate) => ({ cert, key, minVersion: 'TLSv1.2' as const });

function serverWith(certificate: TlsCertificate): Http2SecureServer {
  const server = createSecureServer({
    ...secureContextOf(certificate),
    allowHTTP1: true,
    handshakeTimeout: SLOW_HEAD_MS,
    maxHeaderListPairs: MAX_HEADERS,
    maxSessionMemory: MAX_SESSION_MEGABYTES,
    settings: { maxConcurrentStreams: MAX_STREAMS, maxHeaderListSize: MAX_HEADER_LIST_BYTES, enablePush: false },
  });
  // A session on which nothing moves: nobody asks, or nobody reads.
  server.setTimeout(IDLE_CONNECTION_MS);
  // As on the door without TLS; the types do not know that these belong to HTTP/1.1 here.
  return Object.assign(server, {
    requestTimeout: 0,
    headersTimeout: SLOW_HEAD_MS,
    keepAliveTimeout: IDLE_CONNECTION_MS,
  });
}
