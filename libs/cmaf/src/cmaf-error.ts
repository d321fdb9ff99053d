/** What a byte stream did wrong; services map these to HTTP statuses. */
export type CmafErrorCode =
  | 'box_too_large'
  | 'box_malformed'
  | 'box_truncated'
  | 'init_malformed'
  | 'init_missing'
  | 'unsupported_codec'
  | 'unexpected_box'
  | 'fragment_malformed'
  | 'track_unknown';

/** The only error this library throws for bad input; the message says what was expected and what came. */
export class CmafError extends Error {
  override readonly name = 'CmafError';
  readonly code: CmafErrorCode;

  constructor(code: CmafErrorCode, message: string, options?: ErrorOptions) {
    super(message, options);
    this.code = code;
  }
}
