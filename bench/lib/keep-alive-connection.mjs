import { connect } from 'node:net';

const defaultReadBufferBytes = 512 * 1024;
const headEnd = Buffer.from('\r\n\r\n');
const maxHeadBytes = 16 * 1024;

/** @typedef {{ status: number, sizeBytes: number, body: Buffer | undefined }} Received */

/**
 * One HTTP/1.1 keep-alive connection that asks for one thing at a time. It reads into one buffer and counts bytes,
 * so that a client core can outrun a server core.
 */
export class KeepAliveConnection {
  #socket;
  #head = Buffer.alloc(0);
  #current;
  #status = 0;
  #sizeBytes = 0;
  #missingBytes = 0;
  #parts;

  /** @param {{ host: string, port: number, keepBody?: boolean, readBufferBytes?: number }} options `keepBody` hands the body over; else it is only counted */
  constructor({ host, port, keepBody = false, readBufferBytes = defaultReadBufferBytes }) {
    this.host = `${host}:${port}`;
    this.keepBody = keepBody;
    const onread = {
      buffer: Buffer.allocUnsafe(readBufferBytes),
      callback: (count, buffer) => this.#read(buffer.subarray(0, count)),
    };
    this.#socket = connect({ host, port, onread });
    this.#socket.setNoDelay(true);
    this.#socket.once('error', (error) => this.#fail(error));
    this.#socket.once('close', () => this.#fail(new Error(`${this.host} closed the connection`)));
  }

  /** Asks for a path. A request before the last answer is an error. @param {string} path @param {(error: Error | undefined, received: Received) => void} done without an error there is an answer */
  get(path, done) {
    if (this.#current) throw new Error('one request at a time was expected, another is under way');
    this.#current = done;
    this.#parts = this.keepBody ? [] : undefined;
    this.#socket.write(`GET ${path} HTTP/1.1\r\nHost: ${this.host}\r\n\r\n`);
  }

  /** As `get`, for callers that may await. @param {string} path @returns {Promise<Received>} */
  fetch(path) {
    return new Promise((resolve, reject) => {
      this.get(path, (error, received) => (error ? reject(error) : resolve(received)));
    });
  }

  close() {
    this.#current = undefined;
    this.#socket.destroy();
  }

  #read(bytes) {
    const body = this.#missingBytes > 0 ? bytes : this.#readHead(bytes);
    if (body === undefined) return true;
    // The buffer is used again for the next read.
    if (body.length > 0) this.#parts?.push(Buffer.from(body));
    this.#missingBytes -= body.length;
    if (this.#missingBytes === 0) this.#finish();
    else if (this.#missingBytes < 0) this.#fail(new Error(`${this.host}: more bytes than Content-Length came`));
    return true;
  }

  /** @returns {Buffer | undefined} the beginning of the body; undefined while the head is not whole */
  #readHead(bytes) {
    const seen = this.#head.length === 0 ? bytes : Buffer.concat([this.#head, bytes]);
    const end = seen.indexOf(headEnd);
    if (end === -1) {
      this.#head = Buffer.from(seen);
      if (seen.length > maxHeadBytes)
        this.#fail(new Error(`${this.host}: a response head of at most ${maxHeadBytes} bytes was expected`));
      return undefined;
    }
    const head = seen.latin1Slice(0, end);
    const length = /\r\ncontent-length: *(\d+)/i.exec(head)?.[1];
    this.#head = Buffer.alloc(0);
    if (length === undefined) {
      this.#fail(
        new Error(`${this.host}: an answer with Content-Length was expected, got ${head.split('\r\n', 1)[0]}`),
      );
      return undefined;
    }
    this.#status = Number(head.slice(9, 12));
    this.#sizeBytes = Number(length);
    this.#missingBytes = this.#sizeBytes;
    return seen.subarray(end + headEnd.length);
  }

  #finish() {
    const done = this.#current;
    const received = {
      status: this.#status,
      sizeBytes: this.#sizeBytes,
      body: this.#parts && Buffer.concat(this.#parts),
    };
    this.#current = undefined;
    done?.(undefined, received);
  }

  #fail(error) {
    const done = this.#current;
    this.close();
    done?.(error, { status: 0, sizeBytes: 0, body: undefined });
  }
}
