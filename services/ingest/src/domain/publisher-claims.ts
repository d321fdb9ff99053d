/** What a second publisher of a track is to an input (design decision 14). */
export type RedundancyPolicy = 'refuse' | 'takeover' | 'redundant';

/** How an upload or a session ended. */
export type EndReason = 'finished' | 'aborted' | 'invalid_media' | 'idle' | 'taken_over' | 'refused';

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
      /** Uploads that lost their tracks to this one. */
      superseded: SupersededUpload[];
      /** What ended for it. */
      endings: Endings;
    }
  | { kind: 'refused'; trackId: number; quietMs: number }
  | { kind: 'wait'; uploadId: string };

/** An upload that goes on no longer. */
export interface SupersededUpload {
  readonly uploadId: string;
  /** Its session is another's: it did not send the same file again. */
  readonly isTakenOver: boolean;
}

/** What came to an end: tracks first, then the sessions that had no others. */
export interface Endings {
  readonly tracks: EndedTrack[];
  readonly sessions: Array<{ inputId: string; sessionId: string; reason: EndReason }>;
}

/** A session's part in a track is over. */
export interface EndedTrack {
  readonly inputId: string;
  readonly trackId: number;
  readonly sessionId: string;
  readonly reason: EndReason;
  /** No other session of this process goes on with the track, and none took it. */
  readonly isLast: boolean;
}

/** How long a session has brought nothing of a track. */
export interface QuietTrack {
  readonly trackId: number;
  readonly sessionId: string;
  readonly client: string;
  /** A request that brings the track is open; between two files there is none. */
  readonly isOpen: boolean;
  readonly quietMs: number;
}
