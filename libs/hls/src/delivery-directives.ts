/** Which tags a client wants left out of a playlist it has (`_HLS_skip`). */
export type SkipDirective = 'YES' | 'v2';

/** Delivery directives of a playlist request (rfc8216bis 6.2.5). */
export interface DeliveryDirectives {
  /** `_HLS_msn` */
  mediaSequence?: number;
  /** `_HLS_part`, never without `_HLS_msn`. */
  partIndex?: number;
  /** `_HLS_skip` */
  skip?: SkipDirective;
}

/** Delivery directives that mean nothing: answer 400. The message says what was expected and what came, and may be shown to the caller. */
export class DeliveryDirectiveError extends Error {
  override readonly name = 'DeliveryDirectiveError';
  readonly code = 'InvalidRequest';
}

// rfc8216bis 4.2: a decimal-integer has 1 to 20 digits. Beyond 2^53 the value is inexact, and far beyond any playlist either way.
const DECIMAL_INTEGER = /^\d{1,20}$/;

/** Reads the directives of a query; others that begin with `_HLS_` are tolerated. Throws DeliveryDirectiveError when a value is malformed or repeated, and on a part without a media sequence number. */
export function parseDeliveryDirectives(query: URLSearchParams): DeliveryDirectives {
  const mediaSequence = decimalInteger(query, '_HLS_msn');
  const partIndex = decimalInteger(query, '_HLS_part');
  const skip = single(query, '_HLS_skip');
  if (partIndex !== undefined && mediaSequence === undefined) {
    throw new DeliveryDirectiveError(`_HLS_part: expected an _HLS_msn beside it, got only _HLS_part=${partIndex}`);
  }
  const directives: DeliveryDirectives = {};
  if (mediaSequence !== undefined) directives.mediaSequence = mediaSequence;
  if (partIndex !== undefined) directives.partIndex = partIndex;
  if (skip !== undefined) directives.skip = skipDirective(skip);
  return directives;
}

function decimalInteger(query: URLSearchParams, name: string): number | undefined {
  const text = single(query, name);
  if (text === undefined) return undefined;
  if (DECIMAL_INTEGER.test(text)) return Number(text);
  throw new DeliveryDirectiveError(`${name}: expected a decimal integer, got ${shown(text)}`);
}

function skipDirective(text: string): SkipDirective {
  if (text === 'YES' || text === 'v2') return text;
  throw new DeliveryDirectiveError(`_HLS_skip: expected YES or v2, got ${shown(text)}`);
}

function single(query: URLSearchParams, name: string): string | undefined {
  const [first, ...others] = query.getAll(name);
  if (others.length === 0) return first;
  throw new DeliveryDirectiveError(`${name}: expected one value, got ${others.length + 1}`);
}

const shown = (text: string): string => JSON.stringify(text.slice(0, 40));
