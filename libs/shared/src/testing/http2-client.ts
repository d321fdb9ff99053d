import { connect, type ClientHttp2Session } from 'node:http2';

/** One HTTP/2 connection, asked like fetch. */
export class Http2Client {
  readonly session: ClientHttp2Session;

  /** @param ca PEM of what is to be trusted */
  constructor(url: string, ca: string) {
    this.session = connect(url, { ca });
  }

  /** Answers as fetch does: a status of an error is no rejection. */
  get(path: string, init: { method?: string; headers?: Record<string, string> } = {}): Promise<Response> {
    const { method = 'GET', headers = {} } = init;
    return new Promise((resolve, reject) => {
      const stream = this.session.request({ ':path': path, ':method': method, ...headers });
      const answered = new Headers();
      let status = 0;
      const pieces: Buffer[] = [];
      stream.on('response', (received) => {
        status = Number(received[':status']);
        for (const [name, value] of Object.entries(received)) {
          if (!name.startsWith(':')) answered.set(name, String(value));
        }
      });
      stream.on('data', (piece: Buffer) => pieces.push(piece));
      stream.once('error', reject);
      stream.once('end', () => {
        // A refused stream ends before its error comes.
        if (status === 0) return;
        const hasBody = status !== 204 && status !== 304;
        resolve(new Response(hasBody ? new Uint8Array(Buffer.concat(pieces)) : null, { status, headers: answered }));
      });
      stream.end();
    });
  }

  close(): Promise<void> {
    return new Promise((resolve) => {
      this.session.close(() => resolve());
    });
  }
}
