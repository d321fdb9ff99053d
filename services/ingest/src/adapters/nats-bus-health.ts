import type { Bus } from '#shared/messaging';
import { BusHealth } from '../ports.ts';

/** Follows the status of the connection; asking the server would wait for a reconnect. */
export class NatsBusHealth extends BusHealth {
  #isUp = true;

  constructor(private readonly bus: Bus) {
    super();
    void this.#follow();
  }

  override isUp(): boolean {
    return this.#isUp && !this.bus.connection.isClosed();
  }

  async #follow(): Promise<void> {
    for await (const status of this.bus.connection.status()) {
      if (status.type === 'disconnect') this.#isUp = false;
      if (status.type === 'reconnect') this.#isUp = true;
    }
  }
}
