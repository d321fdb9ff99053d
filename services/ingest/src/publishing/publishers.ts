import { Inject, Injectable, type OnModuleDestroy, type OnModuleInit } from '@nestjs/common';
import { randomUUID } from 'node:crypto';
import type { LiveInputRow } from '#shared/contracts';
import type {
  ClaimAnswer,
  EndedTrack,
  Endings,
  EndReason,
  SupersededUpload,
  UploadIdentity,
} from '../domain/publisher-claims.ts';
import { PublisherRegistry } from '../domain/publisher-registry.ts';
import { AlreadyPublishingError, PublisherTakenOverError, UploadCutError } from '../errors.ts';
import { FeedRegistry } from './feed-registry.ts';
import { LiveUploads } from './live-uploads.ts';
import { Ownership, type SessionTrack } from './ownership.ts';
import { PublishingDeps } from './publishing-deps.ts';

/** The owner of some tracks for the time of one upload. */
export interface TrackOwner extends UploadIdentity {
  readonly userAgent: string;
}

type Grant = ClaimAnswer & { kind: 'granted' };

const SWEEP_EVERY_MS = 1000;

/** Publisher sessions with everything that follows from them: superseded connections, end messages, events. */
@Injectable()
export class Publishers implements OnModuleInit, OnModuleDestroy {
  readonly #registry: PublisherRegistry;
  readonly #quietMs: number;
  #sweeper: NodeJS.Timeout | undefined;

  constructor(
    @Inject(LiveUploads) private readonly uploads: LiveUploads,
    @Inject(FeedRegistry) private readonly feeds: FeedRegistry,
    @Inject(Ownership) private readonly ownership: Ownership,
    @Inject(PublishingDeps) private readonly deps: PublishingDeps,
  ) {
    const { PUBLISHER_QUIET_MS: quietMs, SESSION_IDLE_MS: idleMs } = deps.config.values;
    this.#quietMs = quietMs;
    this.#registry = new PublisherRegistry({ quietMs, idleMs, newId: randomUUID });
  }

  onModuleInit(): void {
    this.#sweeper = setInterval(() => void this.#sweep(), SWEEP_EVERY_MS);
    this.ownership.attach(
      (inputId) => this.#registry.quietTracks(inputId, Date.now()),
      (track, goesOn) => void this.#lose(track, goesOn),
    );
  }

  onModuleDestroy(): void {
    clearInterval(this.#sweeper);
  }

  /** Claims tracks for an upload and resolves with its session id; waits for earlier files of the same client. Throws AlreadyPublishingError. */
  async claim(owner: TrackOwner, trackIds: readonly number[], input: LiveInputRow): Promise<string> {
    const grant = await this.#claimHere(owner, trackIds, input);
    this.#cancel(grant.superseded);
    if (grant.opensSession) await this.#openSession(owner, grant.sessionId, input);
    const claim = { sessionId: grant.sessionId, client: owner.client, trackIds, policy: input.redundancy };
    const verdict = await this.ownership.take(input.id, claim);
    await this.#settle(grant.endings);
    if (verdict.kind === 'refused') {
      await this.#withdraw(owner.uploadId);
      throw alreadyPublishing(input.id, verdict);
    }
    return grant.sessionId;
  }

  /** Whether another encoder is sending a track of a redundant input now. */
  async hasRival(track: SessionTrack): Promise<boolean> {
    const here = this.#registry.quietTracks(track.inputId, Date.now());
    const isSending = ({ trackId, sessionId, quietMs }: (typeof here)[number]): boolean =>
      trackId === track.trackId && sessionId !== track.sessionId && quietMs < this.#quietMs;
    return here.some(isSending) || (await this.ownership.isReceivedElsewhere(track));
  }

  heard(uploadId: string): void {
    this.#registry.heard(uploadId, Date.now());
  }

  /** An upload is over; `endsTracks` when no other upload continues its tracks. */
  async release(uploadId: string, reason: EndReason, endsTracks: boolean): Promise<void> {
    await this.#settle(this.#registry.release(uploadId, reason, endsTracks));
  }

  /** What other processes would refuse is refused before anything here changes. */
  async #claimHere(owner: TrackOwner, trackIds: readonly number[], input: LiveInputRow): Promise<Grant> {
    const known = this.#registry.quietTracks(input.id, Date.now()).map(({ trackId }) => trackId);
    if (input.redundancy === 'refuse' && !trackIds.every((trackId) => known.includes(trackId))) {
      const claim = { sessionId: '', client: owner.client, trackIds, policy: input.redundancy };
      const verdict = await this.ownership.ask(input.id, claim);
      if (verdict.kind === 'refused') throw alreadyPublishing(input.id, verdict);
    }
    for (;;) {
      const answer = this.#registry.claim(owner, trackIds, input.redundancy, Date.now());
      if (answer.kind === 'granted') return answer;
      if (answer.kind === 'refused') throw alreadyPublishing(input.id, answer);
      await this.uploads.whenOver(answer.uploadId, this.#quietMs);
    }
  }

  async #openSession(owner: TrackOwner, sessionId: string, input: LiveInputRow): Promise<void> {
    const { inputId, userAgent } = owner;
    this.deps.notices.tell({ fact: 'publisher_connected', inputId, atMs: Date.now(), sessionId, userAgent });
    this.deps.metrics.activePublishers.set(this.#registry.sessionCount);
    // The session's own hold on the feed: files come and go, what is known of the tracks stays between them.
    await this.feeds.acquire(input);
  }

  /** Ends the sessions whose files stopped coming. */
  async #sweep(): Promise<void> {
    await this.#settle(this.#registry.sweep(Date.now()));
  }

  async #lose(track: SessionTrack, goesOn: boolean): Promise<void> {
    const { superseded, endings } = this.#registry.dispossess(track, goesOn);
    this.#cancel(superseded);
    await this.#settle(endings);
  }

  /** Another process was faster: its media goes on, so that nothing ends here. */
  async #withdraw(uploadId: string): Promise<void> {
    const { tracks, sessions } = this.#registry.release(uploadId, 'refused', true);
    await this.#settle({ tracks: tracks.map((track) => ({ ...track, isLast: false })), sessions });
  }

  #cancel(superseded: readonly SupersededUpload[]): void {
    for (const { uploadId, isTakenOver } of superseded)
      this.uploads.cancel(uploadId, isTakenOver ? takenOver() : sentAgain());
  }

  async #settle(endings: Endings): Promise<void> {
    await Promise.all(endings.tracks.map((track) => this.#endTrack(track)));
    this.#closeSessions(endings.sessions);
  }

  async #endTrack(track: EndedTrack): Promise<void> {
    const { inputId, trackId, sessionId, reason, isLast } = track;
    try {
      await this.ownership.give(inputId, [track]);
      if (!isLast) return;
      if (await this.ownership.isReceivedElsewhere(track)) return;
      const feed = await this.feeds.find(inputId);
      await feed?.lane(trackId).end(reason === 'finished' ? 'finished' : 'aborted', sessionId);
    } catch (error) {
      this.deps.notices.failure('ingest.end_not_published', { inputId, trackId }, error);
    }
  }

  #closeSessions(sessions: Endings['sessions']): void {
    for (const { inputId, sessionId, reason } of sessions) {
      this.feeds.release(inputId);
      this.deps.notices.tell({
        fact: 'publisher_disconnected',
        inputId,
        atMs: Date.now(),
        sessionId,
        reason,
        detail: DETAIL[reason],
      });
    }
    this.deps.metrics.activePublishers.set(this.#registry.sessionCount);
  }
}

const DETAIL: Readonly<Record<EndReason, string>> = {
  finished: 'the encoder ended the stream',
  aborted: 'the connection was cut',
  invalid_media: 'the encoder sent media that cannot be taken',
  idle: 'the encoder stopped sending files',
  taken_over: 'another publisher took over',
  refused: 'another publisher sends these tracks, and its media goes on',
};

const takenOver = (): PublisherTakenOverError =>
  new PublisherTakenOverError('another publisher has taken the tracks of this one over');

const sentAgain = (): UploadCutError => new UploadCutError('aborted', 'the same file is being sent again');

const alreadyPublishing = (
  inputId: string,
  { trackId, quietMs }: { trackId: number; quietMs: number },
): AlreadyPublishingError =>
  new AlreadyPublishingError(
    `${inputId}: track ${trackId} received bytes ${Math.round(quietMs)} ms ago from another connection; end it, or try again when it is quiet`,
  );
