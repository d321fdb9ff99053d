import { CmafError, type CmafErrorCode } from '#cmaf';
import { OriginError } from '#shared/errors';

/** 404: no live input has this id. */
export class PublishingPointNotFoundError extends OriginError {
  readonly code = 'PublishingPointNotFound';
}

/** 403: the stream key is missing or wrong, or the input may not publish. */
export class PublishForbiddenError extends OriginError {
  readonly code = 'PublishForbidden';
}

/** 409: the same track is being received from another connection. */
export class AlreadyPublishingError extends OriginError {
  readonly code = 'AlreadyPublishing';
}

/** 409: another publisher has taken the tracks of this upload over. */
export class PublisherTakenOverError extends OriginError {
  readonly code = 'PublisherTakenOver';
}

/** 409: a redundant encoder's init segment is not the one that the first encoder sent. */
export class RedundantInitDiffersError extends OriginError {
  readonly code = 'RedundantInitDiffers';
}

/** 409: a redundant encoder's timestamps are not those of the first encoder. */
export class RedundantOutOfStepError extends OriginError {
  readonly code = 'RedundantOutOfStep';
}

/** 412: media came before its init segment. */
export class InitMissingError extends OriginError {
  readonly code = 'InitMissing';
}

/** 412: the init segment cannot be read. */
export class InitMalformedError extends OriginError {
  readonly code = 'InitMalformed';
}

/** 415: not fragmented MP4, or a codec that HLS does not carry. */
export class UnsupportedMediaError extends OriginError {
  readonly code = 'UnsupportedMedia';
}

/** 413: a box, chunk or document over its limit. */
export class MediaTooLargeError extends OriginError {
  readonly code = 'MediaTooLarge';
}

/** 400: everything else that is wrong with the media. */
export class MediaMalformedError extends OriginError {
  readonly code = 'MediaMalformed';
}

/** The connection went away in the middle of an upload; nobody is left to answer. */
export class UploadCutError extends Error {
  override readonly name = 'UploadCutError';

  constructor(
    readonly reason: 'aborted' | 'idle',
    message: string,
  ) {
    super(message);
  }
}

type MediaErrorClass = new (message: string, options: { cause: unknown }) => OriginError;

const CLASS_OF: Readonly<Record<CmafErrorCode, MediaErrorClass>> = {
  box_too_large: MediaTooLargeError,
  init_missing: InitMissingError,
  init_malformed: InitMalformedError,
  unsupported_codec: UnsupportedMediaError,
  box_malformed: MediaMalformedError,
  box_truncated: MediaMalformedError,
  unexpected_box: MediaMalformedError,
  fragment_malformed: MediaMalformedError,
  track_unknown: MediaMalformedError,
};

const ADVICE: Partial<Record<CmafErrorCode, string>> = {
  box_too_large: '; send shorter fragments (ffmpeg: a smaller -frag_duration) or a lower bitrate',
};

/** Runs a step on media; what libs/cmaf refuses becomes the error of contracts/hls.md, receiver duties. */
export function readingMedia<T>(step: () => T): T {
  try {
    return step();
  } catch (error) {
    if (!(error instanceof CmafError)) throw error;
    throw new CLASS_OF[error.code](`${error.message}${ADVICE[error.code] ?? ''}`, { cause: error });
  }
}
