import { z } from 'zod';

/** What the first member of every report says; another number is another format. */
export const REPORT_FORMAT = 'headwater-provenance-v1';

const Sha256 = z.string().regex(/^[0-9a-f]{64}$/, 'expected 64 lowercase hexadecimal digits');
const KeyId = z.string().min(1).max(64);

/** What the origin says of one closed segment. */
export const SegmentReport = z.object({
  mediaSequence: z.number().int().min(0),
  epoch: z.number().int().min(0),
  startEpochMs: z.number(),
  durationMs: z.number(),
  /** This track lost the media here: no bytes, no chunks, the number and the link stay. */
  gap: z.literal(true).optional(),
  init: z.object({
    sha256: Sha256,
    /** Whether it carries C2PA boxes; null when the origin has it no more. Presence only, nothing is judged. */
    contentCredentials: z.boolean().nullable(),
  }),
  sizeBytes: z.number().int().min(0),
  /** In the order of the segment's bytes. */
  chunks: z.array(z.object({ sizeBytes: z.number().int().min(1), sha256: Sha256 })).max(4096),
  /** Whether a chunk carries C2PA boxes. */
  contentCredentials: z.boolean(),
  /** The value before this link; null when the origin does not know it any more. */
  previousChain: Sha256.nullable(),
  chain: Sha256,
  /** Ed25519 over the text of {@link chainText}, base64url; null when the origin has no key. */
  signature: z.object({ keyId: KeyId, value: z.string() }).nullable(),
});
export type SegmentReport = z.output<typeof SegmentReport>;

/** What the origin says of a track: all closed segments of its window, or the one that was asked for. */
export const TrackReport = z.object({
  format: z.literal(REPORT_FORMAT),
  inputId: z.string().min(1),
  trackId: z.number().int().min(1),
  /** Where the bytes that are chained were born: as the encoder sent them, or as the origin split a multiplexed upload. */
  chainStartsAt: z.enum(['upload', 'split']).optional(),
  segments: z.array(SegmentReport),
});
export type TrackReport = z.output<typeof TrackReport>;

/** The public keys of an origin, old ones too. */
export const KeysReport = z.object({
  format: z.literal(REPORT_FORMAT),
  keys: z.array(
    z.object({ keyId: KeyId, algorithm: z.literal('Ed25519'), publicKey: z.string(), createdAtMs: z.number() }),
  ),
});
export type KeysReport = z.output<typeof KeysReport>;
