import { z } from 'zod';

/** The row id of a live input. */
export const LiveInputId = z.string().regex(/^li_[A-Za-z0-9]{8,40}$/, 'expected li_ and 8 to 40 letters or digits');
/** The public path segment of a live input in publish and playback URLs. */
export const ExternalInputId = z.string().regex(/^lv_[A-Za-z0-9]{8,40}$/, 'expected lv_ and 8 to 40 letters or digits');
/** A track id: u32 as decimal text on the wire, a number inside. */
export const TrackId = z.number().int().min(1).max(0xffffffff);
/** Lowercase hexadecimal SHA-256. */
export const Sha256 = z.string().regex(/^[0-9a-f]{64}$/, 'expected 64 lowercase hexadecimal digits');
/** Wall clock in milliseconds since 1970; fractions are microseconds. */
export const EpochMs = z.number();
/** A tick count: bigint inside, decimal text on the wire (decode times pass 2^53). */
export const Ticks = z.codec(z.string().regex(/^-?\d{1,20}$/, 'expected a decimal integer'), z.bigint(), {
  decode: (text) => BigInt(text),
  encode: (ticks) => ticks.toString(),
});
/** Media sequence number, counted over the life of the input's track. */
export const MediaSequence = z.number().int().min(0);
/** Number of the media timebase of an input; also its discontinuity sequence (docs/decisions/0002). */
export const Epoch = z.number().int().min(0);
/** Fencing token: the KV revision at which a lease was taken; higher wins. */
export const Fence = z.number().int().min(0);

/** What kind of media a track carries. */
export const TrackKind = z.enum(['video', 'audio', 'text', 'metadata']);
