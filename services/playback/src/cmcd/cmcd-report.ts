import { decodeCmcd } from '@svta/cml-cmcd';
import { headerOf, type PlaybackRequest } from '../domain/answer.ts';

/** What a player said of itself with one request (CTA-5004; the key of each in brackets). Absent: not said. */
export interface CmcdReport {
  /** Of one playback of one content [sid]. */
  readonly sessionId?: string;
  /** [cid] */
  readonly contentId?: string;
  /** `v` or `l` for live [st]. */
  readonly streamType?: string;
  /** `d` DASH, `h` HLS, `s` Smooth, `o` other [sf]. */
  readonly streamingFormat?: string;
  /** `m` manifest, `a`, `v`, `av`, `i` init, `c` caption, `tt`, `k` key, `o` other [ot]. */
  readonly objectType?: string;
  /** Of what is asked for [br]. */
  readonly encodedBitrateKbps?: number;
  /** The highest that the player may choose [tb]. */
  readonly topBitrateKbps?: number;
  /** Media in the buffer when it asked [bl]. */
  readonly bufferLengthMs?: number;
  /** As the player measured it [mtp]. */
  readonly measuredThroughputKbps?: number;
  /** Until the buffer runs dry [dl]. */
  readonly deadlineMs?: number;
  /** Of what is asked for [d]. */
  readonly objectDurationMs?: number;
  /** 1 at normal speed [pr]. */
  readonly playbackRate?: number;
  /** How far behind the encoder, version 2 [ltc]. */
  readonly liveLatencyMs?: number;
  /** The buffer ran dry since the request before [bs]. */
  readonly bufferStarved: boolean;
  /** Wanted at once: start, seek or recovery [su]. */
  readonly startup: boolean;
}

/** A report, nothing, or something that is no report: that fails no request. */
export type CmcdReading =
  { readonly kind: 'report'; readonly report: CmcdReport } | { readonly kind: 'none' } | { readonly kind: 'malformed' };

const HEADERS = ['cmcd-session', 'cmcd-object', 'cmcd-request', 'cmcd-status'] as const;
const PARAMETER = /(?:^|&)CMCD=([^&]*)/;
/** Several times what every key together takes. */
const MAX_CHARACTERS = 2048;
/** CTA-5004: the maximum length of sid and cid. */
const MAX_ID_CHARACTERS = 64;

const NONE: CmcdReading = { kind: 'none' };
const MALFORMED: CmcdReading = { kind: 'malformed' };

/** Reads the query parameter `CMCD` and the four headers; where both name a key, the header counts. */
export function readCmcd(request: PlaybackRequest): CmcdReading {
  const found: string[] = [];
  const parameter = request.query.includes('CMCD=') ? PARAMETER.exec(request.query)?.[1] : undefined;
  if (parameter !== undefined) {
    const text = decoded(parameter);
    if (text === undefined) return MALFORMED;
    found.push(text);
  }
  for (const name of HEADERS) {
    const text = headerOf(request, name);
    if (text !== undefined) found.push(text);
  }
  return found.length === 0 ? NONE : readingOf(found.join(','));
}

function readingOf(text: string): CmcdReading {
  if (text.length > MAX_CHARACTERS) return MALFORMED;
  try {
    return { kind: 'report', report: reportOf(decodeCmcd(text)) };
  } catch {
    return MALFORMED;
  }
}

function reportOf(data: Readonly<Record<string, unknown>>): CmcdReport {
  return {
    ...texts(data, { sessionId: 'sid', contentId: 'cid', streamType: 'st', streamingFormat: 'sf', objectType: 'ot' }),
    ...numbers(data, {
      encodedBitrateKbps: 'br',
      topBitrateKbps: 'tb',
      bufferLengthMs: 'bl',
      measuredThroughputKbps: 'mtp',
      deadlineMs: 'dl',
      objectDurationMs: 'd',
      playbackRate: 'pr',
      liveLatencyMs: 'ltc',
    }),
    bufferStarved: isTrue(data['bs']),
    startup: isTrue(data['su']),
  };
}

function texts<F extends string>(data: Readonly<Record<string, unknown>>, keys: Readonly<Record<F, string>>) {
  const found: Partial<Record<F, string>> = {};
  for (const [field, key] of entriesOf(keys)) {
    const value = bare(data[key]);
    if (typeof value === 'string' && value.length <= MAX_ID_CHARACTERS) found[field] = value;
  }
  return found;
}

function numbers<F extends string>(data: Readonly<Record<string, unknown>>, keys: Readonly<Record<F, string>>) {
  const found: Partial<Record<F, number>> = {};
  for (const [field, key] of entriesOf(keys)) {
    const value = bare(data[key]);
    if (typeof value === 'number' && Number.isFinite(value) && value >= 0) found[field] = value;
  }
  return found;
}

const isTrue = (value: unknown): boolean => bare(value) === true;

/** Version 2 gives lists of one item per aggregated object, each with parameters: the first, as it is the main one. */
function bare(value: unknown): unknown {
  const first: unknown = Array.isArray(value) ? value[0] : value;
  return typeof first === 'object' && first !== null && 'value' in first ? first.value : first;
}

const entriesOf = <F extends string>(keys: Readonly<Record<F, string>>) => Object.entries(keys) as Array<[F, string]>;

function decoded(parameter: string): string | undefined {
  try {
    return decodeURIComponent(parameter);
  } catch {
    return undefined;
  }
}
