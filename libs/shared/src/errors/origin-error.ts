/** Base of every error that this origin raises on purpose; `code` is public and stable. */
export abstract class OriginError extends Error {
  abstract readonly code: string;

  constructor(message: string, options?: { cause?: unknown }) {
    super(message, options);
    this.name = new.target.name;
  }
}

/** A request that is not of the form it must have: 400. The message says what was expected and what came. */
export class InvalidRequestError extends OriginError {
  readonly code = 'InvalidRequest';
}

/** The JSON body of an error answer: `{"error": code, "message"}`, the XRPC shape, used on every media route. */
export const errorBodyOf = (code: string, message: string): { error: string; message: string } => ({
  error: code,
  message,
});
