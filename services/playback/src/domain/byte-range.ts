/** What a Range header asks of a body: all of it, bytes `first` to `last` inclusive, or nothing that exists. */
export type RangeRequest =
  | { readonly kind: 'whole' }
  | { readonly kind: 'bytes'; readonly first: number; readonly last: number }
  | { readonly kind: 'unsatisfiable' };

const WHOLE: RangeRequest = { kind: 'whole' };
const UNSATISFIABLE: RangeRequest = { kind: 'unsatisfiable' };
const SINGLE_RANGE = /^bytes=\s*(?:(?<first>\d+)-(?<last>\d*)|-(?<suffix>\d+))\s*$/i;

/** Reads a single range (RFC 9110 14.2). Several ranges, other units and malformed ones are ignored, as the RFC allows: the whole body. */
export function parseRange(header: string | undefined, sizeBytes: number): RangeRequest {
  const groups = header === undefined ? undefined : SINGLE_RANGE.exec(header)?.groups;
  if (groups === undefined) return WHOLE;
  if (groups['suffix'] !== undefined) return suffixRange(Number(groups['suffix']), sizeBytes);
  const first = Number(groups['first']);
  // A player may ask up to 2^53 - 1 for "to the end" (rfc8216bis 4.4.5.3).
  const last = groups['last'] === '' ? sizeBytes - 1 : Math.min(Number(groups['last']), sizeBytes - 1);
  if (groups['last'] !== '' && Number(groups['last']) < first) return WHOLE;
  return first >= sizeBytes ? UNSATISFIABLE : { kind: 'bytes', first, last };
}

function suffixRange(lengthBytes: number, sizeBytes: number): RangeRequest {
  if (lengthBytes === 0 || sizeBytes === 0) return UNSATISFIABLE;
  return { kind: 'bytes', first: Math.max(0, sizeBytes - lengthBytes), last: sizeBytes - 1 };
}
