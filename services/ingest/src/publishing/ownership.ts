import { Inject, Injectable } from '@nestjs/common';
import type { TrackOwner } from '#shared/contracts';
import { KvConflictError } from '#shared/messaging';
import type { QuietTrack } from '../domain/publisher-claims.ts';
import { foreignOwners, heardOf, judgeClaim, type ClaimVerdict, type TrackClaim } from '../domain/track-ownership.ts';
import { IngestConfig } from '../ingest.config.ts';
import { TrackOwnership, type StoredOwners } from '../ports.ts';

const MAX_CONFLICTS = 20;

/** A session with a track of an input. */
export interface SessionTrack {
  readonly inputId: string;
  readonly sessionId: string;
  readonly trackId: number;
}

/** What the sessions of this process own, as all ingest processes see it (docs/decisions/0021). */
@Injectable()
export class Ownership {
  /** By session and track: the revision of the row at which it was written. */
  readonly #written = new Map<string, { track: SessionTrack; revision: number }>();
  #onLost: (track: SessionTrack, goesOn: boolean) => void = () => undefined;

  constructor(
    @Inject(TrackOwnership) private readonly shared: TrackOwnership,
    @Inject(IngestConfig) private readonly config: IngestConfig,
  ) {
    shared.onChange((inputId, stored) => this.#compare(inputId, stored));
  }

  /** `quietTracks` is what the other processes are told; `onLost` is called for a track that one of them took, or whose session it ended. */
  attach(quietTracks: (inputId: string) => QuietTrack[], onLost: (track: SessionTrack, goesOn: boolean) => void): void {
    this.shared.answerWith(quietTracks);
    this.#onLost = onLost;
  }

  /** Whether a session may have tracks as far as the other processes are concerned; nothing is written. */
  async ask(inputId: string, claim: Omit<TrackClaim, 'processId'>): Promise<ClaimVerdict> {
    return (await this.#judge(inputId, claim)).verdict;
  }

  /** Writes that a session has tracks. */
  async take(inputId: string, claim: Omit<TrackClaim, 'processId'>): Promise<ClaimVerdict> {
    const tracks = claim.trackIds.map((trackId) => ({ inputId, sessionId: claim.sessionId, trackId }));
    if (tracks.every((track) => this.#written.has(keyOf(track)))) return { kind: 'granted', owners: [] };
    for (let attempt = 1; ; attempt += 1) {
      const { verdict, stored } = await this.#judge(inputId, claim);
      if (verdict.kind === 'refused') return verdict;
      try {
        const revision = await this.shared.save(inputId, verdict.owners, stored.revision);
        for (const track of tracks) this.#written.set(keyOf(track), { track, revision });
        return verdict;
      } catch (error) {
        if (!(error instanceof KvConflictError) || attempt === MAX_CONFLICTS) throw error;
      }
    }
  }

  /** Writes that sessions have left their tracks. */
  async give(inputId: string, tracks: readonly SessionTrack[]): Promise<void> {
    const left = new Set(tracks.map(keyOf));
    if (![...left].some((key) => this.#written.delete(key))) return;
    for (let attempt = 1; ; attempt += 1) {
      const { owners, revision } = await this.shared.load(inputId);
      const rest = owners.filter(({ sessionId, trackId }) => !left.has(keyOf({ inputId, sessionId, trackId })));
      if (rest.length === owners.length) return;
      try {
        await this.shared.save(inputId, rest, revision);
        return;
      } catch (error) {
        if (!(error instanceof KvConflictError) || attempt === MAX_CONFLICTS) throw error;
      }
    }
  }

  /** Whether another process is receiving a track now. */
  async isReceivedElsewhere({ inputId, trackId }: Pick<SessionTrack, 'inputId' | 'trackId'>): Promise<boolean> {
    const { owners } = await this.shared.load(inputId);
    const foreign = foreignOwners(owners, { processId: this.shared.processId, trackIds: [trackId] });
    const heard = await this.#heardOf(inputId, foreign);
    return heard.some(({ quietMs }) => quietMs < this.#quietMs);
  }

  get #quietMs(): number {
    return this.config.values.PUBLISHER_QUIET_MS;
  }

  async #judge(
    inputId: string,
    wanted: Omit<TrackClaim, 'processId'>,
  ): Promise<{ verdict: ClaimVerdict; stored: StoredOwners }> {
    const claim = { ...wanted, processId: this.shared.processId };
    const stored = await this.shared.load(inputId);
    const heard = await this.#heardOf(inputId, foreignOwners(stored.owners, claim));
    const ownSessionIds = new Set([...this.#written.values()].map(({ track }) => track.sessionId));
    const verdict = judgeClaim(stored.owners, claim, heard, { ownSessionIds, quietMs: this.#quietMs });
    return { verdict, stored };
  }

  async #heardOf(inputId: string, foreign: readonly TrackOwner[]): Promise<QuietTrack[]> {
    const processIds = [...new Set(foreign.map((owner) => owner.processId))];
    const said = await Promise.all(processIds.map((processId) => this.shared.quietTracksAt(processId, inputId)));
    return heardOf(foreign, said.flat());
  }

  /** Finds what this process owned and a row that is newer no longer says. */
  #compare(inputId: string, { owners, revision = 0 }: StoredOwners): void {
    const present = new Set(owners.map(({ sessionId, trackId }) => keyOf({ inputId, sessionId, trackId })));
    for (const [key, { track, revision: since }] of this.#written) {
      if (track.inputId !== inputId || revision <= since || present.has(key)) continue;
      this.#written.delete(key);
      this.#onLost(
        track,
        owners.some(({ trackId }) => trackId === track.trackId),
      );
    }
  }
}

const keyOf = ({ inputId, sessionId, trackId }: SessionTrack): string => `${inputId} ${sessionId} ${trackId}`;
