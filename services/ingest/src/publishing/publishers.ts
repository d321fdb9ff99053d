import { Inject, Injectable, type OnModuleDestroy, type OnModuleInit } from '@nestjs/common';
import { randomUUID } from 'node:crypto';
import type { LiveInputRow } from '#shared/contracts';
import { PublisherRegistry, type Endings, type EndReason, type UploadIdentity } from '../domain/publisher-registry.ts';
import { AlreadyPublishingError, UploadCutError } from '../errors.ts';
import { FeedRegistry } from './feed-registry.ts';
import { LiveUploads } from './live-uploads.ts';
import { PublishingDeps } from './publishing-deps.ts';

/** The owner of some tracks for the time of one upload. */
export interface TrackOwner extends UploadIdentity {
  readonly userAgent: string;
}

/** Publisher sessions with everything that follows from them: superseded connections, end messages, events. */
@Injectable()
export class Publishers implements OnModuleInit, OnModuleDestroy {
  readonly #registry: PublisherRegistry;
  readonly #quietMs: number;
  #sweeper: NodeJS.Timeout | undefined;

  constructor(
    @Inject(LiveUploads) private readonly uploads: LiveUploads,
    @Inject(FeedRegistry) private readonly feeds: FeedRegistry,
    @Inject(PublishingDeps) private readonly deps: PublishingDeps,
  ) {
    const { PUBLISHER_QUIET_MS: quietMs, SESSION_IDLE_MS: idleMs } = deps.config.values;
    this.#quietMs = quietMs;
    this.#registry = new PublisherRegistry({ quietMs, idleMs, newId: randomUUID });
  }

  onModuleInit(): void {
    this.#sweeper = setInterval(() => void this.#sweep(), SWEEP_EVERY_MS);
  }

  onModuleDestroy(): void {
    clearInterval(this.#sweeper);
  }

  /** Claims tracks for an upload and resolves with its session id; waits for earlier files of the same client. Throws AlreadyPublishingError. */
  async claim(owner: TrackOwner, trackIds: readonly number[], input: LiveInputRow): Promise<string> {
    const policy = input.redundancy === 'takeover' ? 'takeover' : 'refuse';
    for (;;) {
      const answer = this.#registry.claim(owner, trackIds, policy, Date.now());
      if (answer.kind === 'wait') await this.uploads.whenOver(answer.uploadId, this.#quietMs);
      if (answer.kind === 'refused') throw alreadyPublishing(input.id, answer.trackId, answer.quietMs);
      if (answer.kind !== 'granted') continue;
      for (const uploadId of answer.supersededUploads) this.uploads.cancel(uploadId, superseded());
      if (answer.opensSession) await this.#openSession(owner, answer.sessionId, input);
      this.#closeSessions(answer.endedSessions);
      return answer.sessionId;
    }
  }

  heard(uploadId: string): void {
    this.#registry.heard(uploadId, Date.now());
  }

  /** An upload is over; `endsTracks` when no other upload continues its tracks. */
  async release(uploadId: string, reason: EndReason, endsTracks: boolean): Promise<void> {
    await this.#settle(this.#registry.release(uploadId, reason, endsTracks));
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

  async #settle(endings: Endings): Promise<void> {
    await Promise.all(endings.tracks.map((track) => this.#endTrack(track)));
    this.#closeSessions(endings.sessions);
  }

  async #endTrack({ inputId, trackId, sessionId, reason }: Endings['tracks'][number]): Promise<void> {
    try {
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

const SWEEP_EVERY_MS = 1000;

const DETAIL: Readonly<Record<EndReason, string>> = {
  finished: 'the encoder ended the stream',
  aborted: 'the connection was cut',
  invalid_media: 'the encoder sent media that cannot be taken',
  idle: 'the encoder stopped sending files',
};

const superseded = (): UploadCutError =>
  new UploadCutError('aborted', 'another upload took over the tracks of this one');

const alreadyPublishing = (inputId: string, trackId: number, quietMs: number): AlreadyPublishingError =>
  new AlreadyPublishingError(
    `${inputId}: track ${trackId} received bytes ${quietMs} ms ago from another connection; end it, or try again when it is quiet`,
  );
