import { servicePath } from '../../launcher/lib/build.mjs';
import type { ManagedProcess } from '../../launcher/lib/managed-process.mjs';
import { serviceEnvironment, spawnService, waitUntilServiceReady } from '../../launcher/lib/services.mjs';
import { TcpGate } from '#shared/testing';
import type { ServiceName } from './origin.ts';

/** A backend as a service reaches it. */
export type BackendName = 'nats' | 'redis' | 's3';

type ServiceFacts = Parameters<typeof serviceEnvironment>[1];

/** One process of one service, with its own ways to the backends when it has gates. */
export class Replica {
  readonly #process: ManagedProcess;
  readonly #opsPort: number;
  readonly #gates: ReadonlyMap<BackendName, TcpGate>;

  private constructor(process: ManagedProcess, opsPort: number, gates: ReadonlyMap<BackendName, TcpGate>) {
    this.#process = process;
    this.#opsPort = opsPort;
    this.#gates = gates;
  }

  /** Not started yet. */
  static async make(
    service: ServiceName,
    options: { index: number; runDir: string; facts: ServiceFacts; gated: boolean },
  ): Promise<Replica> {
    const { index, runDir, facts, gated } = options;
    const gates = gated ? await gatesTo(facts.servers) : new Map<BackendName, TcpGate>();
    const env = serviceEnvironment(service, { ...facts, servers: through(gates, facts.servers) });
    const name = index === 0 ? service : `${service}-${index}`;
    const process = spawnService({ name, runDir, env, entry: servicePath(service) });
    return new Replica(process, facts.ports.ops[service] ?? 0, gates);
  }

  get pid(): number {
    return this.#process.pid ?? 0;
  }

  /** Where `/metrics` and `/health` are. */
  get opsUrl(): string {
    return `http://127.0.0.1:${this.#opsPort}`;
  }

  /** Its way to a backend; throws when the origin was started without gates. */
  gate(backend: BackendName): TcpGate {
    const gate = this.#gates.get(backend);
    if (gate === undefined) throw new Error(`expected a gate to ${backend}: start the origin with { gated: true }`);
    return gate;
  }

  /** Resolves when it is ready. */
  async start(): Promise<void> {
    await this.#process.start();
    await waitUntilServiceReady(this.#process, this.#opsPort, () =>
      this.#process.running ? undefined : `${this.#process.name} ended`,
    );
  }

  kill9(): Promise<void> {
    return this.#process.kill('SIGKILL');
  }

  /** As a redeploy ends it. */
  end(): Promise<void> {
    return this.#process.stop({ graceMs: 20_000 });
  }

  suspend(): void {
    process.kill(-this.pid, 'SIGSTOP');
  }

  resume(): void {
    process.kill(-this.pid, 'SIGCONT');
  }

  /** Ends it whatever state it is in, and its gates. */
  async dispose(): Promise<void> {
    if (this.pid !== 0) this.resume();
    for (const gate of this.#gates.values()) gate.open();
    await this.#process.stop();
    for (const gate of this.#gates.values()) gate.close();
  }
}

async function gatesTo({ nats, redis, s3 }: ServiceFacts['servers']): Promise<Map<BackendName, TcpGate>> {
  return new Map([
    ['nats', await TcpGate.to(nats.url)],
    ['redis', await TcpGate.to(redis.url)],
    ['s3', await TcpGate.to(s3.endpoint)],
  ]);
}

function through(
  gates: ReadonlyMap<BackendName, TcpGate>,
  { nats, redis, s3 }: ServiceFacts['servers'],
): ServiceFacts['servers'] {
  return {
    nats: { ...nats, url: gates.get('nats')?.url ?? nats.url },
    redis: { ...redis, url: gates.get('redis')?.url ?? redis.url },
    s3: { ...s3, endpoint: gates.get('s3')?.url ?? s3.endpoint },
  };
}
