import type { SegmentClosed, TrackWindow, WindowPart, WindowSegment } from '#shared/contracts';
import { firstKept } from './domain/retention.ts';
import { sha256Of } from './domain/running-sha256.ts';
import { partsOfRecord, segmentOfRecord, type PartPlace, type RecordedPart } from './domain/window-merge.ts';
import type { PackagerContext } from './packager-context.ts';
import type { StoredRecord, TrackRef } from './ports.ts';
import { WINDOW_BOUND_MS } from '#shared/live-window';

type Target = Pick<TrackWindow, 'inputId' | 'fence' | 'track'>;

/** How many messages of MEDIA are asked for at once. */
const FETCH_AT_ONCE = 32;

/** Puts bytes that Redis lost or never had back into a window: the journal says which, MEDIA has them. */
export class WindowRebuilder {
  readonly #context: PackagerContext;

  constructor(context: PackagerContext) {
    this.#context = context;
  }

  /**
   * The closed segments of a track through its newest record, from what Redis has and what the journal says.
   * A segment whose bytes are gone ends it: everything before is left out, so that the window has no hole.
   */
  async closedSegments(
    track: TrackRef,
    newest: StoredRecord,
    known: { target: Target; stored: TrackWindow | undefined },
  ): Promise<WindowSegment[]> {
    const stored = (known.stored?.segments ?? []).filter(
      (segment) => segment.mediaSequence <= newest.record.mediaSequence,
    );
    const storedThrough = stored.at(-1)?.mediaSequence ?? -1;
    if (storedThrough === newest.record.mediaSequence) return stored;
    const records = await this.#context.journal.recordsOfTrack(track, newest, newest.storedAtMs - WINDOW_BOUND_MS);
    const missing = records.filter((record) => record.mediaSequence > storedThrough);
    const restored = await this.#restore(known.target, wanted(missing, this.#rules(known.stored)));
    return [...stored, ...restored];
  }

  /** Puts the bytes of one part back; false when MEDIA no longer has them. */
  async putPart(target: Target, { mediaSequence, part }: PartPlace): Promise<boolean> {
    const bytes = await this.#bytesOf(part);
    if (bytes === undefined || sha256Of(bytes) !== part.sha256) return false;
    await this.#put(target, { mediaSequence, partIndex: part.partIndex, bytes });
    return true;
  }

  async #restore(target: Target, records: readonly SegmentClosed[]): Promise<WindowSegment[]> {
    const segments: WindowSegment[] = [];
    for (const record of records.toReversed()) {
      const parts = await this.#restoreParts(target, record);
      if (parts === undefined) break;
      segments.unshift(segmentOfRecord(record, parts));
    }
    return segments;
  }

  async #restoreParts(target: Target, record: SegmentClosed): Promise<WindowPart[] | undefined> {
    const parts: WindowPart[] = [];
    for (const part of partsOfRecord(record)) {
      const bytes = await this.#bytesOf(part);
      if (bytes === undefined) return undefined;
      await this.#put(target, { mediaSequence: record.mediaSequence, partIndex: part.partIndex, bytes });
      parts.push({ ...part, sha256: part.sha256 ?? sha256Of(bytes) });
    }
    return parts;
  }

  async #bytesOf(part: Pick<RecordedPart, 'chunks'>): Promise<Uint8Array | undefined> {
    const pieces: Uint8Array[] = [];
    for (let at = 0; at < part.chunks.length; at += FETCH_AT_ONCE) {
      const group = part.chunks.slice(at, at + FETCH_AT_ONCE);
      const fetched = await Promise.all(group.map((chunk) => this.#context.media.bytesOf(chunk.streamSequence)));
      pieces.push(...fetched.filter((bytes) => bytes !== undefined));
    }
    return pieces.length === part.chunks.length ? Buffer.concat(pieces) : undefined;
  }

  async #put(target: Target, part: { mediaSequence: number; partIndex: number; bytes: Uint8Array }): Promise<void> {
    const outcome = await this.#context.window.putBytes(target, part);
    if (outcome !== 'applied') throw new Error(`part bytes of ${target.inputId}: expected applied, got ${outcome}`);
  }

  #rules(stored: TrackWindow | undefined) {
    return {
      keepMs: this.#context.windowKeepMs,
      boundMs: WINDOW_BOUND_MS,
      archivedThrough: stored?.archivedThrough ?? -1,
    };
  }
}

/** The records of segments that a window would still hold. */
function wanted(records: readonly SegmentClosed[], rules: Parameters<typeof firstKept>[1]): SegmentClosed[] {
  const first = firstKept(
    records.map((record) => segmentOfRecord(record, [])),
    rules,
  );
  return records.filter((record) => record.mediaSequence >= first);
}
