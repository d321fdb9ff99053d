import { TimelineError } from './timeline-error.ts';

/** Appends big-endian fields to a buffer that grows. Every write names its field, so that a value out of range is reported by name (TimelineError). */
export class ByteWriter {
  private buffer = Buffer.alloc(4096);
  private length = 0;

  /** Unsigned integer of 1, 2 or 4 bytes. */
  uint(field: string, value: number, width: 1 | 2 | 4): void {
    const limit = 2 ** (8 * width);
    if (!Number.isInteger(value) || value < 0 || value >= limit) {
      throw new TimelineError(`${field}: expected an integer from 0 to ${limit - 1}, got ${value}`);
    }
    this.reserve(width);
    this.length = this.buffer.writeUIntBE(value, this.length, width);
  }

  /** Unsigned integer of 8 bytes, up to 2^53 - 1. */
  safeUint(field: string, value: number): void {
    if (!Number.isSafeInteger(value) || value < 0) {
      throw new TimelineError(`${field}: expected an integer from 0 to 2^53 - 1, got ${value}`);
    }
    this.reserve(8);
    this.length = this.buffer.writeBigUInt64BE(BigInt(value), this.length);
  }

  /** SHA-256 given as 64 lower-case hex digits, written as 32 bytes. */
  sha256(field: string, hex: string): void {
    if (!/^[0-9a-f]{64}$/.test(hex)) {
      throw new TimelineError(`${field}: expected 64 lower-case hex digits, got ${JSON.stringify(hex)}`);
    }
    this.reserve(32);
    this.length += this.buffer.write(hex, this.length, 'hex');
  }

  /** UTF-8 text of at most 65,535 bytes, preceded by its length. */
  text(field: string, value: string): void {
    if (/\p{Surrogate}/u.test(value)) {
      throw new TimelineError(`${field}: expected well-formed text, got ${JSON.stringify(value)}`);
    }
    const sizeBytes = Buffer.byteLength(value);
    this.uint(`${field} length`, sizeBytes, 2);
    this.reserve(sizeBytes);
    this.length += this.buffer.write(value, this.length);
  }

  /** A view of what was written; valid until the next write. */
  written(): Uint8Array {
    return this.buffer.subarray(0, this.length);
  }

  private reserve(sizeBytes: number): void {
    if (this.length + sizeBytes <= this.buffer.length) return;
    const grown = Buffer.alloc(Math.max(2 * this.buffer.length, this.length + sizeBytes));
    this.buffer.copy(grown, 0, 0, this.length);
    this.buffer = grown;
  }
}
