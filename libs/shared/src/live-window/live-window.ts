import type { TrackWindow, WindowSegment } from '../contracts/index.ts';

/**
 * What came of a guarded write.
 * `already_there`: this revision or a later one is stored (redelivery). `fenced_out`: a higher token stands, stop writing.
 * `fence_missing`: no token stands, or an older one: Redis lost its data; take the fence again and rebuild.
 * `out_of_step`: revisions are missing before this one; rebuild.
 */
export type AppendOutcome = 'applied' | 'already_there' | 'fenced_out' | 'fence_missing' | 'out_of_step';

/** A window without its closed segments: what changes with every part. */
export type WindowHead = Omit<TrackWindow, 'segments'>;

/** The bytes of one part and where they belong. */
export interface PartBytes {
  readonly mediaSequence: number;
  readonly partIndex: number;
  readonly bytes: Uint8Array;
}

/** The hot window of every live input, as the packager writes it: all writes are guarded by fencing token, appends also by revision. */
export abstract class LiveWindowWriter {
  /** Makes this token the only one that may write an input's window; false when a higher one stands. */
  abstract takeFence(inputId: string, fence: number): Promise<boolean>;

  /** Adds one part: its bytes, and the head after it (revision = the one before + 1). */
  abstract appendPart(head: WindowHead, part: PartBytes): Promise<AppendOutcome>;

  /** Closes a segment and drops those before `firstMediaSequence`, with their bytes. */
  abstract closeSegment(head: WindowHead, segment: WindowSegment, firstMediaSequence: number): Promise<AppendOutcome>;

  /** Writes a whole window over whatever is there; the bytes of its parts must be put before. */
  abstract replace(window: TrackWindow): Promise<AppendOutcome>;

  /** Puts the bytes of one part back (rebuild after Redis lost them). */
  abstract putBytes(window: Pick<TrackWindow, 'inputId' | 'fence' | 'track'>, part: PartBytes): Promise<AppendOutcome>;
}

/** The hot window as playback reads it. */
export abstract class LiveWindowReader {
  /** Every track of an input; empty when nothing is windowed. */
  abstract readInput(inputId: string): Promise<TrackWindow[]>;

  /** The bytes of some parts of a segment, closed or open, in the order asked for; undefined for each that is gone. */
  abstract readParts(
    inputId: string,
    trackId: number,
    at: { readonly mediaSequence: number; readonly partIndexes: readonly number[] },
  ): Promise<Array<Buffer | undefined>>;

  /** The bytes of a segment from its parts, or undefined when any of them is gone. */
  abstract readSegment(inputId: string, trackId: number, segment: WindowSegment): Promise<Buffer | undefined>;
}
