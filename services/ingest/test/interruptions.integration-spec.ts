import { createServer, connect as connectSocket, type Server, type Socket } from 'node:net';
import type { AddressInfo } from 'node:net';
import { backendsFromEnvironment, eventually } from '#shared/testing';
import { IngestHarness, openPush, upload } from './harness.ts';
import { fixture, TestEncoder } from './media.ts';

/** A NATS server behind a wire that the test can hold. */
class HeldWire {
  readonly #sockets = new Set<Socket>();
  #server: Server | undefined;

  async open(): Promise<string> {
    const target = new URL(backendsFromEnvironment().NATS_URL);
    this.#server = createServer((near) => {
      const far = connectSocket(Number(target.port), target.hostname);
      for (const socket of [near, far]) {
        this.#sockets.add(socket);
        socket.on('error', () => undefined);
        socket.on('close', () => this.#sockets.delete(socket));
      }
      near.pipe(far).pipe(near);
    });
    await new Promise<void>((resolve) => this.#server?.listen(0, '127.0.0.1', resolve));
    return `nats://127.0.0.1:${(this.#server.address() as AddressInfo).port}`;
  }

  hold(): void {
    for (const socket of this.#sockets) socket.pause();
  }

  letGo(): void {
    for (const socket of this.#sockets) socket.resume();
  }

  close(): void {
    for (const socket of this.#sockets) socket.destroy();
    this.#server?.close();
  }
}

describe('an upload that does not go smoothly', () => {
  const wire = new HeldWire();
  let harness: IngestHarness;
  beforeAll(async () => {
    harness = await IngestHarness.start({ UPLOAD_IDLE_MS: '1500', PUBLISH_RETRY_MS: '3000' });
    await harness.restart({ NATS_URL: await wire.open() });
  });
  afterAll(async () => {
    wire.letGo();
    await harness?.stop();
    wire.close();
  });

  const encoder = new TestEncoder(fixture('h264.cmfv'), 1);

  it('keeps every whole chunk of a connection that is cut in the middle of one', async () => {
    const { row, key, path } = await harness.newInput();
    const push = openPush(harness.port, `${path}?sk=${key}`);
    push.send(Buffer.concat([encoder.init, encoder.chunks(0, 3), encoder.chunk(3).subarray(0, 500)]));
    await eventually(async () => (await harness.chunks(row.id)).length === 3);
    push.cut();
    await eventually(async () => (await harness.events(row.id)).some(({ reason }) => reason === 'aborted'));
    const media = await harness.media(row.id);
    expect(media.map(({ kind }) => kind)).toEqual(['init', 'chunk', 'chunk', 'chunk', 'end']);
  });

  it('takes a stream that comes a few bytes at a time', async () => {
    const { row, key, path } = await harness.newInput();
    const push = openPush(harness.port, `${path}?sk=${key}`);
    const bytes = Buffer.concat([encoder.init, encoder.chunk(0)]);
    for (let at = 0; at < bytes.length; at += 97) {
      push.send(bytes.subarray(at, at + 97));
      await new Promise(setImmediate);
    }
    push.end();
    expect((await push.answer).status).toBe(200);
    expect(Buffer.from((await harness.chunks(row.id))[0]?.bytes ?? []).equals(encoder.chunk(0))).toBe(true);
  });

  it('closes a connection that stays silent in the middle of an upload', async () => {
    const { row, key, path } = await harness.newInput();
    const push = openPush(harness.port, `${path}?sk=${key}`);
    push.send(Buffer.concat([encoder.init, encoder.chunk(0)]));
    await new Promise((resolve) => push.outgoing.once('close', resolve));
    await eventually(async () => (await harness.events(row.id)).some(({ reason }) => reason === 'idle'));
    expect(await harness.chunks(row.id)).toHaveLength(1);
  });

  it('stops reading the socket while the bus does not acknowledge, and loses nothing', async () => {
    const { row, key, path } = await harness.newInput();
    const push = openPush(harness.port, `${path}?sk=${key}`);
    push.send(Buffer.concat([encoder.init, encoder.chunk(0)]));
    await eventually(async () => (await harness.chunks(row.id)).length === 1);

    wire.hold();
    let sent = 1;
    // The kernel's buffers fill, then the encoder must wait: its socket takes no more.
    await eventually(
      () => {
        for (let i = 0; i < 20 && push.outgoing.writableLength < 1_000_000; i += 1) push.send(encoder.chunk(sent++));
        return push.outgoing.writableLength >= 1_000_000 && sent > 100;
      },
      { withinMs: 2500, everyMs: 5, what: 'back-pressure at the encoder' },
    );
    wire.letGo();
    push.end();
    expect((await push.answer).status).toBe(200);
    expect(await harness.chunks(row.id)).toHaveLength(sent);
  });

  it('answers 503 when the bus stays away, and takes the same chunk when it is back', async () => {
    const { row, key, path } = await harness.newInput();
    const url = `${path}?sk=${key}`;
    await upload(harness.port, url, { body: Buffer.concat([encoder.init, encoder.chunk(0)]) });
    wire.hold();
    const body = Buffer.concat([encoder.init, encoder.chunk(1)]);
    expect(await upload(harness.port, url, { body })).toMatchObject({ status: 503, error: 'BusUnavailable' });
    wire.letGo();
    await eventually(async () => (await upload(harness.port, url, { body })).status === 200);
    expect(await harness.chunks(row.id)).toHaveLength(2);
  });

  it('tells encoders to come again when the service goes away, after the chunk at hand', async () => {
    const { row, key, path } = await harness.newInput();
    const leaving = await harness.startAnother();
    const push = openPush(leaving.httpPort, `${path}?sk=${key}`);
    push.send(Buffer.concat([encoder.init, encoder.chunks(0, 2)]));
    await eventually(async () => (await harness.chunks(row.id)).length === 2);
    const closing = leaving.close();
    expect(await push.answer).toMatchObject({ status: 503 });
    await closing;
    expect(await harness.chunks(row.id)).toHaveLength(2);
  });

  it('never cuts a long request by itself', () => {
    expect(harness.ingest.timeouts).toEqual({ requestTimeoutMs: 0, socketTimeoutMs: 0 });
  });
});
