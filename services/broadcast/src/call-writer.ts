import { Inject, Injectable, Logger } from '@nestjs/common';
import type { CallCommit, CallCreated, CallState } from '#shared/contracts';
import { firstCommit, nextCommit } from './domain/call-commit.ts';
import { CallInputError } from './domain/call-errors.ts';
import { decide, type CallCommand, type MediaFinding } from './domain/call-state.ts';
import { newCommitId } from './domain/ids.ts';
import { CallLog, CallProjections, Chance } from './ports.ts';

const MAX_ATTEMPTS = 8;

const REFUSALS = {
  not_broadcasting: 'call egress is not running',
  ended: 'call has ended',
  hls_disabled: 'HLS broadcasting is disabled in the settings of this call',
} as const;

/** Decides on a call and makes the decision true: by one publish that fails when the call changed meanwhile, then anew on what it became. */
@Injectable()
export class CallWriter {
  readonly #logger = new Logger('calls');

  constructor(
    @Inject(CallLog) private readonly log: CallLog,
    @Inject(CallProjections) private readonly projections: CallProjections,
    @Inject(Chance) private readonly chance: Chance,
  ) {}

  /** The clock that decisions are made by. */
  nowMs(): number {
    return this.chance.nowMs();
  }

  /** A call as its facts made it, or undefined. */
  async read(callKey: string): Promise<CallState | undefined> {
    return (await this.log.load(callKey))?.state;
  }

  /** Makes a call; false when somebody else just did. */
  async create(event: CallCreated): Promise<CallState | false> {
    const commit = firstCommit(newCommitId(this.chance.randomInt), event);
    return (await this.#append(commit, 0)) && commit.state;
  }

  /**
   * Follows a command or a finding; undefined when there is no such call. `authorise` sees the state that is decided on.
   * Throws CallInputError when the call cannot follow.
   */
  async decide(
    callKey: string,
    input: CallCommand | MediaFinding,
    authorise: (state: CallState) => void,
  ): Promise<CallState | undefined> {
    for (let attempt = 1; attempt <= MAX_ATTEMPTS; attempt += 1) {
      const loaded = await this.log.load(callKey);
      if (loaded === undefined) return undefined;
      authorise(loaded.state);
      const decision = decide(loaded.state, input, this.chance.nowMs());
      if (decision.kind === 'refused') throw new CallInputError(REFUSALS[decision.problem]);
      if (decision.events.length === 0) return loaded.state;
      const commit = nextCommit(newCommitId(this.chance.randomInt), loaded.state, decision.events);
      if (await this.#append(commit, loaded.sequence)) return commit.state;
    }
    throw new Error(`call ${callKey}: expected to write within ${MAX_ATTEMPTS} attempts, others were always first`);
  }

  async #append(commit: CallCommit, expectedSequence: number): Promise<boolean> {
    if (!(await this.log.append(commit, expectedSequence))) return false;
    // The commit is true already, and the feeder brings the rows after it; this only makes them fresh at once.
    await this.projections.project(commit).catch((error: unknown) => {
      this.#logger.warn('call.projection_delayed', { callKey: commit.state.callKey, reason: String(error) });
    });
    return true;
  }
}
