import type { JsMsg } from '@nats-io/jetstream';

/** The messages of one call that this process holds for one destination, by stream sequence. */
export class CallLane {
  #messages: JsMsg[] = [];

  /** False when the message is held already (delivered again while this process was slow). */
  add(message: JsMsg): boolean {
    if (this.#messages.some((held) => held.seq === message.seq)) return false;
    this.#messages = [...this.#messages, message].toSorted((a, b) => a.seq - b.seq);
    return true;
  }

  remove(message: JsMsg): void {
    this.#messages = this.#messages.filter((held) => held !== message);
  }

  head(): JsMsg | undefined {
    return this.#messages[0];
  }

  all(): readonly JsMsg[] {
    return this.#messages;
  }
}
