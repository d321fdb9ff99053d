import { OriginError } from '../errors/index.ts';

/** The bus did not take or give what it must; retry later. */
export class BusUnavailableError extends OriginError {
  readonly code = 'BusUnavailable';
}

/** A compare-and-set lost: somebody wrote the row or subject first. */
export class KvConflictError extends OriginError {
  readonly code = 'Conflict';
}
