import { connect } from 'node:net';
import { setTimeout as delay } from 'node:timers/promises';

const answerTimeoutMs = 10_000;

/**
 * One long chunked POST of a CMAF track, as an encoder sends it: each chunk when its last sample would exist.
 * Written on a bare socket, so that the moment of a chunk's last byte is known and sending costs next to nothing.
 */
export class PacedSender {
  #socket;
  #answer = '';
  #fault;
  #stopped = false;
  #closed;

  /**
   * @param {{ publishUrl: string, streamKey: string, name: string, track: import('./cmaf-file.mjs').CmafTrack, speed?: number, onSent?: (index: number, sentMs: number) => void }} options
   * `name` is the upload's, such as `v.cmfv`; `speed` is media time against the clock; `onSent` gets the moment (performance.now) at which the kernel had the chunk's last byte
   */
  constructor({ publishUrl, streamKey, name, track, speed = 1, onSent = () => {} }) {
    this.url = new URL(`${publishUrl}/Streams(${name})`);
    this.options = { streamKey, name, track, speed, onSent };
  }

  /** Sends everything on the pace of `startMs` (performance.now) and resolves when ingest has answered 2xx. @param {number} startMs */
  async send(startMs) {
    const { track, speed, onSent } = this.options;
    await this.#open();
    await this.#write(track.init);
    for (const [index, { bytes, endSec }] of track.chunks.entries()) {
      await delay(Math.max(0, startMs + (endSec * 1000) / speed - performance.now()));
      if (this.#stopped) break;
      await this.#write(bytes);
      onSent(index, performance.now());
    }
    if (!this.#stopped) await this.#finish();
  }

  /** Ends the sending at the next chunk. */
  stop() {
    this.#stopped = true;
    this.#socket?.destroy();
  }

  async #open() {
    const { hostname, port, host, pathname } = this.url;
    const socket = connect(Number(port), hostname);
    socket.setNoDelay(true).on('data', (bytes) => (this.#answer += bytes));
    this.#socket = socket;
    this.#closed = new Promise((resolve) => {
      socket.once('error', (error) => (this.#fault = error)).once('close', resolve);
    });
    const head = [
      `POST ${pathname} HTTP/1.1`,
      `Host: ${host}`,
      `Authorization: Bearer ${this.options.streamKey}`,
      'Content-Type: video/mp4',
      'Transfer-Encoding: chunked',
      'Connection: close',
    ];
    await this.#put(Buffer.from(`${head.join('\r\n')}\r\n\r\n`));
  }

  /** One HTTP chunk (RFC 9112 7.1). */
  #write(bytes) {
    return this.#put(Buffer.concat([Buffer.from(`${bytes.length.toString(16)}\r\n`), bytes, Buffer.from('\r\n')]));
  }

  async #put(bytes) {
    await new Promise((resolve) => {
      this.#socket.write(bytes, resolve);
    });
    if (!this.#stopped && (this.#fault || this.#answer !== '')) throw this.#refusal();
  }

  async #finish() {
    this.#socket.write('0\r\n\r\n');
    const late = delay(answerTimeoutMs, undefined, { ref: false }).then(() => this.#socket.destroy());
    await Promise.race([this.#closed, late]);
    if (!/^HTTP\/1\.1 2\d\d /.test(this.#answer)) throw this.#refusal();
  }

  #refusal() {
    const said = this.#answer.replaceAll(/\s+/g, ' ').slice(0, 300) || this.#fault?.message || 'nothing';
    return new Error(`upload of ${this.options.name}: an answer 2xx at the end was expected, got ${said}`);
  }
}
