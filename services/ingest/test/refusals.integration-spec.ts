import { gzipSync } from 'node:zlib';
import { IngestHarness, openPush, upload } from './harness.ts';
import { fixture, partsOf, TestEncoder } from './media.ts';

const basic = (text: string): string => `Basic ${Buffer.from(text).toString('base64')}`;

/** A box header that announces so many bytes. */
const header = (type: string, sizeBytes: number): Buffer => {
  const bytes = Buffer.alloc(8);
  bytes.writeUInt32BE(sizeBytes);
  bytes.write(type, 4, 'latin1');
  return bytes;
};

describe('the door', () => {
  let harness: IngestHarness;
  beforeAll(async () => {
    harness = await IngestHarness.start();
  });
  afterAll(() => harness?.stop());

  const { init, chunks } = partsOf(fixture('h264.cmfv'));

  it('takes the stream key from every carrier', async () => {
    const { row, key, path } = await harness.newInput();
    const statuses = [
      await upload(harness.port, `${path}?sk=${key}`),
      await upload(harness.port, path, { headers: { authorization: `Bearer ${key}` }, method: 'PUT' }),
      await upload(harness.port, path, { headers: { authorization: basic(`any:${key}`) } }),
      await upload(harness.port, `${path}/${key}/manifest.mpd`),
      await upload(harness.port, `/publish/${row.externalId}/${key}`),
    ].map(({ status }) => status);
    expect(statuses).toEqual([200, 200, 200, 200, 200]);
  });

  it('answers 403 for a missing, wrong or foreign key and for a suspended account', async () => {
    const { path } = await harness.newInput();
    const other = await harness.newInput();
    const suspended = await harness.newInput({ available: false });
    for (const url of [path, `${path}?sk=wrong`, `${path}?sk=${other.key}`, `${suspended.path}?sk=${suspended.key}`]) {
      expect(await upload(harness.port, url, { body: init })).toMatchObject({ status: 403, error: 'PublishForbidden' });
    }
  });

  it('slows down guessing without a word more than 403', async () => {
    const { row, key, path } = await harness.newInput();
    for (let i = 0; i < 25; i += 1) await upload(harness.port, `${path}?sk=guess${i}`);
    expect((await upload(harness.port, `${path}?sk=${key}`)).message).toMatch(/too many refused attempts/);
    const events = await harness.events(row.id);
    expect(events.length).toBeGreaterThan(0);
    expect(events.length).toBeLessThanOrEqual(5);
    expect(JSON.stringify(events)).not.toContain('guess');
  });

  it('answers 404 for an input that is not there and a path that is none', async () => {
    for (const path of ['/publish/li_00000000nobody', '/publish/nobody', '/publish/lv_00000000nobody/init.mp4']) {
      expect(await upload(harness.port, path)).toMatchObject({ status: 404, error: 'PublishingPointNotFound' });
    }
  });

  it('accepts and ignores manifests, playlists, probes and deletions', async () => {
    const { row, key, path } = await harness.newInput();
    const put = (file: string, body: string, headers = {}) =>
      upload(harness.port, `${path}/${file}?sk=${key}`, { method: 'PUT', body: Buffer.from(body), headers });
    expect((await put('manifest.mpd', '<?xml version="1.0"?><MPD/>')).status).toBe(200);
    expect((await put('out.m3u8', '#EXTM3U\n')).status).toBe(200);
    expect((await put('anything', '<?xml version="1.0"?><MPD/>', { 'content-type': 'application/json' })).status).toBe(
      200,
    );
    expect((await put('init-0.cmfv', '')).status).toBe(200);
    expect((await upload(harness.port, `${path}/seg-0-1.m4s?sk=${key}`, { method: 'DELETE' })).status).toBe(200);
    expect(await harness.media(row.id)).toEqual([]);
  });

  it('takes a gzip body and refuses other encodings', async () => {
    const { row, key, path } = await harness.newInput();
    const file = fixture('h264.cmfv');
    const gzip = { 'content-encoding': 'gzip' };
    expect((await upload(harness.port, `${path}?sk=${key}`, { body: gzipSync(file), headers: gzip })).status).toBe(200);
    expect(await harness.chunks(row.id)).toHaveLength(chunks.length);
    const brotli = { headers: { 'content-encoding': 'br' }, body: file };
    expect(await upload(harness.port, `${path}?sk=${key}`, brotli)).toMatchObject({ status: 415 });
    expect(await upload(harness.port, `${path}?sk=${key}`, { body: file, headers: gzip })).toMatchObject({
      status: 400,
    });
  });

  it.each([
    ['media before its init segment', 412, 'InitMissing', Buffer.concat(chunks)],
    [
      'an init segment that cannot be read',
      412,
      'InitMalformed',
      Buffer.concat([init.subarray(0, Buffer.from(init).readUInt32BE(0)), header('moov', 16), Buffer.alloc(8)]),
    ],
    [
      'a transport stream',
      415,
      'UnsupportedMedia',
      Buffer.concat([Buffer.from('4740001000', 'hex'), Buffer.alloc(400)]),
    ],
    ['noise', 415, 'UnsupportedMedia', Buffer.from('4f8a7716c2b1', 'hex')],
    ['noise after the init segment', 400, 'MediaMalformed', Buffer.concat([init, Buffer.alloc(64, 0xee)])],
    ['a box over the limit', 413, 'MediaTooLarge', Buffer.concat([init, header('mdat', 900_000_000)])],
    [
      'a box cut short by the end of the request',
      400,
      'MediaMalformed',
      Buffer.concat([init, chunks[0] ?? init, header('moof', 900)]),
    ],
    ['mdat without moof', 400, 'MediaMalformed', Buffer.concat([init, header('mdat', 8)])],
  ])('answers %s with %i %s', async (_, status, error, body) => {
    const { key, path } = await harness.newInput();
    expect(await upload(harness.port, `${path}?sk=${key}`, { body })).toMatchObject({ status, error });
  });

  it('names a codec that it does not know', async () => {
    const { key, path } = await harness.newInput();
    const unknown = Buffer.from(init);
    unknown.write('zzzz', unknown.indexOf('avc1', unknown.indexOf('stsd')), 'latin1');
    const answer = await upload(harness.port, `${path}?sk=${key}`, { body: unknown });
    expect(answer).toMatchObject({ status: 415, error: 'UnsupportedMedia' });
    expect(answer.message).toContain('zzzz');
  });

  it('answers in the middle of a push that never ends, then closes the connection', async () => {
    const { key, path } = await harness.newInput();
    const push = openPush(harness.port, `${path}?sk=${key}`);
    push.send(Buffer.concat([init, chunks[0] ?? init, Buffer.alloc(64, 0xee)]));
    expect(await push.answer).toMatchObject({ status: 400, error: 'MediaMalformed' });
    await new Promise((resolve) => push.outgoing.once('close', resolve));
  });

  it('keeps a stream whole while others flood the door with garbage', async () => {
    const { row, key, path } = await harness.newInput();
    const bad = await harness.newInput();
    const encoder = new TestEncoder(fixture('h264.cmfv'), 1);
    const push = openPush(harness.port, `${path}?sk=${key}`);
    push.send(encoder.init);
    for (let n = 0; n < 20; n += 1) {
      const garbage = Array.from({ length: 5 }, (_, i) =>
        upload(harness.port, `${bad.path}?sk=${bad.key}`, {
          body: Buffer.concat([init, Buffer.alloc(50_000, 0x80 + ((n + i) % 64))]),
        }).catch(() => undefined),
      );
      push.send(encoder.chunk(n));
      await Promise.all(garbage);
    }
    push.end();
    expect((await push.answer).status).toBe(200);
    const stored = await harness.chunks(row.id);
    expect(stored.map(({ bytes }) => Buffer.from(bytes))).toEqual(
      Array.from({ length: 20 }, (_, n) => Buffer.from(encoder.chunk(n))),
    );
    expect((await harness.chunks(bad.row.id)).length).toBe(0);
  });
});
