import { randomBytes, randomUUID } from 'node:crypto';
import { createServer, type IncomingHttpHeaders, type Server, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { SignJWT } from 'jose';
import { partitionOf, SegmentClosed, segmentClosedSubject } from '#shared/contracts';
import { loadConfig } from '#shared/config';
import { publishFact, type Bus } from '#shared/messaging';
import { createLogger } from '#shared/observability';
import { backendsFromEnvironment } from '#shared/testing';
import { BroadcastConfig, BroadcastEnvironment } from '../src/broadcast.config.ts';
import { startBroadcast, type RunningBroadcast } from '../src/start-broadcast.ts';

/** One organisation with its keys, unique to a test file. */
export interface Tenant {
  readonly orgId: string;
  readonly apiKey: string;
  readonly appKey: string;
  readonly appSecret: string;
}

export const MASTER_KEY = randomBytes(32).toString('base64');

export const newTenant = (): Tenant => {
  const mark = randomUUID().replaceAll('-', '');
  return {
    orgId: `org_${mark}`,
    apiKey: `tqs_live_${mark}`,
    appKey: `app_${mark}`,
    appSecret: `secret-${mark}`,
  };
};

export const startService = (tenant: Tenant, overrides: Record<string, string> = {}): Promise<RunningBroadcast> => {
  const logger = createLogger('broadcast');
  logger.setLogLevels(['fatal']);
  const values = loadConfig(BroadcastEnvironment, {
    NATS_URL: backendsFromEnvironment().NATS_URL,
    MEDIA_MAX_BYTES: '100000000',
    HTTP_PORT: '0',
    OPS_PORT: '0',
    HEADWATER_MASTER_KEY: MASTER_KEY,
    BOOTSTRAP_ORG_ID: tenant.orgId,
    BOOTSTRAP_API_KEY: tenant.apiKey,
    BOOTSTRAP_APP_KEY: tenant.appKey,
    BOOTSTRAP_APP_SECRET: tenant.appSecret,
    WEBHOOK_ALLOW_PRIVATE: 'true',
    RECONNECT_WINDOW_MS: '1500',
    ARM_TIMEOUT_MS: '3000',
    PUBLIC_PLAYBACK_URL: 'http://play.test',
    PUBLIC_INGEST_URL: 'http://ingest.test/',
    ...overrides,
  });
  return startBroadcast(new BroadcastConfig(values), logger);
};

/** An answer with its body both as text and parsed. */
export interface Reply {
  readonly status: number;
  readonly text: string;
  // eslint-disable-next-line @typescript-eslint/no-explicit-any -- answers are probed freely
  readonly json: any;
}

const replyOf = async (response: Response): Promise<Reply> => {
  const text = await response.text();
  return { status: response.status, text, json: text === '' ? undefined : JSON.parse(text) };
};

/** Speaks the call API as its clients do. */
export class CallClient {
  constructor(
    readonly port: () => number,
    readonly tenant: Tenant,
    private readonly token: string | undefined,
  ) {}

  async request(method: string, path: string, body?: unknown, headers: Record<string, string> = {}): Promise<Reply> {
    const url = `http://127.0.0.1:${this.port()}${path}?api_key=${this.tenant.appKey}`;
    const response = await fetch(url, {
      method,
      headers: {
        'stream-auth-type': 'jwt',
        ...(this.token === undefined ? {} : { authorization: this.token }),
        ...(body === undefined ? {} : { 'content-type': 'application/json' }),
        ...headers,
      },
      ...(body === undefined ? {} : { body: JSON.stringify(body) }),
    });
    return replyOf(response);
  }

  call(method: string, cid: string, action = '', body?: unknown): Promise<Reply> {
    const [type, id] = cid.split(':');
    return this.request(method, `/api/v2/video/call/${type}/${id}${action === '' ? '' : `/${action}`}`, body);
  }
}

export const signToken = (claims: Record<string, unknown>, secret: string, alg = 'HS256'): Promise<string> =>
  new SignJWT(claims).setProtectedHeader({ alg, typ: 'JWT' }).sign(new TextEncoder().encode(secret));

/** Speaks tRPC's wire format. */
export const trpc = async (
  port: number,
  procedure: string,
  input: unknown,
  options: { apiKey?: string; method?: 'GET' | 'POST'; prefix?: string } = {},
): Promise<Reply> => {
  const { method = 'POST', prefix = '/api/trpc', apiKey } = options;
  const query = method === 'GET' ? `?input=${encodeURIComponent(JSON.stringify(input))}` : '';
  const response = await fetch(`http://127.0.0.1:${port}${prefix}/${procedure}${query}`, {
    method,
    headers: {
      'content-type': 'application/json',
      ...(apiKey === undefined ? {} : { authorization: `Bearer ${apiKey}` }),
    },
    ...(method === 'POST' ? { body: JSON.stringify(input) } : {}),
  });
  return replyOf(response);
};

/** One webhook as it arrived. */
export interface Received {
  readonly headers: IncomingHttpHeaders;
  readonly body: string;
  // eslint-disable-next-line @typescript-eslint/no-explicit-any -- bodies are probed freely
  readonly json: any;
  readonly atMs: number;
  readonly path: string;
}

/** A webhook consumer whose answers the test decides. */
export class Consumer {
  readonly received: Received[] = [];
  #server: Server | undefined;
  respond: (received: Received, response: ServerResponse) => void = (_received, response) => {
    response.writeHead(200).end('ok');
  };

  async start(): Promise<string> {
    this.#server = createServer((request, response) => {
      const pieces: Buffer[] = [];
      request.on('data', (piece: Buffer) => pieces.push(piece));
      request.on('end', () => {
        const body = Buffer.concat(pieces).toString('utf8');
        const received = {
          headers: request.headers,
          body,
          json: JSON.parse(body),
          atMs: performance.now(),
          path: request.url ?? '',
        };
        this.received.push(received);
        this.respond(received, response);
      });
    });
    const server = this.#server;
    await new Promise<void>((resolve) => {
      server.listen(0, '127.0.0.1', resolve);
    });
    return `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
  }

  types(cid: string): string[] {
    return this.received.filter(({ json }) => json.call_cid === cid).map(({ json }) => json.type as string);
  }

  async stop(): Promise<void> {
    this.#server?.closeAllConnections();
    await new Promise((resolve) => {
      this.#server?.close(resolve);
    });
  }
}

const SHA = 'a'.repeat(64);

/** Publishes what the packager would: one closed segment of a track. */
export async function closeSegment(
  bus: Bus,
  inputId: string,
  facts: { trackId?: number; mediaSequence: number; startEpochMs: number; durationMs?: number },
): Promise<void> {
  const { trackId = 1, mediaSequence, startEpochMs, durationMs = 1000 } = facts;
  const partition = partitionOf(inputId, 8);
  const segment: SegmentClosed = {
    inputId,
    trackId,
    partition,
    fence: 1,
    epoch: 0,
    mediaSequence,
    discontinuitySequence: 0,
    startEpochMs,
    durationMs,
    decodeTimeTicks: 0n,
    durationTicks: 90_000n,
    timescale: 90_000,
    independent: true,
    initSha256: SHA,
    sizeBytes: 1,
    sha256: SHA,
    chain: SHA,
    chunks: [{ streamSequence: 1, sizeBytes: 1, sha256: SHA, durationTicks: 90_000n, independent: true }],
    partChunkCounts: [1],
    closedBy: 'boundary',
    resumeSequence: 0,
    closedAtMs: Date.now(),
  };
  await publishFact(bus, segmentClosedSubject.format({ partition, inputId, trackId }), SegmentClosed.encode(segment));
}
