import { gunzipSync } from 'node:zlib';
import { acceptsGzip, RenderedPlaylist } from './rendered-playlist.ts';

describe('acceptsGzip', () => {
  it.each([
    [undefined, false],
    ['', false],
    ['gzip', true],
    ['br, GZIP;q=0.5', true],
    ['gzip;q=0', false],
    ['*', true],
    ['*;q=0', false],
    ['gzip;q=0, *', false],
    ['identity', false],
  ])('%s: %s', (header, expected) => {
    expect(acceptsGzip(header)).toBe(expected);
  });
});

describe('RenderedPlaylist', () => {
  const request = (headers: Record<string, string>) => ({
    method: 'GET',
    path: '/',
    query: '',
    headers,
    remoteAddress: '',
  });
  const playlist = new RenderedPlaylist('#EXTM3U\n');

  it('has one entity tag per encoding', () => {
    const plain = playlist.answer(request({}), 'no-cache');
    const zipped = playlist.answer(request({ 'accept-encoding': 'gzip' }), 'no-cache');
    expect(plain.headers['etag']).not.toBe(zipped.headers['etag']);
    expect(gunzipSync(zipped.body ?? Buffer.alloc(0)).toString()).toBe('#EXTM3U\n');
  });

  it('compresses once', () => {
    const ask = () => playlist.answer(request({ 'accept-encoding': 'gzip' }), 'no-cache').body;
    expect(ask()).toBe(ask());
  });

  it('comes whole whatever range is asked for', () => {
    expect(playlist.answer(request({ range: 'bytes=0-0' }), 'no-cache').status).toBe(200);
  });
});
