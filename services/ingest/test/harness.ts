import { createHash, randomBytes } from 'node:crypto';
import type { IncomingMessage } from 'node:http';
import { Agent, request } from 'node:http';
import { DeliverPolicy, type JsMsg } from '@nats-io/jetstream';
import {
  ChunkHeaders,
  EVENTS_STREAM,
  InitHeaders,
  inputEventSubject,
  liveInputsBucket,
  MEDIA_STREAM,
  mediaOfInput,
  partitionOf,
  type LiveInputRow,
} from '#shared/contracts';
import { connectBus, headersFrom, type Bus } from '#shared/messaging';
import { createLogger } from '#shared/observability';
import { backendsFromEnvironment, eventually } from '#shared/testing';
import { loadConfig } from '#shared/config';
import { IngestConfig, IngestEnvironment } from '../src/ingest.config.ts';
import { startIngest, type RunningIngest } from '../src/start-ingest.ts';

const PARTITIONS = 8;

/** What MEDIA holds of one input, in order. */
export interface StoredMedia {
  readonly trackId: number;
  readonly kind: 'chunk' | 'init' | 'end';
  readonly sequence: number;
  readonly bytes: Uint8Array;
  readonly message: JsMsg;
}

/** A live input made for one test, and the ingest under test with a connection of the test's own to the bus. */
export class IngestHarness {
  private constructor(
    readonly bus: Bus,
    readonly settings: Record<string, string>,
    public ingest: RunningIngest,
  ) {}

  static async start(settings: Record<string, string> = {}): Promise<IngestHarness> {
    const { NATS_URL } = backendsFromEnvironment();
    const all = { HTTP_PORT: '0', OPS_PORT: '0', NATS_URL, PARTITIONS: String(PARTITIONS), ...settings };
    const config = loadConfig(IngestEnvironment, all);
    const bus = await connectBus('ingest-test', config);
    return new IngestHarness(bus, all, await startIngest(new IngestConfig(config), quietLogger()));
  }

  /** A second process of the same service, or the first one again. */
  async startAnother(settings: Record<string, string> = {}): Promise<RunningIngest> {
    const config = loadConfig(IngestEnvironment, { ...this.settings, ...settings });
    return startIngest(new IngestConfig(config), quietLogger());
  }

  /** The ingest under test again, with other settings; the test's own connection stays. */
  async restart(settings: Record<string, string>): Promise<void> {
    await this.ingest.close();
    this.ingest = await this.startAnother(settings);
  }

  async stop(): Promise<void> {
    await this.ingest.close();
    await this.bus.close();
  }

  get port(): number {
    return this.ingest.httpPort;
  }

  async newInput(changes: Partial<LiveInputRow> = {}): Promise<{ row: LiveInputRow; key: string; path: string }> {
    const unique = randomBytes(8).toString('hex');
    const key = `sk_live_${randomBytes(20).toString('hex')}`;
    const row: LiveInputRow = {
      id: `li_${unique}`,
      externalId: `lv_${unique}`,
      orgId: 'org_test',
      name: 'test',
      ingest: 'fmp4',
      streamKeySha256: sha256(Buffer.from(key)),
      createdAtMs: Date.now(),
      available: true,
      identities: [],
      app: 'live',
      redundancy: 'refuse',
      retentionDays: 7,
      ...changes,
    };
    await (await this.bus.table(liveInputsBucket)).put(row.id, row);
    // The row reaches the ingest by its watch: wait until it no longer answers 404.
    await eventually(async () => (await upload(this.port, `/publish/${row.id}`)).status !== 404);
    return { row, key, path: `/publish/${row.id}` };
  }

  /** Everything stored of an input so far. */
  async media(inputId: string): Promise<StoredMedia[]> {
    const filter = mediaOfInput(partitionOf(inputId, PARTITIONS), inputId);
    return (await this.#stored(MEDIA_STREAM, filter)).map((message) => {
      const [, , , , trackId, kind] = message.subject.split('.');
      return {
        trackId: Number(trackId),
        kind: kind as StoredMedia['kind'],
        sequence: message.seq,
        bytes: message.data,
        message,
      };
    });
  }

  async chunks(inputId: string, trackId?: number): Promise<Array<StoredMedia & { facts: ChunkHeaders }>> {
    const chunks = (await this.media(inputId)).filter(({ kind }) => kind === 'chunk');
    return chunks
      .filter((one) => trackId === undefined || one.trackId === trackId)
      .map((one) => ({ ...one, facts: headersFrom(ChunkHeaders, one.message.headers) }));
  }

  async inits(inputId: string): Promise<Array<StoredMedia & { facts: InitHeaders }>> {
    const inits = (await this.media(inputId)).filter(({ kind }) => kind === 'init');
    return inits.map((one) => ({ ...one, facts: headersFrom(InitHeaders, one.message.headers) }));
  }

  /** Facts told of an input, without the refusals that {@link newInput} itself causes. */
  async events(inputId: string): Promise<Array<Record<string, unknown>>> {
    const stored = await this.#stored(EVENTS_STREAM, inputEventSubject.pattern({ inputId }));
    const events = stored.map((message) => message.json<Record<string, unknown>>());
    return events.filter(({ detail }) => !String(detail).endsWith('got none'));
  }

  async #stored(stream: string, filter: string): Promise<JsMsg[]> {
    const { name, num_pending: pending } = await this.bus.manager.consumers.add(stream, {
      filter_subject: filter,
      deliver_policy: DeliverPolicy.All,
      mem_storage: true,
    });
    const found: JsMsg[] = [];
    const consumer = await this.bus.jetstream.consumers.get(stream, name);
    if (pending > 0) {
      for await (const message of await consumer.fetch({ max_messages: pending, expires: 5000 })) found.push(message);
    }
    await this.bus.manager.consumers.delete(stream, name);
    return found;
  }
}

const quietLogger = () => {
  const logger = createLogger('ingest');
  logger.setLogLevels(['fatal']);
  return logger;
};

export const sha256 = (bytes: Uint8Array): string => createHash('sha256').update(bytes).digest('hex');

export interface UploadOptions {
  readonly method?: string;
  readonly headers?: Record<string, string>;
  readonly body?: Uint8Array;
  readonly agent?: Agent;
}

/** One upload with its whole body; the answer with status and parsed error. */
export async function upload(
  port: number,
  path: string,
  options: UploadOptions = {},
): Promise<{ status: number; error: string | undefined; message: string | undefined }> {
  const push = openPush(port, path, options);
  if (options.body !== undefined) push.send(options.body);
  push.end();
  return push.answer;
}

/** An upload in the hands of the test: bytes when it says so. `answer` also arrives in the middle. */
export function openPush(port: number, path: string, options: UploadOptions = {}) {
  const outgoing = request({
    host: '127.0.0.1',
    port,
    path,
    method: options.method ?? 'POST',
    agent: options.agent ?? new Agent({ keepAlive: false }),
    headers: { 'transfer-encoding': 'chunked', ...options.headers },
  });
  const answer = new Promise<{ status: number; error: string | undefined; message: string | undefined }>(
    (resolve, reject) => {
      outgoing.once('response', (response) => void readAnswer(response).then(resolve, reject));
      outgoing.on('error', reject);
    },
  );
  answer.catch(() => undefined);
  outgoing.flushHeaders();
  return {
    answer,
    outgoing,
    /** False when the socket takes no more for now. */
    send: (bytes: Uint8Array): boolean => outgoing.write(bytes),
    end: (): void => void outgoing.end(),
    cut: (): void => void outgoing.destroy(),
  };
}

async function readAnswer(response: IncomingMessage) {
  const pieces: Buffer[] = [];
  for await (const piece of response) pieces.push(piece as Buffer);
  const text = Buffer.concat(pieces).toString();
  const body = text === '' ? {} : (JSON.parse(text) as { error?: string; message?: string });
  return { status: response.statusCode ?? 0, error: body.error, message: body.message };
}
