import type { JsMsg } from '@nats-io/jetstream';
import { readStream, type Bus } from '#shared/messaging';
import { keepRunning, type Running } from './keep-running.ts';

/** Follows a stream from the newest message of each subject, for ever: a read that ends is begun anew. */
export class StreamFollower {
  #loop: Running | undefined;

  constructor(
    private readonly bus: Bus,
    private readonly options: {
      stream: string;
      subjects: string[];
      onMessage: (message: JsMsg) => void;
      onBadMessage: (subject: string, error: unknown) => void;
    },
  ) {}

  /** Resolves once the present messages are through. */
  async start(): Promise<void> {
    const { stream, subjects, onBadMessage } = this.options;
    const present = await Promise.all(
      subjects.map((subject) => this.bus.manager.streams.getMessage(stream, { last_by_subj: subject })),
    );
    await new Promise<void>((resolve) => {
      // Nothing present means that no message will mark the end of what is.
      if (present.every((message) => message === null)) resolve();
      this.#loop = keepRunning({
        open: async () => {
          const reader = await readStream(this.bus, stream, { subjects, from: 'last_per_subject' });
          return { messages: reader.messages, close: () => reader.stop() };
        },
        read: ({ messages }) => this.#read(messages, resolve),
        onError: (error) => onBadMessage(stream, error),
      });
    });
  }

  async stop(): Promise<void> {
    await this.#loop?.stop();
  }

  async #read(messages: AsyncIterable<JsMsg>, markReady: () => void): Promise<void> {
    for await (const message of messages) {
      try {
        this.options.onMessage(message);
      } catch (error) {
        this.options.onBadMessage(message.subject, error);
      }
      if (message.info.pending === 0) markReady();
    }
  }
}
