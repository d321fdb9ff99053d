/** Why a time-shift query is refused: `InvalidRequest` and `RangeTooLarge` are for 400, `StartInFuture` for 404 with Retry-After. */
export type TimeShiftErrorCode = 'InvalidRequest' | 'RangeTooLarge' | 'StartInFuture';

/** A time-shift query that cannot be answered. The message says what was expected and what came, and may be shown to the caller. */
export class TimeShiftError extends Error {
  override readonly name = 'TimeShiftError';
  readonly code: TimeShiftErrorCode;

  constructor(code: TimeShiftErrorCode, message: string) {
    super(message);
    this.code = code;
  }
}
