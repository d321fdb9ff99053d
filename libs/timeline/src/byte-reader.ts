import { TimelineError } from './timeline-error.ts';

const UTF8 = new TextDecoder('utf-8', { fatal: true, ignoreBOM: true });

/** Reads what ByteWriter wrote. Reading past the end, or a value that the writer cannot have written, throws TimelineError. */
export class ByteReader {
  private readonly buffer: Buffer;
  private readonly view: DataView;
  /** All bytes as hex digits: one conversion and many cuts are several times faster than a conversion per hash. */
  private readonly hex: string;
  private position = 0;

  constructor(bytes: Uint8Array) {
    this.buffer = Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength);
    this.view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
    this.hex = this.buffer.toString('hex');
  }

  get remainingBytes(): number {
    return this.buffer.length - this.position;
  }

  uint(field: string, width: 1 | 2 | 4): number {
    const start = this.advance(field, width);
    if (width === 4) return this.view.getUint32(start);
    return width === 2 ? this.view.getUint16(start) : this.view.getUint8(start);
  }

  safeUint(field: string): number {
    const value = Number(this.view.getBigUint64(this.advance(field, 8)));
    if (Number.isSafeInteger(value)) return value;
    throw new TimelineError(`${field}: expected an integer from 0 to 2^53 - 1, got ${value}`);
  }

  sha256(field: string): string {
    const start = this.advance(field, 32);
    return this.hex.slice(2 * start, 2 * (start + 32));
  }

  text(field: string): string {
    const sizeBytes = this.uint(`${field} length`, 2);
    const start = this.advance(field, sizeBytes);
    try {
      return UTF8.decode(this.buffer.subarray(start, start + sizeBytes));
    } catch (cause) {
      throw new TimelineError(`${field}: expected UTF-8 text, got other bytes`, { cause });
    }
  }

  private advance(field: string, sizeBytes: number): number {
    const start = this.position;
    if (sizeBytes > this.remainingBytes) {
      throw new TimelineError(`${field}: expected ${sizeBytes} bytes, got ${this.remainingBytes}`);
    }
    this.position += sizeBytes;
    return start;
  }
}
