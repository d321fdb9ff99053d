import { readFileSync } from 'node:fs';
import { CmafReader, inspectChunk, readInit } from '#cmaf';

/** A committed media file. */
export const fixture = (name: string): Buffer =>
  readFileSync(new URL(`../../../fixtures/media/${name}`, import.meta.url));

/** The init segment and chunks of a file, each as it is sent. */
export function partsOf(file: Uint8Array): { init: Uint8Array; chunks: Uint8Array[] } {
  const units = new CmafReader({ maxBoxBytes: 8e6, maxChunkBytes: 8e6, maxInitBytes: 1e6 }).push(file);
  const [init] = units.flatMap((unit) => (unit.kind === 'init' ? [unit.bytes] : []));
  return {
    init: init ?? new Uint8Array(),
    chunks: units.flatMap((unit) => (unit.kind === 'chunk' ? [unit.bytes] : [])),
  };
}

/** An encoder of one track that makes chunks without end: the first chunk of a file with other times and contents. */
export class TestEncoder {
  readonly init: Uint8Array;
  readonly durationTicks: bigint;
  readonly #chunk: Uint8Array;
  readonly #salt: number;

  /** Two encoders of different salt never make the same bytes. */
  constructor(file: Uint8Array, salt: number) {
    const { init, chunks } = partsOf(file);
    this.init = init;
    this.#chunk = chunks[0] ?? new Uint8Array();
    this.#salt = salt;
    const facts = new Map(readInit(init).tracks.map((track) => [track.trackId, track]));
    const moofAt = indexOf(this.#chunk, 'moof') - 4;
    const size = new DataView(this.#chunk.buffer, this.#chunk.byteOffset).getUint32(moofAt);
    const [timing] = inspectChunk(this.#chunk.subarray(moofAt, moofAt + size), facts);
    this.durationTicks = timing?.durationTicks ?? 0n;
  }

  /** Chunk number n of a timeline that begins at `fromTicks`. */
  chunk(n: number, fromTicks = 0n): Uint8Array {
    const bytes = this.#chunk.slice();
    const view = new DataView(bytes.buffer);
    const tfdt = indexOf(bytes, 'tfdt');
    const decodeTimeTicks = fromTicks + BigInt(n) * this.durationTicks;
    if (view.getUint8(tfdt + 4) === 1) view.setBigUint64(tfdt + 8, decodeTimeTicks);
    else view.setUint32(tfdt + 8, Number(decodeTimeTicks));
    view.setUint32(bytes.length - 4, this.#salt * 1_000_000 + n);
    return bytes;
  }

  chunks(from: number, to: number, fromTicks = 0n): Buffer {
    return Buffer.concat(Array.from({ length: to - from }, (_, index) => this.chunk(from + index, fromTicks)));
  }
}

function indexOf(bytes: Uint8Array, type: string): number {
  const at = Buffer.from(bytes.buffer, bytes.byteOffset, bytes.length).indexOf(type);
  if (at < 0) throw new Error(`expected a box ${type}`);
  return at;
}
