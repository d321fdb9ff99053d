import { once } from 'node:events';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { request as httpsRequest } from 'node:https';
import type { IncomingMessage, ServerResponse } from 'node:http';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { connect, type TLSSocket } from 'node:tls';
import { createLogger } from '../observability/index.ts';
import { eventually, Http2Client, writeCertificate, type CertificateOnDisk } from '../testing/index.ts';
import { HttpsDoor, type RequestHandler } from './https-door.ts';
import { CertificateFiles } from './tls-certificate.ts';

const LARGE = Buffer.alloc(500_000, 7);
const logger = createLogger('https-door-test');
logger.setLogLevels(['fatal']);

let dir: string;
let certificate: CertificateOnDisk;
let door: HttpsDoor;
let port: number;
let release: () => void;

const handler: RequestHandler = (request: IncomingMessage, response: ServerResponse) => {
  if (request.url === '/held') {
    release = () => response.end('held');
    return;
  }
  if (request.url === '/large') response.writeHead(200, { 'content-length': LARGE.length }).end(LARGE);
  else response.end(request.httpVersion);
};

async function open(checkEveryMs = 20): Promise<void> {
  door = new HttpsDoor({ handler, logger, certificate: new CertificateFiles({ ...certificate, checkEveryMs }) });
  port = await door.listen('127.0.0.1', 0);
}

beforeEach(async () => {
  dir = await mkdtemp(join(tmpdir(), 'headwater-tls-'));
  certificate = await writeCertificate(dir);
  await open();
});

afterEach(async () => {
  await door.close();
  await rm(dir, { recursive: true, force: true });
});

const client = (): Http2Client => new Http2Client(`https://127.0.0.1:${port}`, certificate.cert);

async function handshake(options: object): Promise<TLSSocket> {
  const socket = connect({ host: '127.0.0.1', port, ca: certificate.cert, ...options });
  await once(socket, 'secureConnect');
  return socket;
}

async function overHttp1(path: string): Promise<string> {
  const asking = httpsRequest({ host: '127.0.0.1', port, path, ca: certificate.cert }).end();
  const [response] = (await once(asking, 'response')) as [IncomingMessage];
  let text = '';
  for await (const piece of response) text += String(piece);
  return text;
}

describe('HttpsDoor', () => {
  it.each([
    [['h2', 'http/1.1'], 'h2'],
    [['http/1.1'], 'http/1.1'],
  ])('of %j chooses %s, over TLS 1.3 (hls.md 45 and 48)', async (ALPNProtocols, chosen) => {
    const socket = await handshake({ ALPNProtocols });
    expect([socket.alpnProtocol, socket.getProtocol()]).toEqual([chosen, 'TLSv1.3']);
    socket.destroy();
  });

  it('takes TLS 1.2, but nothing older', async () => {
    const socket = await handshake({ maxVersion: 'TLSv1.2' });
    expect(socket.getProtocol()).toBe('TLSv1.2');
    socket.destroy();
    await expect(
      handshake({ minVersion: 'TLSv1.1', maxVersion: 'TLSv1.1', ciphers: 'DEFAULT@SECLEVEL=0' }),
    ).rejects.toThrow(/protocol version|no protocols/i);
  });

  it('answers HTTP/2 and HTTP/1.1', async () => {
    const http2 = client();
    expect(await (await http2.get('/')).text()).toBe('2.0');
    expect(await overHttp1('/')).toBe('1.1');
    await http2.close();
  });

  it('sends as many large bodies at once as it lets streams open', async () => {
    const http2 = client();
    await once(http2.session, 'remoteSettings');
    const { maxConcurrentStreams = 0 } = http2.session.remoteSettings;
    expect(maxConcurrentStreams).toBeLessThanOrEqual(128);
    const bodies = await Promise.all(
      Array.from({ length: maxConcurrentStreams }, async () => (await http2.get('/large')).arrayBuffer()),
    );
    expect(bodies.every((body) => LARGE.equals(Buffer.from(body)))).toBe(true);
    await http2.close();
  });

  it('refuses a request whose headers are larger than a request has use for', async () => {
    const http2 = client();
    // A limit holds once the client knows it.
    await http2.get('/');
    await expect(http2.get('/', { headers: { 'x-large': 'x'.repeat(60_000) } })).rejects.toThrow();
    http2.session.destroy();
    expect(await overHttp1('/')).toBe('1.1');
  });

  it('takes up a renewed certificate without a restart, and keeps the connections that it has', async () => {
    const http2 = client();
    await http2.get('/');
    const before = certificate;
    certificate = await writeCertificate(dir, 'renewed.example');
    await eventually(async () => {
      const socket = await handshake({ rejectUnauthorized: false });
      const name = socket.getPeerCertificate().subject.CN;
      socket.destroy();
      return name === 'renewed.example';
    });
    expect(await (await http2.get('/')).text()).toBe('2.0');
    expect(before.cert).not.toBe(certificate.cert);
    await http2.close();
  });

  it('keeps the certificate it has while the files do not fit together', async () => {
    const said: unknown[] = [];
    logger.error = (...fields: unknown[]) => said.push(fields);
    await writeFile(certificate.certFile, 'half of a file');
    await eventually(() => said.length > 0);
    expect(JSON.stringify(said)).toMatch(/tls.certificate_refused.*expected a PEM certificate/);
    expect(await overHttp1('/')).toBe('1.1');
  });

  it('does not open with a key that is not the certificate’s', async () => {
    await writeFile(certificate.keyFile, '-----BEGIN PRIVATE KEY-----\nAAAA\n-----END PRIVATE KEY-----\n');
    expect(() => new HttpsDoor({ handler, logger, certificate: new CertificateFiles(certificate) })).toThrow(
      /expected a PEM certificate in .*cert.pem and its private key in .*key.pem/,
    );
  });

  it('drains: no new stream, but the answer that is waited for still comes', async () => {
    const http2 = client();
    const held = http2.get('/held');
    await eventually(() => (release as unknown) !== undefined);
    const goaway = once(http2.session, 'goaway');
    const closing = door.close();
    await goaway;
    await expect(http2.get('/')).rejects.toThrow(/GOAWAY|closed|destroyed/i);
    release();
    expect(await (await held).text()).toBe('held');
    await closing;
  });
});
