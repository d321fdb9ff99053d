import { checkRenditionsInStep } from '../check.ts';
import type { MediaPlaylist, MultivariantPlaylist } from '../model.ts';
import type { Judgement } from '../rule.ts';
import type { PlaylistSource } from './playlist-source.ts';
import type { Session } from './session.ts';

/** Looks at all media playlists at one moment, again and again. */
export class StepWatch {
  constructor(
    private readonly session: Session,
    private readonly options: { sources: readonly PlaylistSource[]; multivariant: MultivariantPlaylist | undefined },
  ) {}

  async run(): Promise<void> {
    if (this.options.sources.length < 2) return;
    while (this.session.running) {
      const sample = await this.#sample();
      const isWrong = sample.judgements.some(({ faults }) => faults.length > 0);
      // Chunks of two renditions do not arrive at one instant: only what lasts is a fault.
      if (isWrong) {
        await this.session.pause(1000 * (sample.partTargetSec ?? sample.targetDurationSec / 2));
        if (this.session.running) this.session.enter((await this.#sample()).judgements);
      } else this.session.enter(sample.judgements);
      await this.session.pause(1000 * sample.targetDurationSec);
    }
  }

  async #sample(): Promise<{ judgements: Judgement[]; targetDurationSec: number; partTargetSec: number | undefined }> {
    const askedAtMs = this.session.nowMs();
    const answers = await Promise.all(this.options.sources.map((source) => source.plain(undefined)));
    const spreadMs = this.session.nowMs() - askedAtMs;
    const playlists = answers
      .map((answer) => answer?.playlist)
      .filter((playlist): playlist is MediaPlaylist => playlist !== undefined);
    const toleranceMs = this.session.toleranceMs + spreadMs;
    const isWhole = this.session.running && playlists.length === this.options.sources.length;
    return {
      judgements: isWhole ? checkRenditionsInStep({ playlists, toleranceMs }, this.options.multivariant) : [],
      targetDurationSec: Math.max(1, ...playlists.map((playlist) => playlist.targetDurationSec ?? 1)),
      partTargetSec: playlists[0]?.partTargetSec,
    };
  }
}
