import { connect, createServer, type AddressInfo, type Server, type Socket } from 'node:net';

/** A door in front of a server that a test may shut and open again. */
export class TcpProxy {
  readonly #sockets = new Set<Socket>();
  #isShut = false;

  private constructor(
    private readonly server: Server,
    readonly port: number,
  ) {}

  static async before(url: string): Promise<TcpProxy> {
    const { hostname, port } = new URL(url);
    const server = createServer();
    await new Promise<void>((resolve) => {
      server.listen(0, '127.0.0.1', resolve);
    });
    const proxy = new TcpProxy(server, (server.address() as AddressInfo).port);
    server.on('connection', (socket) => proxy.#join(socket, connect(Number(port), hostname)));
    return proxy;
  }

  /** Cuts what is connected and refuses the rest. */
  shut(): void {
    this.#isShut = true;
    for (const socket of this.#sockets) socket.destroy();
  }

  open(): void {
    this.#isShut = false;
  }

  close(): void {
    this.shut();
    this.server.close();
  }

  #join(near: Socket, far: Socket): void {
    for (const socket of [near, far]) {
      this.#sockets.add(socket);
      socket.on('error', () => socket.destroy());
      socket.on('close', () => {
        this.#sockets.delete(socket);
        near.destroy();
        far.destroy();
      });
    }
    if (this.#isShut) near.destroy();
    else near.pipe(far).pipe(near);
  }
}
