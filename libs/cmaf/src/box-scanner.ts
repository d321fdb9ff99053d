import { CmafError } from './cmaf-error.ts';
import { fourcc, fourccName, viewOf } from './box-cursor.ts';

/** A whole top-level box. */
export interface Box {
  type: string;
  /** The box with its header: a view into the pushed bytes when they held all of it, so the caller must not reuse them. */
  bytes: Uint8Array;
  /** Size, type, extended size and, for `uuid`, the extended type. */
  headerBytes: number;
}

interface BoxHeader {
  type: string;
  headerBytes: number;
  sizeBytes: number;
}

const UUID = fourcc('uuid');
const BASE_HEADER_BYTES = 8;
const LARGE_HEADER_BYTES = 16;
const FIRST_BUFFER_BYTES = 64 * 1024;

/**
 * Cuts a byte stream into top-level boxes (ISO/IEC 14496-12, 4.2), whatever the sizes of the pieces it comes in.
 * Holds at most one unfinished box, and no more memory than twice what has arrived of it.
 * Boxes complete before an error are returned; the error is thrown by the next call, and by every later one.
 */
export class BoxScanner {
  readonly #maxBoxBytes: number;
  #partial = new Uint8Array(BASE_HEADER_BYTES);
  #filledBytes = 0;
  #header: BoxHeader | undefined;
  #failure: CmafError | undefined;

  constructor(o: { maxBoxBytes: number }) {
    this.#maxBoxBytes = o.maxBoxBytes;
  }

  /** Bytes held of the unfinished box. */
  get pendingBytes(): number {
    return this.#filledBytes;
  }

  /** @throws CmafError `box_too_large` as soon as a header says so, `box_malformed` for a header that cannot be. */
  push(bytes: Uint8Array): Box[] {
    if (this.#failure) throw this.#failure;
    const boxes: Box[] = [];
    try {
      this.#scan(bytes, boxes);
    } catch (error) {
      if (!(error instanceof CmafError)) throw error;
      this.#fail(error);
      if (boxes.length === 0) throw error;
    }
    return boxes;
  }

  /** @throws CmafError `box_truncated` when the stream ends inside a box. */
  end(): void {
    if (this.#failure) throw this.#failure;
    if (this.#filledBytes === 0) return;
    const expected = this.#header
      ? `${this.#header.sizeBytes} bytes of box ${this.#header.type}`
      : 'a whole box header';
    throw this.#fail(
      new CmafError('box_truncated', `expected ${expected}, the stream ended after ${this.#filledBytes}`),
    );
  }

  #fail(error: CmafError): CmafError {
    this.#failure = error;
    this.#partial = new Uint8Array(0);
    this.#filledBytes = 0;
    return error;
  }

  #scan(bytes: Uint8Array, boxes: Box[]): void {
    let offset = 0;
    while (offset < bytes.length) {
      const header = this.#filledBytes === 0 ? this.#readHeader(bytes, offset) : undefined;
      if (header && header.sizeBytes <= bytes.length - offset) {
        boxes.push({ ...boxIdentity(header), bytes: bytes.subarray(offset, offset + header.sizeBytes) });
        offset += header.sizeBytes;
      } else {
        offset += this.#accumulate(bytes, offset, boxes);
      }
    }
  }

  /** Takes bytes towards the header, then towards the whole box; returns how many it took. */
  #accumulate(bytes: Uint8Array, offset: number, boxes: Box[]): number {
    const wantedBytes = this.#header?.sizeBytes ?? this.#headerBytesWanted();
    const taken = Math.min(wantedBytes - this.#filledBytes, bytes.length - offset);
    this.#reserve(this.#filledBytes + taken, wantedBytes);
    this.#partial.set(bytes.subarray(offset, offset + taken), this.#filledBytes);
    this.#filledBytes += taken;
    this.#header ??= this.#readHeader(this.#partial.subarray(0, this.#filledBytes), 0);
    if (this.#header?.sizeBytes === this.#filledBytes) this.#complete(this.#header, boxes);
    return taken;
  }

  #headerBytesWanted(): number {
    if (this.#filledBytes < BASE_HEADER_BYTES) return BASE_HEADER_BYTES;
    return LARGE_HEADER_BYTES;
  }

  /** Grows by doubling: a header that announces megabytes and sends none must not cost megabytes. */
  #reserve(neededBytes: number, wantedBytes: number): void {
    if (neededBytes <= this.#partial.length) return;
    const grown = Math.max(neededBytes, this.#partial.length * 2, FIRST_BUFFER_BYTES);
    const larger = new Uint8Array(Math.min(grown, wantedBytes));
    larger.set(this.#partial.subarray(0, this.#filledBytes));
    this.#partial = larger;
  }

  #complete(header: BoxHeader, boxes: Box[]): void {
    boxes.push({ ...boxIdentity(header), bytes: this.#partial.subarray(0, this.#filledBytes) });
    this.#partial = new Uint8Array(BASE_HEADER_BYTES);
    this.#filledBytes = 0;
    this.#header = undefined;
  }

  /** The header at `offset`, or undefined while too little of it is there. */
  #readHeader(bytes: Uint8Array, offset: number): BoxHeader | undefined {
    const available = bytes.length - offset;
    if (available < BASE_HEADER_BYTES) return undefined;
    const view = viewOf(bytes);
    const code = view.getUint32(offset + 4);
    const type = printableType(code);
    const size32 = view.getUint32(offset);
    if (size32 === 1 && available < LARGE_HEADER_BYTES) return undefined;
    const sizeBytes = size32 === 1 ? view.getBigUint64(offset + 8) : BigInt(size32);
    const headerBytes = (size32 === 1 ? LARGE_HEADER_BYTES : BASE_HEADER_BYTES) + (code === UUID ? 16 : 0);
    this.#checkSize(type, sizeBytes, headerBytes);
    return { type, headerBytes, sizeBytes: Number(sizeBytes) };
  }

  #checkSize(type: string, sizeBytes: bigint, headerBytes: number): void {
    if (sizeBytes === 0n) {
      throw new CmafError(
        'box_malformed',
        `box ${type} has size 0 (to the end of the file); a live stream needs a size`,
      );
    }
    if (sizeBytes < headerBytes) {
      throw new CmafError('box_malformed', `box ${type} says ${sizeBytes} bytes, its header alone has ${headerBytes}`);
    }
    if (sizeBytes > this.#maxBoxBytes) {
      throw new CmafError('box_too_large', `box ${type} says ${sizeBytes} bytes, the limit is ${this.#maxBoxBytes}`);
    }
  }
}

const boxIdentity = ({ type, headerBytes }: BoxHeader) => ({ type, headerBytes });

function printableType(code: number): string {
  const type = fourccName(code);
  if (fourcc(type) === code) return type;
  const hex = code.toString(16).padStart(8, '0');
  throw new CmafError('box_malformed', `expected a box type of four printable characters, got 0x${hex}`);
}
