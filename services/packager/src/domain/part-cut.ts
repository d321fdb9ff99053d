import { ticksToMs } from '#timeline';

/** A part, as far as its length is concerned. */
export interface PartLength {
  readonly durationTicks: bigint;
  readonly timescale: number;
  /** Decoding can start somewhere in it. */
  readonly independent: boolean;
}

/** What a part has to last of the part target (hls.md 17). */
const LEAST_SHARE = 0.85;

/** Longer than EXT-X-PART-INF allows (RFC 8216bis 4.4.4.9). */
export const isTooLong = ({ durationTicks, timescale }: Omit<PartLength, 'independent'>, targetMs: number): boolean =>
  ticksToMs(durationTicks, timescale) > targetMs;

/** Shorter than a part may be that is not the last one of its segment (RFC 8216bis 4.4.4.9). */
export const isTooShort = (part: PartLength, targetMs: number): boolean =>
  !part.independent && isUnderLeastShare(part, targetMs);

/** Below the least share of the target, whether the clause excuses it or not. */
export const isUnderLeastShare = ({ durationTicks, timescale }: PartLength, targetMs: number): boolean =>
  ticksToMs(durationTicks, timescale) < LEAST_SHARE * targetMs;

/**
 * Whether a part can end after its last chunk, without waiting for the next one: one more like the last would be too much.
 * A part that is still too short waits, since a shorter chunk may yet fit.
 */
export function isWhole(part: PartLength, lastChunkTicks: bigint, targetMs: number): boolean {
  if (isTooShort(part, targetMs)) return false;
  return isTooLong({ durationTicks: part.durationTicks + lastChunkTicks, timescale: part.timescale }, targetMs);
}
