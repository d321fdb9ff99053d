import type { FindingCode } from '#provenance';

/** What is wrong with a listed segment: as its bytes and links say, or that there is nothing to compare. */
export interface SegmentFault {
  readonly url: string;
  /** Absent where the URL does not say. */
  readonly mediaSequence?: number;
  readonly code: FindingCode | 'not_reported' | 'not_served';
  readonly message: string;
}

/** The outcome of one media playlist. */
export interface TrackVerdict {
  readonly playlistUrl: string;
  readonly inputId?: string;
  readonly trackId?: number;
  readonly firstMediaSequence?: number;
  readonly lastMediaSequence?: number;
  readonly verified: number;
  readonly failed: number;
  readonly chainStartsAt?: 'upload' | 'split';
  /** Whether an init segment or a chunk carries C2PA boxes. */
  readonly contentCredentials: boolean;
  readonly faults: readonly SegmentFault[];
}

/** The outcome of a whole presentation. */
export interface Verdict {
  readonly verified: number;
  readonly failed: number;
  /** Keys whose signatures were accepted, and whether the caller named them or the origin did. */
  readonly keys: { readonly ids: readonly string[]; readonly pinned: boolean };
  readonly tracks: readonly TrackVerdict[];
}

const NAMES: Readonly<Record<SegmentFault['code'], string>> = {
  bytes_differ: 'bytes differ',
  chain_broken: 'chain broken',
  signature_bad: 'signature bad',
  not_reported: 'not reported',
  not_served: 'not served',
};

/** A verdict for people: a line for each track and fault, and the sum. */
export function verdictText({ tracks, keys, verified, failed }: Verdict): string {
  const lines = tracks.flatMap((track) => [headOf(track), ...track.faults.map(faultLine)]);
  if (keys.ids.length > 0) {
    const trust = keys.pinned ? 'as given' : 'as this origin publishes it; --key trusts no other';
    lines.push(`signed by key ${keys.ids.join(' or ')} (${trust})`);
  }
  return [...lines, `${verified} segments verified, ${failed} failed`].join('\n');
}

function headOf(track: TrackVerdict): string {
  const name =
    track.trackId === undefined ? track.playlistUrl : `${track.inputId ?? 'unknown input'} track ${track.trackId}`;
  const range =
    track.firstMediaSequence === undefined
      ? ''
      : `, segments ${track.firstMediaSequence} to ${track.lastMediaSequence}`;
  const split = track.chainStartsAt === 'split' ? ', chained from where the origin split the upload' : '';
  const credentials = track.contentCredentials ? ', C2PA content credentials present' : '';
  return `${name}${range}: ${track.verified} verified, ${track.failed} failed${split}${credentials}`;
}

const faultLine = ({ url, mediaSequence, code, message }: SegmentFault): string =>
  `  segment ${mediaSequence ?? url}: ${NAMES[code]}: ${message}`;
