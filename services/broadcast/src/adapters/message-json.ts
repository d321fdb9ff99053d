import type { JsMsg } from '@nats-io/jetstream';

/** The body of a message as JSON, or undefined when it is none. */
export function messageJson(message: JsMsg): unknown {
  try {
    return message.json();
  } catch {
    return undefined;
  }
}
