import { OriginError } from '#shared/errors';

/** No playable media of this stream now. */
export class StreamNotLiveError extends OriginError {
  readonly code = 'StreamNotLive';
}

/** The account behind the stream is banned or suspended. */
export class StreamUnavailableError extends OriginError {
  readonly code = 'StreamUnavailable';
}

/** The stream is there, the track is not. */
export class TrackNotFoundError extends OriginError {
  readonly code = 'TrackNotFound';
}

/** The segment slid out, is not yet made, or never was. */
export class SegmentNotFoundError extends OriginError {
  readonly code = 'SegmentNotFound';
}

/** The segment was closed once; what its link was made of is kept no more. */
export class ProvenanceNotKeptError extends OriginError {
  readonly code = 'ProvenanceNotKept';
}

/** Nothing is recorded where a time shift points; `retryAfterSec` when it points ahead. */
export class NothingRecordedError extends OriginError {
  readonly code = 'NothingRecorded';

  constructor(
    message: string,
    readonly retryAfterSec?: number,
  ) {
    super(message);
  }
}

/** The archive service did not answer in time, or not as agreed. */
export class ArchiveUnavailableError extends OriginError {
  readonly code = 'ArchiveUnavailable';
}

/** The hot window could not be read and memory has nothing of it. */
export class WindowUnavailableError extends OriginError {
  readonly code = 'StoreUnavailable';
}

/** An XRPC method that this origin does not have. */
export class MethodNotImplementedError extends OriginError {
  readonly code = 'MethodNotImplemented';
}

/** A path outside the routes of this service. */
export class UnknownPathError extends OriginError {
  readonly code = 'NotFound';
}

/** A Range that begins after the end of the body. */
export class RangeNotSatisfiableError extends OriginError {
  readonly code = 'RangeNotSatisfiable';
}

/** What a request was held for did not come in time. */
export class MediaLateError extends OriginError {
  readonly code = 'MediaLate';
}
