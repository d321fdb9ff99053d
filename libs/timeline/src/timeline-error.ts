/** Timeline data that breaks its format or its bounds. The message says what was expected and what came. */
export class TimelineError extends Error {
  override readonly name = 'TimelineError';
  readonly code = 'TimelineInvalid';
}
