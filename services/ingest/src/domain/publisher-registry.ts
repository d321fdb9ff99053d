import type {
  ClaimAnswer,
  EndReason,
  Endings,
  QuietTrack,
  RedundancyPolicy,
  SupersededUpload,
  UploadIdentity,
} from './publisher-claims.ts';

interface OwnedTrack {
  readonly inputId: string;
  readonly trackId: number;
  readonly session: Session;
  /** The upload on its way, if any. */
  upload: UploadIdentity | undefined;
  lastBytesMs: number;
}

interface Session {
  readonly id: string;
  readonly key: string;
  readonly inputId: string;
  readonly client: string;
  readonly tracks: Set<OwnedTrack>;
  lastBytesMs: number;
  reason: EndReason;
}

const SEVERITY: readonly EndReason[] = ['finished', 'idle', 'aborted', 'taken_over', 'refused', 'invalid_media'];
/** How many encoders may send one track of a redundant input. */
const MAX_REDUNDANT = 4;

/**
 * Who publishes which track of which input through this process (design decision 14). Time is an argument.
 * A track is owned by a session from its first claim to the end of its stream upload, or for files until they stop coming;
 * of a redundant input by several at once.
 */
export class PublisherRegistry {
  readonly #tracks = new Map<string, OwnedTrack[]>();
  readonly #uploads = new Map<string, Set<OwnedTrack>>();
  readonly #sessions = new Map<string, Session>();
  readonly #newId: () => string;
  readonly #quietMs: number;
  readonly #idleMs: number;

  /** `quietMs`: silence after which another may take a track; `idleMs`: silence of files that ends a session. */
  constructor(options: { quietMs: number; idleMs: number; newId: () => string }) {
    this.#quietMs = options.quietMs;
    this.#idleMs = options.idleMs;
    this.#newId = options.newId;
  }

  get sessionCount(): number {
    return this.#sessions.size;
  }

  /** How long each session of an input has been quiet on each of its tracks. */
  quietTracks(inputId: string, nowMs: number): QuietTrack[] {
    return this.#sessionsOf(inputId).flatMap(({ id, client, tracks }) =>
      [...tracks].map(({ trackId, upload, lastBytesMs }) => {
        return { trackId, sessionId: id, client, isOpen: upload !== undefined, quietMs: nowMs - lastBytesMs };
      }),
    );
  }

  /** Claims all tracks of an upload, or none. */
  claim(upload: UploadIdentity, trackIds: readonly number[], policy: RedundancyPolicy, nowMs: number): ClaimAnswer {
    const owned = trackIds.flatMap((trackId) => this.#tracks.get(keyOf(upload.inputId, trackId)) ?? []);
    const others = owned.filter((track) => track.upload?.uploadId !== upload.uploadId);
    for (const track of others) {
      const answer = this.#objection(track, upload, policy, nowMs);
      if (answer !== undefined) return answer;
    }
    const { session, opensSession } = this.#sessionFor(upload, trackIds, { policy, nowMs });
    const losers = policy === 'redundant' ? others.filter((track) => track.session === session) : others;
    const endings: Endings = { tracks: [], sessions: [] };
    const superseded = this.#displace(losers, session, { policy, trackIds }, endings);
    for (const trackId of trackIds) this.#own(session, upload, { trackId, nowMs });
    return { kind: 'granted', sessionId: session.id, opensSession, superseded, endings };
  }

  /** Bytes of this upload came. */
  heard(uploadId: string, nowMs: number): void {
    for (const track of this.#uploads.get(uploadId) ?? []) {
      track.lastBytesMs = nowMs;
      track.session.lastBytesMs = nowMs;
    }
  }

  /** An upload is over. `endsTracks`: nothing follows it; otherwise its tracks stay with the session until it is idle. */
  release(uploadId: string, reason: EndReason, endsTracks: boolean): Endings {
    const endings: Endings = { tracks: [], sessions: [] };
    for (const track of this.#uploads.get(uploadId) ?? []) {
      track.upload = undefined;
      if (endsTracks) this.#end(track, reason, { endings });
    }
    this.#uploads.delete(uploadId);
    return endings;
  }

  /** Ends the tracks of sessions whose files stopped coming. */
  sweep(nowMs: number): Endings {
    const endings: Endings = { tracks: [], sessions: [] };
    for (const track of [...this.#tracks.values()].flat()) {
      const isIdle = track.upload === undefined && nowMs - track.session.lastBytesMs > this.#idleMs;
      if (isIdle) this.#end(track, 'idle', { endings });
    }
    return endings;
  }

  /** Another process took a track from a session. `goesOn`: it sends the track itself. */
  dispossess(
    { inputId, sessionId, trackId }: { inputId: string; sessionId: string; trackId: number },
    goesOn: boolean,
  ): { superseded: SupersededUpload[]; endings: Endings } {
    const endings: Endings = { tracks: [], sessions: [] };
    const owners = this.#tracks.get(keyOf(inputId, trackId)) ?? [];
    const lost = owners.filter((track) => track.session.id === sessionId);
    const superseded = lost.flatMap((track) => this.#detach(track, true));
    for (const track of lost) this.#end(track, 'taken_over', { endings, goesOn });
    return { superseded, endings };
  }

  #objection(
    track: OwnedTrack,
    upload: UploadIdentity,
    policy: RedundancyPolicy,
    nowMs: number,
  ): ClaimAnswer | undefined {
    const quietMs = nowMs - track.lastBytesMs;
    if (quietMs >= this.#quietMs) return undefined;
    const { upload: before } = track;
    const isSameClient = track.session.client === upload.client;
    if (isSameClient && before === undefined) return undefined;
    if (isSameClient && before !== undefined && !upload.isStream) {
      return before.file === upload.file ? undefined : { kind: 'wait', uploadId: before.uploadId };
    }
    const owners = this.#tracks.get(keyOf(track.inputId, track.trackId)) ?? [];
    const isRoom = policy === 'takeover' || (policy === 'redundant' && owners.length < MAX_REDUNDANT);
    return isRoom ? undefined : { kind: 'refused', trackId: track.trackId, quietMs };
  }

  /** The session of this client; of a redundant input another one when an encoder of the same client sends these tracks. */
  #sessionFor(
    upload: UploadIdentity,
    trackIds: readonly number[],
    { policy, nowMs }: { policy: RedundancyPolicy; nowMs: number },
  ): { session: Session; opensSession: boolean } {
    for (let ordinal = 0; ; ordinal += 1) {
      const key = `${upload.inputId} ${upload.client} ${ordinal}`;
      const known = this.#sessions.get(key);
      if (known === undefined) return { session: this.#newSession(key, upload, nowMs), opensSession: true };
      const isSending = [...known.tracks].some(
        (track) =>
          trackIds.includes(track.trackId) && track.upload !== undefined && track.upload.uploadId !== upload.uploadId,
      );
      if (policy === 'redundant' && isSending) continue;
      known.lastBytesMs = nowMs;
      return { session: known, opensSession: false };
    }
  }

  #newSession(key: string, { inputId, client }: UploadIdentity, nowMs: number): Session {
    const id = this.#newId();
    const session: Session = { id, key, inputId, client, tracks: new Set(), lastBytesMs: nowMs, reason: 'finished' };
    this.#sessions.set(key, session);
    return session;
  }

  /** Takes tracks from their uploads, and from their sessions when those are others; a takeover ends such a session as a whole. */
  #displace(
    losers: readonly OwnedTrack[],
    by: Session,
    { policy, trackIds }: { policy: RedundancyPolicy; trackIds: readonly number[] },
    endings: Endings,
  ): SupersededUpload[] {
    const strangers = new Set(losers.flatMap(({ session }) => (session === by ? [] : session)));
    const lost = policy === 'takeover' ? [...strangers].flatMap(({ tracks }) => [...tracks]) : losers;
    const superseded = [...new Set([...lost, ...losers])].flatMap((track) => {
      const isTakenOver = track.session !== by;
      const uploads = this.#detach(track, isTakenOver);
      if (isTakenOver) this.#end(track, 'taken_over', { endings, goesOn: trackIds.includes(track.trackId) });
      return uploads;
    });
    return [...new Map(superseded.map((one) => [one.uploadId, one])).values()];
  }

  /** Takes a track from the upload that brings it. */
  #detach(track: OwnedTrack, isTakenOver: boolean): SupersededUpload[] {
    const { upload } = track;
    if (upload === undefined) return [];
    this.#uploads.get(upload.uploadId)?.delete(track);
    track.upload = undefined;
    return [{ uploadId: upload.uploadId, isTakenOver }];
  }

  #own(session: Session, upload: UploadIdentity, { trackId, nowMs }: { trackId: number; nowMs: number }): void {
    const key = keyOf(upload.inputId, trackId);
    const owners = this.#tracks.get(key) ?? [];
    const known = owners.find((track) => track.session === session);
    const track = known ?? { inputId: upload.inputId, trackId, session, upload, lastBytesMs: nowMs };
    track.upload = upload;
    track.lastBytesMs = nowMs;
    if (known === undefined) this.#tracks.set(key, [...owners, track]);
    session.tracks.add(track);
    const tracks = this.#uploads.get(upload.uploadId) ?? new Set();
    this.#uploads.set(upload.uploadId, tracks.add(track));
  }

  #end(
    track: OwnedTrack,
    reason: EndReason,
    { endings, goesOn = false }: { endings: Endings; goesOn?: boolean },
  ): void {
    const { inputId, trackId, session } = track;
    const isAlone = (this.#tracks.get(keyOf(inputId, trackId)) ?? []).every((one) => one === track);
    endings.tracks.push({ inputId, trackId, sessionId: session.id, reason, isLast: isAlone && !goesOn });
    this.#leave(track, reason, endings);
  }

  #leave(track: OwnedTrack, reason: EndReason, endings: Endings): void {
    const { session } = track;
    const key = keyOf(track.inputId, track.trackId);
    const others = (this.#tracks.get(key) ?? []).filter((one) => one !== track);
    if (others.length === 0) this.#tracks.delete(key);
    else this.#tracks.set(key, others);
    session.tracks.delete(track);
    if (SEVERITY.indexOf(reason) > SEVERITY.indexOf(session.reason)) session.reason = reason;
    if (session.tracks.size > 0) return;
    this.#sessions.delete(session.key);
    endings.sessions.push({ inputId: session.inputId, sessionId: session.id, reason: session.reason });
  }

  #sessionsOf(inputId: string): Session[] {
    return [...this.#sessions.values()].filter((session) => session.inputId === inputId);
  }
}

const keyOf = (inputId: string, trackId: number): string => `${inputId} ${trackId}`;
