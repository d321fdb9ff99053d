import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import type { Metrics } from './metrics.ts';

/** A named check of readiness; false or a throw makes the service not ready. */
export interface HealthCheck {
  readonly name: string;
  check(): boolean | Promise<boolean>;
}

/** A further page of the loopback door by its path: what it returns goes out as JSON, so it must be bounded. */
export type OpsPages = Readonly<Record<string, () => unknown>>;

/** The loopback door of every service: `/health/live`, `/health/ready`, `/metrics` (design decision 26), and what a service adds. */
export class OpsServer {
  readonly #server: Server;
  readonly #checks: readonly HealthCheck[];
  readonly #metrics: Metrics;
  readonly #pages: OpsPages;
  #draining = false;

  constructor(options: { checks: readonly HealthCheck[]; metrics: Metrics; pages?: OpsPages }) {
    this.#checks = options.checks;
    this.#metrics = options.metrics;
    this.#pages = options.pages ?? {};
    this.#server = createServer((request, response) => void this.#answer(request, response));
  }

  /** Resolves with the port once it listens. */
  listen(host: string, port: number): Promise<number> {
    return new Promise((resolve, reject) => {
      this.#server.once('error', reject);
      this.#server.listen(port, host, () => resolve((this.#server.address() as AddressInfo).port));
    });
  }

  /** From now on not ready, so that no new work is sent here. */
  drain(): void {
    this.#draining = true;
  }

  close(): Promise<void> {
    this.#server.closeAllConnections();
    return new Promise((resolve) => {
      this.#server.close(() => resolve());
    });
  }

  async #answer(request: IncomingMessage, response: ServerResponse): Promise<void> {
    try {
      if (request.url === '/metrics')
        return send(response, 200, this.#metrics.registry.contentType, await this.#metrics.registry.metrics());
      if (request.url === '/health/live') return sendJson(response, 200, { status: 'live' });
      if (request.url === '/health/ready') return await this.#answerReady(response);
      const page = Object.entries(this.#pages).find(([path]) => path === request.url)?.[1];
      if (page !== undefined) return sendJson(response, 200, page());
      const paths = ['/health/live', '/health/ready', '/metrics', ...Object.keys(this.#pages)];
      return sendJson(response, 404, { error: 'NotFound', message: `expected one of ${paths.join(', ')}` });
    } catch (error) {
      return sendJson(response, 500, { error: 'InternalError', message: String(error) });
    }
  }

  async #answerReady(response: ServerResponse): Promise<void> {
    const results = await Promise.all(this.#checks.map(async (item) => [item.name, await passes(item)] as const));
    const ready = !this.#draining && results.every(([, passed]) => passed);
    sendJson(response, ready ? 200 : 503, {
      status: ready ? 'ready' : 'not_ready',
      draining: this.#draining,
      checks: Object.fromEntries(results),
    });
  }
}

const passes = async (item: HealthCheck): Promise<boolean> => {
  try {
    return await item.check();
  } catch {
    return false;
  }
};

const send = (response: ServerResponse, status: number, type: string, body: string): void => {
  response.writeHead(status, { 'content-type': type, 'cache-control': 'no-store' }).end(body);
};

const sendJson = (response: ServerResponse, status: number, body: unknown): void =>
  send(response, status, 'application/json', JSON.stringify(body));
