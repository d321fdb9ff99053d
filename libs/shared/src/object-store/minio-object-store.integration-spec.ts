import { createServer, type Server, type Socket } from 'node:net';
import type { AddressInfo } from 'node:net';
import { randomBytes } from 'node:crypto';
import { backendsFromEnvironment } from '../testing/index.ts';
import { MinioObjectStore, ObjectNotFoundError, StoreUnavailableError, type StoredObject } from './index.ts';

const backends = backendsFromEnvironment();
const store = new MinioObjectStore(backends);
const folder = `object-store-test/${randomBytes(6).toString('hex')}`;

const collect = async <T>(rows: AsyncIterable<T>): Promise<T[]> => {
  const all: T[] = [];
  for await (const row of rows) all.push(row);
  return all;
};

/** A port that treats every connection in one given way. */
async function serverThat(onSocket: (socket: Socket) => void): Promise<{ server: Server; endpoint: string }> {
  const server = createServer(onSocket);
  await new Promise<void>((resolve) => {
    server.listen(0, '127.0.0.1', resolve);
  });
  return { server, endpoint: `http://127.0.0.1:${(server.address() as AddressInfo).port}` };
}

beforeAll(() => store.ensureBucket());

afterAll(async () => {
  await store.remove((await collect(store.list(`${folder}/`))).map((object) => object.key));
});

describe('MinioObjectStore', () => {
  it('makes the bucket when two processes ask at once, and again when it is there', async () => {
    const options = { ...backends, S3_BUCKET: `headwater-${randomBytes(6).toString('hex')}` };
    await Promise.all([new MinioObjectStore(options).ensureBucket(), new MinioObjectStore(options).ensureBucket()]);
    await new MinioObjectStore(options).put('proof', Buffer.from('x'));
    expect(await new MinioObjectStore(options).get('proof')).toEqual(Buffer.from('x'));
  });

  it('gives back the bytes that were put, whole and by range', async () => {
    const bytes = randomBytes(300_000);
    await store.put(`${folder}/whole`, bytes);
    expect((await store.get(`${folder}/whole`))?.equals(bytes)).toBe(true);
    expect((await store.getRange(`${folder}/whole`, 1000, 70_000)).equals(bytes.subarray(1000, 71_000))).toBe(true);
    expect((await store.getRange(`${folder}/whole`, 299_999, 1)).equals(bytes.subarray(299_999))).toBe(true);
    expect(await store.getRange(`${folder}/whole`, 5, 0)).toHaveLength(0);
  });

  it('puts the bytes of a view, not those around it', async () => {
    await store.put(`${folder}/view`, Buffer.from('abcdef').subarray(2, 4));
    expect(String(await store.get(`${folder}/view`))).toBe('cd');
  });

  it('answers undefined for an absent object and throws for a range of it', async () => {
    expect(await store.get(`${folder}/absent`)).toBeUndefined();
    await expect(store.getRange(`${folder}/absent`, 0, 10)).rejects.toThrow(ObjectNotFoundError);
  });

  it('throws when the object is shorter than the range', async () => {
    await store.put(`${folder}/short`, Buffer.from('0123456789'));
    await expect(store.getRange(`${folder}/short`, 5, 10)).rejects.toThrow(/expected bytes 5\+10, the object gave 5/);
    await expect(store.getRange(`${folder}/short`, 50, 10)).rejects.toThrow(ObjectNotFoundError);
  });

  it('writes over what was there', async () => {
    await store.put(`${folder}/again`, Buffer.from('first'));
    await store.put(`${folder}/again`, Buffer.from('second'));
    expect(String(await store.get(`${folder}/again`))).toBe('second');
  });

  it('lists objects in the order of their keys with size and time, and the folders of a level', async () => {
    const keys = ['list/a/1', 'list/a/2', 'list/b/1', 'list/top'].map((name) => `${folder}/${name}`);
    for (const [index, key] of keys.entries()) await store.put(key, Buffer.alloc(index + 1));
    const listed: StoredObject[] = await collect(store.list(`${folder}/list/`));
    expect(listed.map((object) => [object.key, object.sizeBytes])).toEqual(keys.map((key, index) => [key, index + 1]));
    for (const object of listed) expect(Math.abs(Date.now() - object.lastModifiedMs)).toBeLessThan(60_000);
    expect(await collect(store.folders(`${folder}/list/`))).toEqual([`${folder}/list/a/`, `${folder}/list/b/`]);
    expect(await collect(store.list(`${folder}/nothing/`))).toEqual([]);
  });

  it('lists and removes beyond one page of keys', async () => {
    const paged = new MinioObjectStore({ ...backends, pageKeys: 10 });
    const keys = Array.from({ length: 25 }, (_, index) => `${folder}/page/${String(index).padStart(5, '0')}`);
    await Promise.all(keys.map((key) => store.put(key, Buffer.from('x'))));
    expect((await collect(paged.list(`${folder}/page/`))).map((object) => object.key)).toEqual(keys);
    await paged.remove(keys.slice(0, 24));
    expect((await collect(paged.list(`${folder}/page/`))).map((object) => object.key)).toEqual(keys.slice(24));
  });

  it('removes objects and counts absent ones as removed', async () => {
    await store.put(`${folder}/gone/1`, Buffer.from('x'));
    await store.remove([`${folder}/gone/1`, `${folder}/gone/2`]);
    expect(await collect(store.list(`${folder}/gone/`))).toEqual([]);
    await store.remove([]);
  });

  it('gives up after bounded tries on a store that accepts and then says nothing', async () => {
    let connections = 0;
    const sockets = new Set<Socket>();
    const { server, endpoint } = await serverThat((socket) => {
      connections += 1;
      sockets.add(socket);
      socket.on('error', () => undefined);
    });
    const mute = new MinioObjectStore({ ...backends, S3_ENDPOINT: endpoint, requestDeadlineMs: 150, attempts: 2 });
    const startedAtMs = performance.now();
    await expect(mute.put('key', Buffer.from('x'))).rejects.toThrow(StoreUnavailableError);
    await expect(mute.get('key')).rejects.toThrow(/expected an answer within 150 ms/);
    expect(performance.now() - startedAtMs).toBeLessThan(5000);
    expect(connections).toBe(4);
    for (const socket of sockets) socket.destroy();
    server.close();
  });

  it('tries again when a connection breaks', async () => {
    let connections = 0;
    const { server, endpoint } = await serverThat((socket) => {
      connections += 1;
      socket.on('error', () => undefined);
      if (connections === 1) socket.destroy();
      else {
        socket.on('data', () => socket.end('HTTP/1.1 200 OK\r\nContent-Length: 2\r\nConnection: close\r\n\r\nok'));
      }
    });
    const flaky = new MinioObjectStore({ ...backends, S3_ENDPOINT: endpoint });
    expect(String(await flaky.get('key'))).toBe('ok');
    expect(connections).toBe(2);
    server.close();
  });

  it('names the operation when the keys are wrong, without trying again', async () => {
    const stranger = new MinioObjectStore({ ...backends, S3_SECRET_KEY: 'not the secret' });
    await expect(stranger.put(`${folder}/forbidden`, Buffer.from('x'))).rejects.toThrow(
      new RegExp(`^put ${folder}/forbidden: `),
    );
  });
});
