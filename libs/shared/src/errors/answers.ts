/** How a code leaves the origin over HTTP and at which level it is logged. */
export interface ErrorAnswer {
  readonly status: number;
  readonly level: 'debug' | 'warn' | 'error';
}

const answer = (status: number, level: ErrorAnswer['level'] = 'debug'): ErrorAnswer => ({ status, level });

/** The one table from error code to HTTP answer (contracts: streamplace.md, hls.md last section, time-shift.md D-20). */
const ANSWERS: Readonly<Record<string, ErrorAnswer>> = {
  InvalidRequest: answer(400),
  MethodNotImplemented: answer(501),
  StreamUnavailable: answer(403),
  StreamNotLive: answer(404),
  TrackNotFound: answer(404),
  SegmentNotFound: answer(404),
  NotFound: answer(404),
  ProvenanceNotKept: answer(404),
  NothingRecorded: answer(404),
  RangeNotSatisfiable: answer(416),
  PublishForbidden: answer(403, 'warn'),
  PublishingPointNotFound: answer(404, 'warn'),
  AlreadyPublishing: answer(409, 'warn'),
  PublisherTakenOver: answer(409, 'warn'),
  RedundantInitDiffers: answer(409, 'warn'),
  RedundantOutOfStep: answer(409, 'warn'),
  InitMissing: answer(412, 'warn'),
  InitMalformed: answer(412, 'warn'),
  UnsupportedMedia: answer(415, 'warn'),
  MediaMalformed: answer(400, 'warn'),
  MediaTooLarge: answer(413, 'warn'),
  MediaLate: answer(503),
  BusUnavailable: answer(503, 'error'),
  StoreUnavailable: answer(503, 'error'),
  ArchiveUnavailable: answer(503, 'error'),
};

/** The answer for a code; a code without a row is our own fault: 500. */
export const answerOf = (code: string): ErrorAnswer => ANSWERS[code] ?? answer(500, 'error');
