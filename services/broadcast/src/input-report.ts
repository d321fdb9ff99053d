import { Inject, Injectable } from '@nestjs/common';
import { inputStatus } from './domain/input-media.ts';
import { foldProblems, problemView } from './domain/input-problems.ts';
import { Chance, InputProblems, MediaFacts } from './ports.ts';

/** How a live input is doing, as the control plane tells it. */
@Injectable()
export class InputReport {
  constructor(
    @Inject(MediaFacts) private readonly media: MediaFacts,
    @Inject(InputProblems) private readonly told: InputProblems,
    @Inject(Chance) private readonly chance: Chance,
  ) {}

  status(inputId: string): ReturnType<typeof inputStatus> {
    return inputStatus(this.media.of(inputId), this.chance.nowMs());
  }

  /** What is and was wrong in the last day, newest first. */
  async problems(inputId: string): Promise<Array<Record<string, unknown>>> {
    return foldProblems(await this.told.eventsOf(inputId)).map(problemView);
  }
}
