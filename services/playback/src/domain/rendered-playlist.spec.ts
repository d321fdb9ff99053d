import { brotliDecompressSync, gunzipSync } from 'node:zlib';
import { wholeBody } from './body.ts';
import { RenderedPlaylist } from './rendered-playlist.ts';

const request = (headers: Record<string, string>) => ({
  method: 'GET',
  path: '/',
  query: '',
  headers,
  remoteAddress: '',
  connection: {},
});
const ask = (playlist: RenderedPlaylist, headers: Record<string, string> = {}) =>
  playlist.answer(request(headers), 'no-cache');
const SHORT = '#EXTM3U\n';
const LONG = `#EXTM3U\n${'#EXTINF:2,\n1.m4s\n'.repeat(20_000)}`;

describe.each([
  ['a short playlist', SHORT],
  ['a long one', LONG],
])('RenderedPlaylist, %s', (_name, text) => {
  const playlist = new RenderedPlaylist(text);

  it('comes in the coding that the client wants most', async () => {
    const plain = await ask(playlist);
    const zipped = await ask(playlist, { 'accept-encoding': 'gzip' });
    const brotli = await ask(playlist, { 'accept-encoding': 'gzip, br' });
    expect(wholeBody(plain.body ?? []).toString()).toBe(text);
    expect(gunzipSync(wholeBody(zipped.body ?? [])).toString()).toBe(text);
    expect(brotliDecompressSync(wholeBody(brotli.body ?? [])).toString()).toBe(text);
    expect([plain, zipped, brotli].map(({ headers }) => headers['content-encoding'])).toEqual([
      undefined,
      'gzip',
      'br',
    ]);
  });

  it('has one entity tag per coding and says what it varies with', async () => {
    const answers = [
      await ask(playlist),
      await ask(playlist, { 'accept-encoding': 'gzip' }),
      await ask(playlist, { 'accept-encoding': 'br' }),
    ];
    expect(new Set(answers.map(({ headers }) => headers['etag'])).size).toBe(3);
    for (const { headers } of answers) expect(headers['vary']).toBe('Accept-Encoding');
  });

  it.each(['gzip', 'br'])('is compressed once by %s, and the bytes are shared (hls.md 46)', async (coding) => {
    const [first, second] = await Promise.all([
      ask(playlist, { 'accept-encoding': coding }),
      ask(playlist, { 'accept-encoding': coding }),
    ]);
    expect(first.body).toBe(second.body);
    expect((await ask(playlist, { 'accept-encoding': coding })).body).toBe(first.body);
  });

  it('comes whole whatever range is asked for', async () => {
    expect((await ask(playlist, { range: 'bytes=0-' })).status).toBe(200);
    expect((await ask(playlist, { range: 'bytes=0-0' })).status).toBe(200);
  });

  it('is not sent to who has it', async () => {
    const { headers } = await ask(playlist, { 'accept-encoding': 'br' });
    const again = await ask(playlist, { 'accept-encoding': 'br', 'if-none-match': headers['etag'] ?? '' });
    expect([again.status, again.body, again.headers['vary']]).toEqual([304, undefined, 'Accept-Encoding']);
  });
});

it('has the type that it was made with', async () => {
  const manifest = new RenderedPlaylist('<MPD/>', 'application/dash+xml');
  expect((await ask(manifest)).headers['content-type']).toBe('application/dash+xml');
  expect((await ask(new RenderedPlaylist(SHORT))).headers['content-type']).toBe('application/vnd.apple.mpegurl');
});
