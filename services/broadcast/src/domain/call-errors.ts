import { OriginError } from '#shared/errors';

/** Base of the errors of the call API: `apiCode` and status are those of calls.md, "Errors". */
export abstract class CallApiError extends OriginError {
  readonly code = 'CallApiError';
  abstract readonly apiCode: number;
  abstract readonly status: number;
}

/** The request cannot be followed as it is: code 4. */
export class CallInputError extends CallApiError {
  readonly apiCode = 4;
  readonly status = 400;
}

/** A webhook address that this origin does not send to. */
export class RefusedDestinationError extends CallInputError {}

/** No such call, app or type: code 16. */
export class CallNotFoundError extends CallApiError {
  readonly apiCode = 16;
  readonly status = 404;
}

/** The caller may not do this: code 17. */
export class CallForbiddenError extends CallApiError {
  readonly apiCode = 17;
  readonly status = 403;
}

/** Why a request has no caller. */
export type CallAuthProblem =
  'unknown_api_key' | 'authentication' | 'expired' | 'not_yet_valid' | 'used_before_iat' | 'bad_signature';

const AUTH_CODES: Readonly<Record<CallAuthProblem, number>> = {
  unknown_api_key: 2,
  authentication: 5,
  expired: 40,
  not_yet_valid: 41,
  used_before_iat: 42,
  bad_signature: 43,
};

/** The caller is not who the token says, or says nothing: codes 2, 5, 40 to 43. */
export class CallAuthError extends CallApiError {
  readonly apiCode: number;
  readonly status = 401;

  constructor(problem: CallAuthProblem, message: string, options?: { cause?: unknown }) {
    super(message, options);
    this.apiCode = AUTH_CODES[problem];
  }
}
