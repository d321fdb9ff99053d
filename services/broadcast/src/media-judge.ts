import { Inject, Injectable } from '@nestjs/common';
import type { CallState } from '#shared/contracts';
import { BroadcastConfig } from './broadcast.config.ts';
import { CallWriter } from './call-writer.ts';
import { activeBroadcast, type MediaFinding } from './domain/call-state.ts';
import { judgeBroadcast, type MediaLimits, type Verdict } from './domain/input-media.ts';
import { CallProjections, MediaFacts } from './ports.ts';

/**
 * Looks at every armed or running broadcast and makes true what its media shows.
 * Nodes may look at the same one at once: of two equal findings the second decides nothing.
 */
@Injectable()
export class MediaJudge {
  readonly #limits: MediaLimits;

  constructor(
    @Inject(CallProjections) private readonly projections: CallProjections,
    @Inject(MediaFacts) private readonly media: MediaFacts,
    @Inject(CallWriter) private readonly calls: CallWriter,
    @Inject(BroadcastConfig) { values }: BroadcastConfig,
  ) {
    this.#limits = { reconnectWindowMs: values.RECONNECT_WINDOW_MS, armTimeoutMs: values.ARM_TIMEOUT_MS };
  }

  /** One look at all; a broadcast that cannot be judged does not keep the others from it. */
  async look(onError: (error: unknown) => void): Promise<void> {
    this.media.prune(this.calls.nowMs());
    for (const call of this.projections.active()) await this.#judge(call).catch(onError);
  }

  async #judge(call: CallState): Promise<void> {
    const broadcast = activeBroadcast(call);
    if (broadcast === undefined) return;
    const judge = (media: Parameters<typeof judgeBroadcast>[1]): Verdict =>
      judgeBroadcast(
        { startEpochMs: broadcast.startEpochMs, state: broadcast.state === 'running' ? 'running' : 'starting' },
        media,
        { nowMs: this.calls.nowMs(), limits: this.#limits },
      );
    let verdict = judge(this.media.of(call.inputId));
    // What this process has not heard, being cut off from the bus, must not look like silence.
    if (verdict.kind !== 'wait' && verdict.needsProof) verdict = judge(await this.media.probe(call.inputId));
    const finding = findingOf(verdict, broadcast.id);
    if (finding !== undefined) await this.calls.decide(call.callKey, finding, () => undefined);
  }
}

function findingOf(verdict: Verdict, broadcastId: string): MediaFinding | undefined {
  if (verdict.kind === 'wait') return undefined;
  const { needsProof: _proven, ...finding } = verdict;
  return { ...finding, broadcastId };
}
