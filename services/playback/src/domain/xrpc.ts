import { InvalidRequestError } from '#shared/errors';
import type { TrackWindow, WindowSegment } from '#shared/contracts';
import type { XrpcSegmentName } from '#hls';
import { Lexicons, type LexiconDoc } from '@atproto/lexicon';
import { isValidDid, isValidHandle, normalizeHandle } from '@atproto/syntax';
import { GET_LIVE_PLAYLIST } from '../lexicons/get-live-playlist.ts';
import { GET_LIVE_SEGMENT } from '../lexicons/get-live-segment.ts';
import { threadedQuery } from './media-uris.ts';
import { parseTrackId } from './route.ts';
import { isSessionId } from './session-id.ts';

export const LIVE_PLAYLIST_NSID = 'place.stream.playback.getLivePlaylist';
export const LIVE_SEGMENT_NSID = 'place.stream.playback.getLiveSegment';

/** A streamer as a request names it. */
export type Streamer =
  { readonly kind: 'did'; readonly did: string } | { readonly kind: 'handle'; readonly handle: string };

/** What both methods have; `extraQuery` holds the parameters that the lexicon does not know, to be threaded through. */
interface XrpcParams {
  readonly streamer: Streamer;
  readonly sid: string | undefined;
  readonly extraQuery: URLSearchParams;
}

/** `trackId` is undefined for the multivariant; `unknown` is a track name that no track can have. */
export interface LivePlaylistParams extends XrpcParams {
  readonly trackId: number | 'unknown' | undefined;
}

/** `segment`: a media sequence number, with the index of a part where {@link PART_KEY} gives one, the current init segment, or the init segment of an epoch. */
export interface LiveSegmentParams extends XrpcParams {
  readonly trackId: number | 'unknown';
  readonly segment:
    | { readonly kind: 'media'; readonly mediaSequence: number }
    | { readonly kind: 'part'; readonly mediaSequence: number; readonly partIndex: number }
    | { readonly kind: 'current_init' }
    | { readonly kind: 'init_of_epoch'; readonly epoch: number };
}

const lexicons = new Lexicons([GET_LIVE_PLAYLIST, GET_LIVE_SEGMENT] as unknown as LexiconDoc[]);
/** Names a part of the segment that `seg` names; the lexicon does not know it, and wants `seg` to be a number. */
export const PART_KEY = 'part';

const KNOWN_KEYS: ReadonlySet<string> = new Set(['streamer', 'track', 'seg', 'sid', PART_KEY]);

/** Parameters of getLivePlaylist; throws InvalidRequestError. */
export function parseLivePlaylistParams(query: URLSearchParams): LivePlaylistParams {
  const values = validated(LIVE_PLAYLIST_NSID, query);
  const track = values['track'];
  return {
    ...commonParams(values, query),
    trackId: track === undefined ? undefined : (parseTrackId(track) ?? 'unknown'),
  };
}

/** Parameters of getLiveSegment; throws InvalidRequestError. */
export function parseLiveSegmentParams(query: URLSearchParams): LiveSegmentParams {
  const values = validated(LIVE_SEGMENT_NSID, query);
  return {
    ...commonParams(values, query),
    trackId: parseTrackId(values['track'] ?? '') ?? 'unknown',
    segment: partOf(parseSegment(values['seg'] ?? ''), query),
  };
}

/**
 * The name of the init segment that a segment needs. Epoch n is `init-{n+1}`; the first is `init` for as long as that,
 * which always answers with the current one, is the same bytes.
 */
export function xrpcInitName(segment: WindowSegment, newest: WindowSegment): XrpcSegmentName {
  if (segment.epoch === 0 && segment.initSha256 === newest.initSha256) return 'init';
  return `init-${segment.epoch + 1}`;
}

/** The hash of the init segment that a request names, or undefined when nothing windowed has it. */
export function initHashOf(window: TrackWindow, segment: LiveSegmentParams['segment']): string | undefined {
  if (segment.kind === 'current_init') return (window.open ?? window.segments.at(-1))?.initSha256;
  if (segment.kind !== 'init_of_epoch') return undefined;
  if (window.open?.epoch === segment.epoch) return window.open.initSha256;
  return window.segments.findLast((candidate) => candidate.epoch === segment.epoch)?.initSha256;
}

/** Repeated parameters are kept as lists, which the lexicon refuses: a cache and the origin could read different ones. */
function validated(nsid: string, query: URLSearchParams): Record<string, string> {
  const values: Record<string, string | string[]> = {};
  for (const key of new Set(query.keys())) {
    const all = query.getAll(key);
    if (KNOWN_KEYS.has(key)) values[key] = all.length === 1 ? (all[0] ?? '') : all;
  }
  try {
    lexicons.assertValidXrpcParams(nsid, values);
  } catch (cause) {
    throw new InvalidRequestError(cause instanceof Error ? cause.message : String(cause), { cause });
  }
  return values as Record<string, string>;
}

function commonParams(values: Record<string, string>, query: URLSearchParams): XrpcParams {
  const { sid } = values;
  if (sid !== undefined && !isSessionId(sid)) {
    throw new InvalidRequestError(`sid: expected 13 base32-sortable characters, got ${shown(sid)}`);
  }
  const extraQuery = threadedQuery(new URLSearchParams([...query].filter(([key]) => !KNOWN_KEYS.has(key))));
  return { streamer: parseStreamer(values['streamer'] ?? ''), sid, extraQuery };
}

function parseStreamer(text: string): Streamer {
  if (isValidDid(text)) return { kind: 'did', did: text };
  if (isValidHandle(text)) return { kind: 'handle', handle: normalizeHandle(text) };
  throw new InvalidRequestError(`streamer: expected a DID or a handle, got ${shown(text)}`);
}

function parseSegment(text: string): LiveSegmentParams['segment'] {
  const groups = /^(?:(?<number>\d{1,30})|init(?:-(?<run>[1-9]\d{0,9}))?)(?:\.m4s)?$/.exec(text)?.groups;
  if (groups === undefined) {
    throw new InvalidRequestError(`seg: expected init or an unsigned integer, got ${shown(text)}`);
  }
  if (groups['number'] !== undefined) return { kind: 'media', mediaSequence: Number(groups['number']) };
  const run = groups['run'];
  return run === undefined ? { kind: 'current_init' } : { kind: 'init_of_epoch', epoch: Number(run) - 1 };
}

function partOf(segment: LiveSegmentParams['segment'], query: URLSearchParams): LiveSegmentParams['segment'] {
  const part = query.get(PART_KEY);
  if (part === null || segment.kind !== 'media') return segment;
  if (/^\d{1,6}$/.test(part)) return { ...segment, kind: 'part', partIndex: Number(part) };
  throw new InvalidRequestError(`${PART_KEY}: expected the index of a part, got ${shown(part)}`);
}

const shown = (text: string): string => JSON.stringify(text.length > 60 ? `${text.slice(0, 60)}…` : text);
