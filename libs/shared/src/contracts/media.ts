import { z } from 'zod';
import { Epoch, EpochMs, Sha256, Ticks } from './primitives.ts';
import { defineSubject } from './subject.ts';

/** JetStream stream of media bytes as ingest stamped them. */
export const MEDIA_STREAM = 'MEDIA';

/** Raw bytes of one CMAF chunk; facts in headers. Producer: ingest. */
export const chunkSubject = defineSubject('media.v1.{partition}.{inputId}.{trackId}.chunk');
/** Raw bytes of an init segment at the place in the stream where it takes effect. Producer: ingest. */
export const initSubject = defineSubject('media.v1.{partition}.{inputId}.{trackId}.init');
/** Empty body: the publisher of this track ended or was cut. Producer: ingest. */
export const endSubject = defineSubject('media.v1.{partition}.{inputId}.{trackId}.end');
/** Every media message of one partition. */
export const mediaOfPartition = (partition: number): string => `media.v1.${partition}.>`;

/** Every media message of one input. */
export const mediaOfInput = (partition: number, inputId: string): string => `media.v1.${partition}.${inputId}.>`;

const flag = z.codec(z.enum(['0', '1']), z.boolean(), { decode: (v) => v === '1', encode: (v) => (v ? '1' : '0') });
const whole = z.codec(z.string().regex(/^\d{1,15}$/), z.number(), { decode: Number, encode: (v) => String(v) });
const decimal = z.codec(z.string().regex(/^-?\d{1,15}(\.\d{1,6})?$/), EpochMs, {
  decode: Number,
  encode: (v) => String(Math.round(v * 1000) / 1000),
});

/**
 * Headers of a chunk message. Keys are the header names on the wire.
 * `Hw-Anchor-Ms` is the wall clock of tick 0 in the epoch: start of a chunk = anchor + decode time.
 */
export const ChunkHeaders = z.object({
  'Hw-Epoch': whole.pipe(Epoch),
  'Hw-Anchor-Ms': decimal,
  'Hw-Decode-Time': Ticks,
  'Hw-Duration': Ticks,
  'Hw-Timescale': whole,
  'Hw-Independent': flag,
  'Hw-Ingested-Ms': whole,
  'Hw-Sha256': Sha256,
  'Hw-Init-Sha256': Sha256,
  'Hw-Session': z.string().min(1).max(64),
});
export type ChunkHeaders = z.output<typeof ChunkHeaders>;

/** Headers of an init message. The bytes are also in the KV bucket `init_segments` under their hash. */
export const InitHeaders = z.object({
  'Hw-Epoch': whole.pipe(Epoch),
  'Hw-Ingested-Ms': whole,
  'Hw-Sha256': Sha256,
  'Hw-Name': z.string().max(200),
  'Hw-Session': z.string().min(1).max(64),
});
export type InitHeaders = z.output<typeof InitHeaders>;

/** Headers of an end message. `finished`: the encoder ended the stream; `aborted`: the connection was cut. */
export const EndHeaders = z.object({
  'Hw-Epoch': whole.pipe(Epoch),
  'Hw-Reason': z.enum(['finished', 'aborted']),
  'Hw-Session': z.string().min(1).max(64),
});
export type EndHeaders = z.output<typeof EndHeaders>;

/** `Nats-Msg-Id` of a chunk: a resend of the same decode time in the same epoch is stored once. */
export const chunkMessageId = (inputId: string, trackId: number, epoch: number, decodeTimeTicks: bigint): string =>
  `${inputId}:${trackId}:${epoch}:${decodeTimeTicks}`;

/** The partition of an input: FNV-1a over its id, modulo the fixed partition count. */
export function partitionOf(inputId: string, partitionCount: number): number {
  let hash = 0x811c9dc5;
  for (let i = 0; i < inputId.length; i += 1) hash = Math.imul(hash ^ inputId.charCodeAt(i), 0x01000193) >>> 0;
  return hash % partitionCount;
}
