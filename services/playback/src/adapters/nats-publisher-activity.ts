import type { StoredMsg } from '@nats-io/jetstream';
import { EVENTS_STREAM, InputEvent, inputEventSubject } from '#shared/contracts';
import type { Bus } from '#shared/messaging';
import { PublisherActivity } from '../ports.ts';

const KEPT_MS = 1000;
const MAX_KEPT = 10_000;

interface LastEvents {
  readonly connectedAtMs: number | undefined;
  readonly hasLeft: boolean;
  readonly readAtMs: number;
}

/** What the newest publisher events of an input say; asked at most once a second per input. */
export class NatsPublisherActivity extends PublisherActivity {
  readonly #kept = new Map<string, Promise<LastEvents>>();

  constructor(private readonly bus: Bus) {
    super();
  }

  async hasConnected(inputId: string, sinceMs: number): Promise<boolean> {
    const { connectedAtMs, hasLeft } = await this.#lastEvents(inputId);
    return connectedAtMs !== undefined && connectedAtMs >= sinceMs && !hasLeft;
  }

  async #lastEvents(inputId: string): Promise<LastEvents> {
    const kept = await this.#kept.get(inputId);
    if (kept !== undefined && Date.now() - kept.readAtMs < KEPT_MS) return kept;
    if (this.#kept.size >= MAX_KEPT) this.#kept.clear();
    const reading = this.#read(inputId).catch((error: unknown) => {
      this.#kept.delete(inputId);
      throw error;
    });
    this.#kept.set(inputId, reading);
    return reading;
  }

  async #read(inputId: string): Promise<LastEvents> {
    const [connected, disconnected] = await Promise.all([
      this.#last(inputId, 'publisher_connected'),
      this.#last(inputId, 'publisher_disconnected'),
    ]);
    return {
      connectedAtMs: connected === null ? undefined : InputEvent.parse(connected.json()).atMs,
      hasLeft: connected !== null && disconnected !== null && disconnected.seq > connected.seq,
      readAtMs: Date.now(),
    };
  }

  #last(inputId: string, fact: InputEvent['fact']): Promise<StoredMsg | null> {
    return this.bus.manager.direct.getMessage(EVENTS_STREAM, {
      last_by_subj: inputEventSubject.format({ inputId, fact }),
    });
  }
}
