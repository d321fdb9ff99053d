import type { IncomingMessage } from 'node:http';
import { PassThrough } from 'node:stream';
import { gzipSync } from 'node:zlib';
import { UploadBody } from './upload-body.ts';

/** A request that has come in whole, as Node hands it over: it closes as soon as it was read. */
const requestOf = (body: Uint8Array, encoding: string, complete = true): IncomingMessage => {
  const stream = new PassThrough();
  stream.end(body);
  return Object.assign(stream, { complete, headers: { 'content-encoding': encoding } }) as unknown as IncomingMessage;
};

async function readAll(body: UploadBody): Promise<Buffer> {
  const pieces: Uint8Array[] = [];
  for await (const piece of body.pieces()) pieces.push(piece);
  return Buffer.concat(pieces);
}

const MEDIA = Buffer.alloc(2_000_000, 'media ');

describe('UploadBody', () => {
  it('gives a gzip body to its end, also what is still in the decoder when the request has closed', async () => {
    const body = new UploadBody(requestOf(gzipSync(MEDIA), 'gzip'), { idleMs: 5000 });
    expect((await body.peek(16)).length).toBe(16);
    expect(await readAll(body)).toEqual(MEDIA);
  });

  it('refuses a gzip body that ends too early', async () => {
    const cut = gzipSync(MEDIA).subarray(0, 1000);
    await expect(readAll(new UploadBody(requestOf(cut, 'gzip'), { idleMs: 5000 }))).rejects.toThrow('gzip body');
  });
});
