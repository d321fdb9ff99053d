import { Inject, Injectable } from '@nestjs/common';
import type { LiveInputRow } from '#shared/contracts';
import { InputFeed } from './input-feed.ts';
import { PublishingDeps } from './publishing-deps.ts';

interface Held {
  readonly feed: Promise<InputFeed>;
  users: number;
}

/** The inputs that are being published through this process. A feed lives while an upload or session uses it; its truth is on the bus. */
@Injectable()
export class FeedRegistry {
  readonly #held = new Map<string, Held>();

  constructor(@Inject(PublishingDeps) private readonly deps: PublishingDeps) {
    deps.bus.states.onChange((inputId, state) => {
      void this.#held.get(inputId)?.feed.then((feed) => feed.adopt(state), ignoreFailedOpen);
    });
  }

  /** Every acquire needs one release. */
  async acquire(input: LiveInputRow): Promise<InputFeed> {
    const held = this.#held.get(input.id) ?? { feed: InputFeed.open(input, this.deps), users: 0 };
    this.#held.set(input.id, held);
    held.users += 1;
    try {
      return await held.feed;
    } catch (error) {
      this.release(input.id);
      throw error;
    }
  }

  release(inputId: string): void {
    const held = this.#held.get(inputId);
    if (held === undefined) return;
    held.users -= 1;
    if (held.users <= 0) this.#held.delete(inputId);
  }

  /** The feed of an input that somebody holds. */
  async find(inputId: string): Promise<InputFeed | undefined> {
    return await this.#held.get(inputId)?.feed;
  }
}

/** Whoever opened the feed gets the error. */
const ignoreFailedOpen = (): void => undefined;
