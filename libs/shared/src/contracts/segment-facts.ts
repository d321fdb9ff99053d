import { z } from 'zod';
import { EpochMs } from './primitives.ts';

/** A sync sample that begins a chunk: what an I-frame playlist lists. `offsetBytes` is that of the chunk in its segment; `sizeBytes` reaches through the sample. */
export const Keyframe = z.object({
  /** From the start of the segment. */
  offsetMs: z.number().min(0),
  offsetBytes: z.number().int().min(0),
  sizeBytes: z.number().int().min(1),
});
export type Keyframe = z.output<typeof Keyframe>;

/** SCTE 35 as EXT-X-DATERANGE wants it: which attribute, and the splice_info_section as 0x-prefixed hexadecimal. */
export const Scte35Cue = z.object({ role: z.enum(['out', 'in', 'cmd']), hex: z.string().regex(/^0x[0-9A-F]+$/) });
export type Scte35Cue = z.output<typeof Scte35Cue>;

/** An `emsg` on the wall clock: becomes an EXT-X-DATERANGE in every media playlist of the presentation (rfc8216bis 4.4.5.1). */
export const TimedMarker = z.object({
  /** Unique in the life of the input: the same event in several tracks has the same one. */
  id: z.string().min(1).max(200),
  schemeIdUri: z.string().max(500),
  value: z.string().max(500),
  startEpochMs: EpochMs,
  /** Absent when unknown. */
  durationMs: z.number().min(0).optional(),
  /** Base64; absent when it is longer than a playlist should carry. */
  messageData: z.string().max(8192).optional(),
  scte35: Scte35Cue.optional(),
});
export type TimedMarker = z.output<typeof TimedMarker>;

/** Ed25519 over the link of the hash chain; `keyId` finds the public key in KV bucket `origin_keys`. `value` is base64url. */
export const ChainSignature = z.object({ keyId: z.string().min(1).max(64), value: z.string().length(86) });
export type ChainSignature = z.output<typeof ChainSignature>;

/** KV bucket `origin_keys`, key = key id: a public key of this origin. Owner: packager. */
export const OriginKey = z.object({
  keyId: z.string().min(1).max(64),
  algorithm: z.literal('Ed25519'),
  /** Raw public key, base64url. */
  publicKey: z.string().length(43),
  createdAtMs: EpochMs,
});
export type OriginKey = z.output<typeof OriginKey>;
