import { OriginError } from '../errors/index.ts';

/** The store did not do what was asked, in time or at all; retry later. */
export class StoreUnavailableError extends OriginError {
  readonly code = 'StoreUnavailable';
}

/** The object, or the range of it, is not in the store. */
export class ObjectNotFoundError extends OriginError {
  readonly code = 'NotFound';
}
