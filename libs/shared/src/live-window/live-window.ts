import type { TrackWindow, WindowPart, WindowSegment } from '../contracts/index.ts';

/** What came of a guarded write. `fence_missing`: Redis lost its data; take the fence again and rebuild. */
export type AppendOutcome = 'applied' | 'already_there' | 'fenced_out' | 'fence_missing';

/** A window without its closed segments: what changes with every part. */
export type WindowHead = Omit<TrackWindow, 'segments'>;

/** The hot window of every live input, as the packager writes it: all writes are guarded by fencing token and revision. */
export abstract class LiveWindowWriter {
  /** Makes this token the only one that may write an input's window; false when a higher one stands. */
  abstract takeFence(inputId: string, fence: number): Promise<boolean>;

  /** Adds one part: its bytes, and the head after it (revision = the one before + 1). */
  abstract appendPart(
    head: WindowHead,
    at: { mediaSequence: number; part: WindowPart; bytes: Uint8Array },
  ): Promise<AppendOutcome>;

  /** Closes a segment and drops those before `firstMediaSequence`, with their bytes. */
  abstract closeSegment(head: WindowHead, segment: WindowSegment, firstMediaSequence: number): Promise<AppendOutcome>;

  /** Writes a whole window over whatever is there under this fence; the bytes of its parts must be put before. */
  abstract replace(window: TrackWindow): Promise<AppendOutcome>;

  /** Puts the bytes of one part back (rebuild after Redis lost them). */
  abstract putBytes(
    inputId: string,
    trackId: number,
    at: { mediaSequence: number; partIndex: number; bytes: Uint8Array },
  ): Promise<void>;

  /** Forgets an input altogether. */
  abstract erase(inputId: string): Promise<void>;
}

/** The hot window as playback reads it. */
export abstract class LiveWindowReader {
  /** Every track of an input; empty when nothing is windowed. */
  abstract readInput(inputId: string): Promise<TrackWindow[]>;

  /** The bytes of a segment from its parts, or undefined when any of them is gone. */
  abstract readSegment(inputId: string, trackId: number, segment: WindowSegment): Promise<Buffer | undefined>;
}
