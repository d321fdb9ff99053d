import { request, type ClientRequest } from 'node:http';

/** The user agent of `fetch`: what is sent either way comes from one source, as ingest tells sources apart. */
const USER_AGENT = 'node';

const begin = (url: string): ClientRequest =>
  request(url, {
    method: 'POST',
    headers: { 'content-type': 'video/mp4', 'transfer-encoding': 'chunked', 'user-agent': USER_AGENT },
  });

/** One chunked POST, a write on the wire for each piece; resolves with the status. */
export async function pushInPieces(url: string, pieces: Iterable<Uint8Array>): Promise<number> {
  const upload = begin(url);
  const answered = new Promise<number>((resolve, reject) => {
    upload.once('response', (response) => resolve(response.resume().statusCode ?? 0)).once('error', reject);
  });
  upload.setNoDelay(true);
  for (const piece of pieces) {
    await new Promise<void>((resolve, reject) => {
      upload.write(piece, (error) => (error === undefined || error === null ? resolve() : reject(error)));
    });
  }
  upload.end();
  return answered;
}

/** Sends these bytes of a longer upload; then the connection is gone, as after a SIGKILL of the encoder. */
export async function cutPush(url: string, bytes: Uint8Array): Promise<void> {
  const upload = begin(url);
  const gone = new Promise<void>((resolve) => {
    upload.once('error', () => resolve()).once('close', () => resolve());
  });
  await new Promise<void>((resolve) => {
    upload.write(bytes, () => resolve());
  });
  upload.socket?.end();
  await gone;
}
