import { CmafError, type CmafErrorCode } from './cmaf-error.ts';

/** A four-character code as the big-endian number it is on the wire. */
export const fourcc = (type: string): number =>
  (type.charCodeAt(0) * 0x1000000 + (type.charCodeAt(1) << 16) + (type.charCodeAt(2) << 8) + type.charCodeAt(3)) >>> 0;

/** The text of a four-character code; bytes that cannot be printed are shown as dots. */
export const fourccName = (code: number): string =>
  String.fromCharCode(code >>> 24, (code >>> 16) & 0xff, (code >>> 8) & 0xff, code & 0xff).replaceAll(
    /[^\x20-\x7e]/g,
    '.',
  );

/** A view of exactly these bytes. */
export const viewOf = (bytes: Uint8Array): DataView => new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);

/**
 * Walks sibling boxes in `[position, limit)` of a view: `next()` moves on, the fields describe the current box.
 * A mutable cursor, so that the inspection of a chunk allocates next to nothing. Throws {@link CmafError} with `code`.
 */
export class BoxCursor {
  type = 0;
  start = 0;
  /** Start of the box's content, after size, type and extended size. */
  payload = 0;
  end = 0;
  #position: number;

  constructor(
    readonly view: DataView,
    position: number,
    readonly limit: number,
    readonly code: CmafErrorCode,
  ) {
    this.#position = position;
  }

  next(): boolean {
    const start = this.#position;
    const available = this.limit - start;
    if (available === 0) return false;
    if (available < 8) throw new CmafError(this.code, `expected a box header of 8 bytes, ${available} are left`);
    this.start = start;
    this.type = this.view.getUint32(start + 4);
    this.payload = start + 8;
    const size = this.#readSize(start, available);
    if (size < this.payload - start || size > available) {
      throw new CmafError(this.code, `box ${fourccName(this.type)} says ${size} bytes, its container has ${available}`);
    }
    this.end = start + size;
    this.#position = this.end;
    return true;
  }

  #readSize(start: number, available: number): number {
    const size = this.view.getUint32(start);
    if (size !== 1) return size;
    if (available < 16) throw new CmafError(this.code, `box ${fourccName(this.type)} ends inside its 64-bit size`);
    this.payload = start + 16;
    return Number(this.view.getBigUint64(start + 8));
  }

  /** A cursor over the boxes inside the current one, after `skipBytes` of its own fields. */
  children(skipBytes = 0): BoxCursor {
    this.need(skipBytes);
    return new BoxCursor(this.view, this.payload + skipBytes, this.end, this.code);
  }

  /** Throws unless the current box has at least this many content bytes. */
  need(contentBytes: number): void {
    const has = this.end - this.payload;
    if (has >= contentBytes) return;
    throw new CmafError(
      this.code,
      `box ${fourccName(this.type)} needs ${contentBytes} bytes of content, it has ${has}`,
    );
  }

  /** The current box, header included: a view. */
  bytes(): Uint8Array {
    return new Uint8Array(this.view.buffer, this.view.byteOffset + this.start, this.end - this.start);
  }
}
