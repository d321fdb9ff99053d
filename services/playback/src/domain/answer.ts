import { answerOf, errorBodyOf, OriginError } from '#shared/errors';
import { PlaylistError } from '#hls';
import { TimeShiftError } from '#timeline';
import { bodySize, bodySlice, type Body } from './body.ts';
import { parseRange } from './byte-range.ts';
import { NothingRecordedError, RangeNotSatisfiableError } from './errors.ts';
import { PLAYLIST_URGENCY, type Urgency } from './urgency.ts';

/** A request as the decisions see it: `query` is raw, without its question mark. */
export interface PlaybackRequest {
  readonly method: string;
  readonly path: string;
  readonly query: string;
  readonly headers: Readonly<Record<string, string | string[] | undefined>>;
  readonly remoteAddress: string;
  /** Stands for the connection that it came by, as long as that lives. */
  readonly connection: object;
}

/** An HTTP answer; CORS headers are the door's. HEAD is the writer's: it leaves the body out. */
export interface Answer {
  readonly status: number;
  readonly headers: Readonly<Record<string, string>>;
  readonly body?: Body;
  /** A body whose end is not known yet; when it throws, the connection is cut, so that nobody takes what came for the whole. */
  readonly stream?: AsyncIterable<Buffer>;
  /** Why it is an error. */
  readonly error?: { readonly code: string; readonly message: string; readonly cause: unknown };
}

/** Something with bytes, and how it may be kept. `etag` is strong and quoted. */
export interface Resource {
  readonly contentType: string;
  readonly cacheControl: string;
  readonly etag: string;
  readonly body: Body;
  readonly acceptsRanges: boolean;
  /** Absent: that of a playlist. */
  readonly urgency?: Urgency;
  readonly extraHeaders?: Readonly<Record<string, string>>;
}

/** One year, for what never changes under its URL. */
export const IMMUTABLE = 'public, max-age=31536000, immutable';
export const NO_CACHE = 'no-cache';
/** How long a playlist that still changes may be kept: half a target duration (hls.md 47). */
export const growingCacheControl = (targetDurationSec: number): string =>
  `public, max-age=${Math.max(1, Math.floor(targetDurationSec / 2))}`;
/** How long what a blocked request was answered with may be kept (hls.md 47): its URL asks for nothing newer. */
export const blockedCacheControl = (targetDurationSec: number): string => `public, max-age=${6 * targetDurationSec}`;
/** A playlist of the past that cannot change any more; a day, since retention ends it one day. */
export const SETTLED = 'public, max-age=86400';

/** The value of a header that should come once. */
export function headerOf(request: PlaybackRequest, name: string): string | undefined {
  const value = request.headers[name];
  return Array.isArray(value) ? value[0] : value;
}

/** The answer of a resource under the request's conditions (RFC 9110 13.1, 14.2). */
export function answerWith(resource: Resource, request: PlaybackRequest): Answer {
  const headers: Record<string, string> = {
    'cache-control': resource.cacheControl,
    etag: resource.etag,
    priority: `u=${resource.urgency ?? PLAYLIST_URGENCY}`,
    ...resource.extraHeaders,
  };
  if (matches(headerOf(request, 'if-none-match'), resource.etag)) return { status: 304, headers };
  headers['content-type'] = resource.contentType;
  if (!resource.acceptsRanges) return { status: 200, headers: sized(headers, resource.body), body: resource.body };
  headers['accept-ranges'] = 'bytes';
  const ifRange = headerOf(request, 'if-range');
  // An If-Range that is not this very entity (a date never is) asks for the whole.
  const isSameEntity = ifRange === undefined || ifRange.trim() === resource.etag;
  return rangeAnswer(resource.body, headers, isSameEntity ? headerOf(request, 'range') : undefined);
}

/** The answer of an error. 404 may be kept for a second, nothing else at all. */
export function refusalOf(cause: unknown): Answer {
  const { code, message, retryAfterSec } = faultOf(cause);
  const { status } = answerOf(code);
  const body = Buffer.from(JSON.stringify(errorBodyOf(code, message)));
  const headers: Record<string, string> = {
    'content-type': 'application/json; charset=utf-8',
    'cache-control': status === 404 ? 'public, max-age=1' : 'no-store',
    priority: `u=${PLAYLIST_URGENCY}`,
  };
  if (retryAfterSec !== undefined) headers['retry-after'] = String(retryAfterSec);
  return { status, headers: sized(headers, body), body, error: { code, message, cause } };
}

function faultOf(cause: unknown): { code: string; message: string; retryAfterSec?: number } {
  if (cause instanceof NothingRecordedError && cause.retryAfterSec !== undefined)
    return { code: cause.code, message: cause.message, retryAfterSec: cause.retryAfterSec };
  if (cause instanceof OriginError) return { code: cause.code, message: cause.message };
  if (cause instanceof TimeShiftError) {
    if (cause.code === 'StartInFuture') return { code: 'NothingRecorded', message: cause.message, retryAfterSec: 1 };
    return { code: 'InvalidRequest', message: cause.message };
  }
  const what = cause instanceof PlaylistError ? 'a playlist could not be made' : 'the origin failed';
  return { code: 'InternalError', message: `${what}; the log of this service has the reason` };
}

function rangeAnswer(body: Body, headers: Record<string, string>, rangeHeader: string | undefined): Answer {
  const sizeBytes = bodySize(body);
  const range = parseRange(rangeHeader, sizeBytes);
  if (range.kind === 'whole') return { status: 200, headers: sized(headers, body), body };
  if (range.kind === 'unsatisfiable') {
    const refusal = refusalOf(
      new RangeNotSatisfiableError(`Range: expected bytes below ${sizeBytes}, got ${rangeHeader}`),
    );
    return {
      ...refusal,
      headers: { ...refusal.headers, 'accept-ranges': 'bytes', 'content-range': `bytes */${sizeBytes}` },
    };
  }
  const slice = bodySlice(body, range.first, range.last);
  headers['content-range'] = `bytes ${range.first}-${range.last}/${sizeBytes}`;
  return { status: 206, headers: sized(headers, slice), body: slice };
}

/** If-None-Match compares weakly (RFC 9110 13.1.2). */
function matches(header: string | undefined, etag: string): boolean {
  if (header === undefined) return false;
  if (header.trim() === '*') return true;
  return header.split(',').some((candidate) => candidate.trim().replace(/^W\//, '') === etag);
}

function sized(headers: Record<string, string>, body: Body): Record<string, string> {
  headers['content-length'] = String(bodySize(body));
  return headers;
}
