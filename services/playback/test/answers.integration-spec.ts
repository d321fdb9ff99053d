import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Http2Client, writeCertificate } from '#shared/testing';
import { askOverTls } from './support/ask-over-tls.ts';
import type { Sources } from './support/answer-case.ts';
import { ANSWER_CASES } from './support/answer-cases.ts';
import { LiveSource, liveSource } from './support/live-source.ts';
import { connectServers, type Servers } from './support/servers.ts';
import { startPlaybackUnderTest } from './support/playback-under-test.ts';

type Ask = (path: string, init?: { method?: string; headers?: Record<string, string> }) => Promise<Response>;

let servers: Servers;
let sources: Sources;
let dir: string;
const closing: Array<() => Promise<unknown>> = [];
const ways = new Map<string, Ask>();

beforeAll(async () => {
  servers = await connectServers();
  sources = {
    live: await liveSource(servers, 6),
    banned: await liveSource(servers, 4, { available: false }),
    silent: await LiveSource.create(servers),
  };
  dir = await mkdtemp(join(tmpdir(), 'headwater-answers-'));
  const { cert, certFile, keyFile } = await writeCertificate(dir);
  for (const [door, fastPath] of [
    ['ahead of the router', true],
    ['through the router', false],
  ] as const) {
    const playback = await startPlaybackUnderTest(
      { HTTPS_PORT: '0', TLS_CERT_FILE: certFile, TLS_KEY_FILE: keyFile },
      { fastPath },
    );
    const http2 = new Http2Client(playback.httpsUrl, cert);
    ways.set(`${door}, HTTP/1.1`, (path, init) => playback.get(path, init));
    ways.set(`${door}, HTTP/1.1 over TLS`, (path, init) => askOverTls(playback.httpsUrl, { path, cert, ...init }));
    ways.set(`${door}, HTTP/2`, (path, init) => http2.get(path, init));
    closing.push(() => http2.close().then(() => playback.close()));
  }
});

afterAll(async () => {
  for (const close of closing) await close();
  await rm(dir, { recursive: true, force: true });
  await servers.close();
});

describe.each([
  'ahead of the router, HTTP/1.1',
  'ahead of the router, HTTP/1.1 over TLS',
  'ahead of the router, HTTP/2',
  'through the router, HTTP/1.1',
  'through the router, HTTP/1.1 over TLS',
  'through the router, HTTP/2',
])('%s', (name) => {
  const ask: Ask = (path, init) => {
    const way = ways.get(name);
    if (way === undefined) throw new Error(name);
    return way(path, init);
  };

  it.each(ANSWER_CASES)('$status for $behaviour', async (row) => {
    const response = await ask(row.path(sources), {
      method: row.method ?? 'GET',
      headers: { 'accept-encoding': 'identity', ...row.headers },
    });
    const body = Buffer.from(await response.arrayBuffer());
    expect({ status: response.status, body: row.error === undefined ? undefined : body.toString() }).toEqual({
      status: row.status,
      body: row.error === undefined ? undefined : expect.stringContaining(`"error":"${row.error}"`),
    });
    if (row.error !== undefined)
      expect(JSON.parse(body.toString())).toEqual({ error: row.error, message: expect.any(String) });
    if (row.bodyBytes !== undefined) expect(body.length).toBe(row.bodyBytes);
    expect(response.headers.get('access-control-allow-origin')).toBe('*');
    expect(response.headers.get('access-control-expose-headers')).toContain('Age');
    // Age is a cache's to say (RFC 9111 5.1): from the origin it would make a player believe that the edge is older than it is.
    expect(response.headers.get('age')).toBeNull();
    for (const [header, value] of Object.entries(row.answerHeaders ?? {}))
      expect(response.headers.get(header)).toBe(value);
  });

  it('conditions on the entity tag of a segment', async () => {
    const etag = `"${sources.live.window(1).segments[2]?.sha256}"`;
    const statusWith = async (headers: Record<string, string>): Promise<number> =>
      (await ask(`/live/${sources.live.row.id}/1/2.m4s`, { headers })).status;
    expect(await statusWith({ 'if-none-match': etag })).toBe(304);
    expect(await statusWith({ 'if-none-match': `"x", W/${etag}` })).toBe(304);
    expect(await statusWith({ 'if-none-match': '"x"' })).toBe(200);
    expect(await statusWith({ range: 'bytes=0-9', 'if-range': etag })).toBe(206);
    expect(await statusWith({ range: 'bytes=0-9', 'if-range': '"x"' })).toBe(200);
    expect(await statusWith({ range: 'bytes=0-9', 'if-range': 'Sat, 21 Nov 2026 00:00:00 GMT' })).toBe(200);
  });

  it('answers with the same entity tag for a playlist that has not changed', async () => {
    const first = await ask(`/live/${sources.live.row.id}/1.m3u8`);
    const etag = first.headers.get('etag') ?? '';
    const again = await ask(`/live/${sources.live.row.id}/1.m3u8`, { headers: { 'if-none-match': etag } });
    expect(again.status).toBe(304);
  });
});
