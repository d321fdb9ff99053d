import { connect, createServer, type AddressInfo, type Server, type Socket } from 'node:net';

/** `open` passes everything on. `shut` resets what stands and what comes. `silent` keeps connections and loses every byte's way until it opens. */
type Standing = 'open' | 'shut' | 'silent';

interface Passage {
  readonly client: Socket;
  /** Made when the gate first lets this client through. */
  server: Socket | undefined;
}

/** A way to a server that can be shut and opened again, so that a test can take the server away from one client. */
export class TcpGate {
  readonly #server: Server;
  readonly #target: URL;
  readonly #passages = new Set<Passage>();
  #standing: Standing = 'open';

  private constructor(target: URL) {
    this.#target = target;
    // A client that has sent its last byte may still read.
    this.#server = createServer({ allowHalfOpen: true }, (client) => this.#admit(client));
  }

  static async to(url: string): Promise<TcpGate> {
    const gate = new TcpGate(new URL(url));
    await new Promise<void>((resolve) => {
      gate.#server.listen(0, '127.0.0.1', resolve);
    });
    return gate;
  }

  /** The way in, for a client of the same protocol. */
  get url(): string {
    return `${this.#target.protocol}//127.0.0.1:${(this.#server.address() as AddressInfo).port}`;
  }

  /** As a process that ended: connections are reset, and so is each new one. */
  shut(): void {
    this.#standing = 'shut';
    for (const passage of this.#passages) this.#reset(passage);
  }

  /** As a lost network: nobody is told, nothing arrives, new connections hear nothing. What was sent meanwhile arrives after {@link open}. */
  silence(): void {
    this.#standing = 'silent';
    for (const { client, server } of this.#passages) {
      client.pause();
      server?.pause();
    }
  }

  open(): void {
    this.#standing = 'open';
    for (const passage of this.#passages) this.#pass(passage);
  }

  close(): void {
    this.shut();
    this.#server.close();
  }

  #admit(client: Socket): void {
    const passage: Passage = { client, server: undefined };
    this.#passages.add(passage);
    this.#watch(passage, client);
    if (this.#standing === 'shut') this.#reset(passage);
    else if (this.#standing === 'open') this.#pass(passage);
  }

  #pass(passage: Passage): void {
    const { client } = passage;
    if (passage.server !== undefined) {
      client.resume();
      passage.server.resume();
      return;
    }
    const server = connect({ port: Number(this.#target.port), host: this.#target.hostname, allowHalfOpen: true });
    passage.server = server;
    this.#watch(passage, server);
    this.#forward(client, server);
    this.#forward(server, client);
  }

  #forward(from: Socket, to: Socket): void {
    from.on('data', (bytes) => {
      if (to.write(bytes)) return;
      from.pause();
      to.once('drain', () => {
        if (this.#standing === 'open') from.resume();
      });
    });
    from.on('end', () => to.end());
  }

  #watch(passage: Passage, socket: Socket): void {
    socket.setNoDelay(true);
    socket.on('error', () => this.#reset(passage));
    socket.on('close', () => this.#reset(passage));
  }

  #reset(passage: Passage): void {
    this.#passages.delete(passage);
    passage.client.resetAndDestroy();
    passage.server?.resetAndDestroy();
  }
}
