import * as http from 'node:http';
import * as https from 'node:https';
import { setTimeout as delay } from 'node:timers/promises';
import { Client, S3Error } from 'minio';
import { ObjectStore, type StoredObject } from './object-store.ts';
import { transportWithDeadline } from './request-deadline.ts';
import { ObjectNotFoundError, StoreUnavailableError } from './store-errors.ts';

/** What the store needs to know of S3: the variables of `objectStoreEnv`, and the limits of one request. */
export interface ObjectStoreOptions {
  readonly S3_ENDPOINT: string;
  readonly S3_REGION: string;
  readonly S3_ACCESS_KEY: string;
  readonly S3_SECRET_KEY: string;
  readonly S3_BUCKET: string;
  /** One request with its answer, default 30 s. */
  readonly requestDeadlineMs?: number;
  /** Tries of one operation in all, default 3, with growing pauses between. */
  readonly attempts?: number;
  /** Keys of one request that lists or removes, default 1000, the most that S3 allows. */
  readonly pageKeys?: number;
}

const FIRST_PAUSE_MS = 100;
const ABSENT = new Set(['NoSuchKey', 'NotFound']);
const OUT_OF_RANGE = new Set(['InvalidRange', 'RequestedRangeNotSatisfiable']);
const ALREADY_OURS = new Set(['BucketAlreadyOwnedByYou', 'BucketAlreadyExists', 'OperationAborted']);
/** Answers that another try cannot change. */
const FINAL = new Set([
  ...ABSENT,
  ...OUT_OF_RANGE,
  ...ALREADY_OURS,
  'NoSuchBucket',
  'AccessDenied',
  'InvalidAccessKeyId',
  'SignatureDoesNotMatch',
]);

/** One page of a listing; the client types its rows too loosely. */
interface Page {
  readonly objects: Array<{ name?: string; prefix?: string; size: number; lastModified?: Date }>;
  readonly isTruncated: boolean;
  readonly nextContinuationToken: string;
}

/** The object store over the `minio` client, path style. */
export class MinioObjectStore extends ObjectStore {
  readonly #client: Client;
  readonly #bucket: string;
  readonly #region: string;
  readonly #attempts: number;
  readonly #pageKeys: number;

  constructor(options: ObjectStoreOptions) {
    super();
    const endpoint = new URL(options.S3_ENDPOINT);
    const isSecure = endpoint.protocol === 'https:';
    const agentOptions = { keepAlive: true, maxSockets: 32 };
    this.#bucket = options.S3_BUCKET;
    this.#region = options.S3_REGION;
    this.#attempts = options.attempts ?? 3;
    this.#pageKeys = options.pageKeys ?? 1000;
    this.#client = new Client({
      endPoint: endpoint.hostname,
      port: Number(endpoint.port) || (isSecure ? 443 : 80),
      useSSL: isSecure,
      accessKey: options.S3_ACCESS_KEY,
      secretKey: options.S3_SECRET_KEY,
      region: options.S3_REGION,
      pathStyle: true,
      transport: transportWithDeadline(isSecure, options.requestDeadlineMs ?? 30_000),
      transportAgent: isSecure ? new https.Agent(agentOptions) : new http.Agent(agentOptions),
      // Its own retries cover only some answers, no broken connection, and write to the console.
      retryOptions: { disableRetry: true },
    });
  }

  override async ensureBucket(): Promise<void> {
    const isThere = await this.#try('find the bucket', () => this.#client.bucketExists(this.#bucket));
    if (isThere) return;
    await this.#try('make the bucket', async () => {
      await this.#client.makeBucket(this.#bucket, this.#region).catch((error: unknown) => {
        if (!ALREADY_OURS.has(codeOf(error))) throw error;
      });
    });
  }

  override async put(key: string, bytes: Uint8Array, contentType = 'application/octet-stream'): Promise<void> {
    const body = Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength);
    await this.#try(`put ${key}`, () =>
      this.#client.putObject(this.#bucket, key, body, body.length, { 'Content-Type': contentType }),
    );
  }

  override async get(key: string): Promise<Buffer | undefined> {
    return this.#try(`get ${key}`, async () => {
      try {
        return await bytesOf(await this.#client.getObject(this.#bucket, key));
      } catch (error) {
        if (ABSENT.has(codeOf(error))) return undefined;
        throw error;
      }
    });
  }

  override async getRange(key: string, offsetBytes: number, lengthBytes: number): Promise<Buffer> {
    // A length of 0 means "to the end" to the client.
    if (lengthBytes === 0) return Buffer.alloc(0);
    const range = `${offsetBytes}+${lengthBytes}`;
    const bytes = await this.#try(`get ${key} at ${range}`, async () => {
      try {
        return await bytesOf(await this.#client.getPartialObject(this.#bucket, key, offsetBytes, lengthBytes));
      } catch (error) {
        if (ABSENT.has(codeOf(error))) throw new ObjectNotFoundError(`${key}: expected an object, got none`);
        if (OUT_OF_RANGE.has(codeOf(error))) throw shorterError(key, range, 0);
        throw error;
      }
    });
    if (bytes.length !== lengthBytes) throw shorterError(key, range, bytes.length);
    return bytes;
  }

  override async *list(prefix: string): AsyncIterable<StoredObject> {
    for await (const { name, size, lastModified } of this.#rows(prefix, '')) {
      if (name !== undefined) yield { key: name, sizeBytes: size, lastModifiedMs: lastModified?.getTime() ?? 0 };
    }
  }

  override async *folders(prefix: string): AsyncIterable<string> {
    for await (const row of this.#rows(prefix, '/')) {
      if (row.prefix !== undefined) yield row.prefix;
    }
  }

  override async remove(keys: readonly string[]): Promise<void> {
    for (let at = 0; at < keys.length; at += this.#pageKeys) {
      const batch = keys.slice(at, at + this.#pageKeys);
      await this.#try(`remove ${batch.length} objects`, async () => {
        const answers = await this.#client.removeObjects(this.#bucket, batch);
        const failed = answers.find((answer) => answer?.Error && !ABSENT.has(answer.Error.Code ?? ''));
        if (failed?.Error) throw new Error(`${failed.Error.Key}: ${failed.Error.Message}`);
      });
    }
  }

  async *#rows(prefix: string, delimiter: string): AsyncIterable<Page['objects'][number]> {
    let token = '';
    for (;;) {
      const from = token;
      const page = await this.#try<Page>(`list ${prefix}`, () =>
        this.#client.listObjectsV2Query(this.#bucket, prefix, from, delimiter, this.#pageKeys, ''),
      );
      yield* page.objects;
      if (!page.isTruncated || page.nextContinuationToken === '') return;
      token = page.nextContinuationToken;
    }
  }

  async #try<T>(what: string, operation: () => Promise<T>): Promise<T> {
    for (let attempt = 1; ; attempt += 1) {
      try {
        return await operation();
      } catch (error) {
        if (error instanceof ObjectNotFoundError) throw error;
        if (attempt >= this.#attempts || FINAL.has(codeOf(error))) {
          throw new StoreUnavailableError(`${what}: ${error instanceof Error ? error.message : String(error)}`, {
            cause: error,
          });
        }
        await delay(FIRST_PAUSE_MS * 2 ** (attempt - 1) * (1 + Math.random()));
      }
    }
  }
}

const codeOf = (error: unknown): string => (error instanceof S3Error ? (error.code ?? '') : '');

const shorterError = (key: string, range: string, gotBytes: number): ObjectNotFoundError =>
  new ObjectNotFoundError(`${key}: expected bytes ${range}, the object gave ${gotBytes}`);

async function bytesOf(stream: NodeJS.ReadableStream): Promise<Buffer> {
  const pieces: Buffer[] = [];
  for await (const piece of stream) pieces.push(Buffer.from(piece as Uint8Array));
  return Buffer.concat(pieces);
}
