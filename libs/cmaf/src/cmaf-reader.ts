import { BoxScanner, type Box } from './box-scanner.ts';
import { concatBytes } from './byte-writer.ts';
import { CmafError, type CmafErrorCode } from './cmaf-error.ts';
import type { CmafUnit } from './model.ts';

/** Upper bounds of what one stream may make us hold, in bytes. */
export interface ReaderLimits {
  maxBoxBytes: number;
  maxChunkBytes: number;
  maxInitBytes: number;
}

/**
 * Cuts a byte stream into init segments and chunks, every byte as sent. Boxes may come one by one or many at once.
 * Units complete before an error are returned; the error is thrown by the next call, and by every later one.
 *
 * Not part of any unit: `mfra`, and whole boxes after the last chunk. A box ahead of a repeated `ftyp` leads the next chunk.
 */
export class CmafReader {
  readonly #scanner: BoxScanner;
  readonly #limits: ReaderLimits;
  /** What the boxes at hand will become; `between` holds only boxes that lead the next chunk. */
  #stage: 'between' | 'init' | 'fragment' = 'between';
  #init: Box[] = [];
  #fragment: Box[] = [];
  #moofOffset = 0;
  #moofStreamOffset = 0;
  #streamOffset = 0;
  #segmentIsLast = false;
  #failure: CmafError | undefined;

  constructor(o: ReaderLimits) {
    this.#limits = o;
    this.#scanner = new BoxScanner({ maxBoxBytes: o.maxBoxBytes });
  }

  /** @throws CmafError `box_too_large`, `box_malformed`, `init_malformed` or `unexpected_box` */
  push(bytes: Uint8Array): CmafUnit[] {
    if (this.#failure) throw this.#failure;
    const units: CmafUnit[] = [];
    for (const box of this.#scanner.push(bytes)) {
      try {
        this.#take(box, units);
      } catch (error) {
        if (!(error instanceof CmafError)) throw error;
        this.#failure = error;
        if (units.length === 0) throw error;
        return units;
      }
    }
    return units;
  }

  /**
   * Says that the stream is over. Answers with an `end` unit when the last segment was marked `lmsg`.
   * @throws CmafError `box_truncated` when a box or a unit is unfinished; units already returned stand.
   */
  end(): CmafUnit[] {
    if (this.#failure) throw this.#failure;
    this.#scanner.end();
    if (this.#stage !== 'between') {
      const expected = this.#stage === 'init' ? 'moov after ftyp' : 'mdat after moof';
      throw new CmafError('box_truncated', `expected ${expected}, the stream ended`);
    }
    return this.#segmentIsLast ? [{ kind: 'end' }] : [];
  }

  #take(box: Box, units: CmafUnit[]): void {
    if (this.#stage === 'between') this.#takeBetween(box, units);
    else if (this.#stage === 'init') this.#takeInInit(box, units);
    else this.#takeInFragment(box, units);
    this.#streamOffset += box.bytes.length;
  }

  #takeBetween(box: Box, units: CmafUnit[]): void {
    switch (box.type) {
      case 'ftyp':
        this.#stage = 'init';
        this.#segmentIsLast = false;
        this.#keep(this.#init, box, this.#limits.maxInitBytes);
        return;
      case 'moov':
        throw unexpected('init_malformed', 'ftyp before moov', box);
      case 'mdat':
        throw unexpected('unexpected_box', 'moof before mdat, and one mdat for each moof', box);
      case 'mfra':
        this.#segmentIsLast = false;
        units.push({ kind: 'end' });
        return;
      case 'moof':
        this.#stage = 'fragment';
        this.#moofOffset = totalBytes(this.#fragment);
        this.#moofStreamOffset = this.#streamOffset;
        break;
      case 'styp':
        this.#segmentIsLast = hasBrand(box, 'lmsg');
        break;
    }
    this.#keep(this.#fragment, box, this.#limits.maxChunkBytes);
  }

  #takeInInit(box: Box, units: CmafUnit[]): void {
    if (box.type === 'ftyp') throw unexpected('init_malformed', 'moov after ftyp', box);
    if (box.type === 'moof' || box.type === 'mdat') throw unexpected('unexpected_box', 'moov before any media', box);
    this.#keep(this.#init, box, this.#limits.maxInitBytes);
    if (box.type !== 'moov') return;
    units.push({ kind: 'init', bytes: concatBytes(this.#init.map(({ bytes }) => bytes)) });
    this.#init = [];
    this.#stage = 'between';
  }

  #takeInFragment(box: Box, units: CmafUnit[]): void {
    if (NOT_IN_FRAGMENT.has(box.type)) throw unexpected('unexpected_box', 'mdat after moof', box);
    this.#keep(this.#fragment, box, this.#limits.maxChunkBytes);
    if (box.type !== 'mdat') return;
    units.push(this.#chunk());
    this.#fragment = [];
    this.#stage = 'between';
  }

  #chunk(): CmafUnit {
    const moofBytes = this.#fragment.find(({ type }) => type === 'moof')?.bytes.length ?? 0;
    const bytes = concatBytes(this.#fragment.map((box) => box.bytes));
    return {
      kind: 'chunk',
      bytes,
      moof: bytes.subarray(this.#moofOffset, this.#moofOffset + moofBytes),
      moofOffset: this.#moofOffset,
      streamOffset: this.#moofStreamOffset - this.#moofOffset,
      lastMarker: this.#segmentIsLast,
    };
  }

  #keep(boxes: Box[], box: Box, limitBytes: number): void {
    boxes.push(box);
    const unit = boxes === this.#init ? 'init segment' : 'chunk';
    if (boxes.length > MAX_BOXES_PER_UNIT) {
      throw new CmafError('box_too_large', `${unit} has more than ${MAX_BOXES_PER_UNIT} boxes`);
    }
    const heldBytes = totalBytes(boxes);
    if (heldBytes <= limitBytes) return;
    throw new CmafError('box_too_large', `${unit} has at least ${heldBytes} bytes, the limit is ${limitBytes}`);
  }
}

/** Far above what any source sends; each box held costs more memory than the 8 bytes it may have. */
const MAX_BOXES_PER_UNIT = 256;

const NOT_IN_FRAGMENT: ReadonlySet<string> = new Set(['moof', 'ftyp', 'moov', 'styp', 'mfra']);

const totalBytes = (boxes: readonly Box[]): number => boxes.reduce((sum, { bytes }) => sum + bytes.length, 0);

const unexpected = (code: CmafErrorCode, expected: string, box: Box): CmafError =>
  new CmafError(code, `expected ${expected}, got ${box.type} of ${box.bytes.length} bytes`);

/** Major brand and compatible brands alike; the four bytes between them are the minor version. */
function hasBrand(styp: Box, brand: string): boolean {
  const content = styp.bytes.subarray(styp.headerBytes);
  for (let offset = 0; offset + 4 <= content.length; offset += 4) {
    if (offset !== 4 && String.fromCharCode(...content.subarray(offset, offset + 4)) === brand) return true;
  }
  return false;
}
