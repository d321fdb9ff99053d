import { Inject, Injectable, type OnModuleDestroy, type OnModuleInit } from '@nestjs/common';
import type { LiveInputRow } from '#shared/contracts';
import { InputFeed } from './input-feed.ts';
import { PublishingDeps } from './publishing-deps.ts';

const LOOK_EVERY_MS = 1000;

interface Held {
  readonly feed: Promise<InputFeed>;
  users: number;
}

/** The inputs that are being published through this process. A feed lives while an upload or session uses it; its truth is on the bus. */
@Injectable()
export class FeedRegistry implements OnModuleInit, OnModuleDestroy {
  readonly #held = new Map<string, Held>();
  #timer: NodeJS.Timeout | undefined;

  constructor(@Inject(PublishingDeps) private readonly deps: PublishingDeps) {
    deps.bus.states.onChange((inputId, state) => {
      void this.#held.get(inputId)?.feed.then((feed) => feed.adopt(state), ignoreFailedOpen);
    });
  }

  onModuleInit(): void {
    this.#timer = setInterval(() => this.#lookAtProblems(), LOOK_EVERY_MS);
  }

  onModuleDestroy(): void {
    clearInterval(this.#timer);
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
    if (held.users > 0) return;
    this.#held.delete(inputId);
    void held.feed.then((feed) => feed.problems.close(this.deps.nowMs()), ignoreFailedOpen);
  }

  /** The feed of an input that somebody holds. */
  async find(inputId: string): Promise<InputFeed | undefined> {
    return await this.#held.get(inputId)?.feed;
  }

  #lookAtProblems(): void {
    for (const { feed } of this.#held.values())
      void feed.then(({ problems }) => problems.look(this.deps.nowMs()), ignoreFailedOpen);
  }
}

/** Whoever opened the feed gets the error. */
const ignoreFailedOpen = (): void => undefined;
