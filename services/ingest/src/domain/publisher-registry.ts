/** Who may send: by the input's policy, a second publisher is refused or takes over. */
export type RedundancyPolicy = 'refuse' | 'takeover';

/** How an upload or a session ended. */
export type EndReason = 'finished' | 'aborted' | 'invalid_media' | 'idle';

/** What is known of an upload when it claims its tracks. */
export interface UploadIdentity {
  readonly uploadId: string;
  readonly inputId: string;
  /** Address and user agent: uploads of one input from one client are one session. */
  readonly client: string;
  /** The file as named; a second upload of the same file is a resend. */
  readonly file: string;
  /** One request is the whole track; its end is the end of the track. */
  readonly isStream: boolean;
}

/** The answer to a claim. `wait`: an earlier file of the same client is still on its way. */
export type ClaimAnswer =
  | {
      kind: 'granted';
      sessionId: string;
      opensSession: boolean;
      /** Uploads that lost a track to this one. */
      supersededUploads: string[];
      /** Sessions that lost their last track to this one. */
      endedSessions: Endings['sessions'];
    }
  | { kind: 'refused'; trackId: number; quietMs: number }
  | { kind: 'wait'; uploadId: string };

/** What came to an end: tracks first, then the sessions that had no others. */
export interface Endings {
  readonly tracks: Array<{ inputId: string; trackId: number; sessionId: string; reason: EndReason }>;
  readonly sessions: Array<{ inputId: string; sessionId: string; reason: EndReason }>;
}

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
  readonly inputId: string;
  readonly client: string;
  openTracks: number;
  lastBytesMs: number;
  reason: EndReason;
}

const SEVERITY: readonly EndReason[] = ['finished', 'idle', 'aborted', 'invalid_media'];

/**
 * Who publishes which track of which input (design decision 14). Time is an argument.
 * A track is owned by a session from its first claim to the end of its stream upload, or for files until they stop coming.
 */
export class PublisherRegistry {
  readonly #tracks = new Map<string, OwnedTrack>();
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

  /** Whether any session of this input is open. */
  isPublishing(inputId: string): boolean {
    return [...this.#sessions.values()].some((session) => session.inputId === inputId);
  }

  /** Claims all tracks of an upload, or none. */
  claim(upload: UploadIdentity, trackIds: readonly number[], policy: RedundancyPolicy, nowMs: number): ClaimAnswer {
    const owned = trackIds.map((trackId) => this.#tracks.get(keyOf(upload.inputId, trackId)));
    const others = owned.filter((track) => track !== undefined && track.upload?.uploadId !== upload.uploadId);
    for (const track of others) {
      const answer = track === undefined ? undefined : this.#objection(track, upload, policy, nowMs);
      if (answer !== undefined) return answer;
    }
    const { session, opensSession } = this.#sessionFor(upload, nowMs);
    const supersededUploads = [...new Set(others.flatMap((track) => track?.upload?.uploadId ?? []))];
    const endings: Endings = { tracks: [], sessions: [] };
    for (const trackId of trackIds) this.#own(session, upload, { trackId, nowMs }, endings);
    return { kind: 'granted', sessionId: session.id, opensSession, supersededUploads, endedSessions: endings.sessions };
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
      if (endsTracks) this.#end(track, reason, endings);
    }
    this.#uploads.delete(uploadId);
    return endings;
  }

  /** Ends the tracks of sessions whose files stopped coming. */
  sweep(nowMs: number): Endings {
    const endings: Endings = { tracks: [], sessions: [] };
    for (const track of this.#tracks.values()) {
      const isIdle = track.upload === undefined && nowMs - track.session.lastBytesMs > this.#idleMs;
      if (isIdle) this.#end(track, 'idle', endings);
    }
    return endings;
  }

  #objection(
    track: OwnedTrack,
    upload: UploadIdentity,
    policy: RedundancyPolicy,
    nowMs: number,
  ): ClaimAnswer | undefined {
    const quietMs = nowMs - track.lastBytesMs;
    if (quietMs >= this.#quietMs) return undefined;
    if (track.session.client === upload.client && track.upload === undefined) return undefined;
    if (track.session.client === upload.client && !upload.isStream && track.upload !== undefined) {
      return track.upload.file === upload.file ? undefined : { kind: 'wait', uploadId: track.upload.uploadId };
    }
    return policy === 'takeover' ? undefined : { kind: 'refused', trackId: track.trackId, quietMs };
  }

  #sessionFor(upload: UploadIdentity, nowMs: number): { session: Session; opensSession: boolean } {
    const key = `${upload.inputId} ${upload.client}`;
    const known = this.#sessions.get(key);
    if (known !== undefined) {
      known.lastBytesMs = nowMs;
      return { session: known, opensSession: false };
    }
    const { inputId, client } = upload;
    const session = {
      id: this.#newId(),
      inputId,
      client,
      openTracks: 0,
      lastBytesMs: nowMs,
      reason: 'finished' as const,
    };
    this.#sessions.set(key, session);
    return { session, opensSession: true };
  }

  #own(
    session: Session,
    upload: UploadIdentity,
    { trackId, nowMs }: { trackId: number; nowMs: number },
    endings: Endings,
  ): void {
    const key = keyOf(upload.inputId, trackId);
    const before = this.#tracks.get(key);
    if (before?.session !== session) session.openTracks += 1;
    if (before !== undefined) this.#displace(before, session, endings);
    const track: OwnedTrack = { inputId: upload.inputId, trackId, session, upload, lastBytesMs: nowMs };
    this.#tracks.set(key, track);
    const tracks = this.#uploads.get(upload.uploadId) ?? new Set();
    this.#uploads.set(upload.uploadId, tracks.add(track));
  }

  /** Takes a track from its upload, and from its session when that is another. */
  #displace(track: OwnedTrack, by: Session, endings: Endings): void {
    if (track.upload !== undefined) this.#uploads.get(track.upload.uploadId)?.delete(track);
    if (track.session !== by) this.#leave(track.session, 'aborted', endings);
  }

  #end(track: OwnedTrack, reason: EndReason, endings: Endings): void {
    this.#tracks.delete(keyOf(track.inputId, track.trackId));
    endings.tracks.push({ inputId: track.inputId, trackId: track.trackId, sessionId: track.session.id, reason });
    this.#leave(track.session, reason, endings);
  }

  #leave(session: Session, reason: EndReason, endings: Endings): void {
    session.openTracks -= 1;
    if (SEVERITY.indexOf(reason) > SEVERITY.indexOf(session.reason)) session.reason = reason;
    if (session.openTracks > 0) return;
    this.#sessions.delete(`${session.inputId} ${session.client}`);
    endings.sessions.push({ inputId: session.inputId, sessionId: session.id, reason: session.reason });
  }
}

const keyOf = (inputId: string, trackId: number): string => `${inputId} ${trackId}`;
