import type { Msg, Subscription } from '@nats-io/transport-node';
import { WindowFact, windowFactSubject } from '#shared/contracts';
import type { Bus } from '#shared/messaging';
import { WindowFacts, type TrackFact } from '../ports.ts';

/** Window facts from core NATS. */
export class NatsWindowFacts extends WindowFacts {
  constructor(
    private readonly bus: Bus,
    private readonly onMalformed: (subject: string, error: unknown) => void,
  ) {
    super();
  }

  subscribe(listener: Parameters<WindowFacts['subscribe']>[0]): () => void {
    const subscription: Subscription = this.bus.connection.subscribe(windowFactSubject.pattern(), {
      callback: (error, message) => {
        if (error !== null) return;
        const fact = this.#factOf(message, (inputId) => listener.wants(inputId));
        if (fact !== undefined) listener.onFact(fact);
      },
    });
    void this.#watchConnection(() => listener.onGap());
    return () => subscription.unsubscribe();
  }

  #factOf(message: Msg, wants: (inputId: string) => boolean): TrackFact | undefined {
    const params = windowFactSubject.parse(message.subject);
    if (params === undefined || !wants(params.inputId)) return undefined;
    try {
      const fact = WindowFact.parse(message.json());
      return { inputId: params.inputId, trackId: Number(params.trackId), fact };
    } catch (error) {
      this.onMalformed(message.subject, error);
      return undefined;
    }
  }

  /** Core NATS keeps nothing for a subscriber that is away. */
  async #watchConnection(onGap: () => void): Promise<void> {
    for await (const status of this.bus.connection.status()) {
      if (status.type === 'reconnect' || status.type === 'slowConsumer') onGap();
    }
  }
}
