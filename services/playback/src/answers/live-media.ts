import { setTimeout as sleep } from 'node:timers/promises';
import type { LiveInputRow, TrackWindow, WindowSegment } from '#shared/contracts';
import { OriginError } from '#shared/errors';
import type { LiveWindowReader } from '#shared/live-window';
import { answerWith, IMMUTABLE, type Answer, type PlaybackRequest } from '../domain/answer.ts';
import { SegmentNotFoundError, WindowUnavailableError } from '../domain/errors.ts';
import { segmentOf } from '../domain/presentation.ts';
import type { InitBytes } from '../stores/init-bytes.store.ts';
import type { SegmentBytes } from '../stores/segment-bytes.store.ts';

const CONTENT_TYPE = 'video/mp4';
/** The fact that lists a segment may overtake the write of its last part. */
const FRESH_SEGMENTS = 2;
const FRESH_RETRY_DELAYS_MS = [20, 50, 100, 200, 400];

/** Bytes of segments and init segments, verbatim, from memory or the hot window. */
export class LiveMedia {
  constructor(private readonly options: { reader: LiveWindowReader; segments: SegmentBytes; inits: InitBytes }) {}

  /** The segment of this number; throws SegmentNotFoundError, or WindowUnavailableError when Redis is away. */
  async segment(
    row: LiveInputRow,
    window: TrackWindow | undefined,
    mediaSequence: number,
    request: PlaybackRequest,
  ): Promise<Answer> {
    const segment = window === undefined ? undefined : segmentOf(window, mediaSequence);
    const bytes = window === undefined || segment === undefined ? undefined : await this.bytesOf(row, window, segment);
    if (segment?.sha256 === undefined || bytes === undefined) {
      throw new SegmentNotFoundError(`segment ${mediaSequence}: not in the window${rangeOf(window)}`);
    }
    return segmentAnswer(bytes, segment.sha256, request);
  }

  /** The bytes of a closed segment, or undefined when the window has lost them. */
  async bytesOf(row: LiveInputRow, window: TrackWindow, segment: WindowSegment): Promise<Buffer | undefined> {
    if (segment.sha256 === undefined) return undefined;
    return this.options.segments.get(segment.sha256, () => this.#fetch(row.id, window, segment));
  }

  /** An init segment by its whole hash; throws SegmentNotFoundError. */
  async init(
    row: LiveInputRow,
    initSha256: string | undefined,
    request: PlaybackRequest,
    cacheControl: string,
  ): Promise<Answer> {
    const bytes = initSha256 === undefined ? undefined : await this.options.inits.get(row.id, initSha256);
    if (bytes === undefined) throw new SegmentNotFoundError('init segment: no such one for this track');
    return answerWith(
      { contentType: CONTENT_TYPE, cacheControl, etag: `"${initSha256}"`, body: bytes, acceptsRanges: true },
      request,
    );
  }

  async #fetch(inputId: string, window: TrackWindow, segment: WindowSegment): Promise<Buffer | undefined> {
    const newest = window.segments.at(-1)?.mediaSequence ?? 0;
    const delays = newest - segment.mediaSequence < FRESH_SEGMENTS ? FRESH_RETRY_DELAYS_MS : [];
    let bytes = await this.#read(inputId, window.track.trackId, segment);
    for (const delayMs of delays) {
      if (bytes !== undefined) return bytes;
      await sleep(delayMs);
      bytes = await this.#read(inputId, window.track.trackId, segment);
    }
    return bytes;
  }

  async #read(inputId: string, trackId: number, segment: WindowSegment): Promise<Buffer | undefined> {
    try {
      return await this.options.reader.readSegment(inputId, trackId, segment);
    } catch (cause) {
      if (cause instanceof OriginError) throw cause;
      throw new WindowUnavailableError('the segment cannot be read now; try again', { cause });
    }
  }
}

/** The answer of a segment: immutable under its number. */
export const segmentAnswer = (bytes: Buffer, sha256: string, request: PlaybackRequest): Answer =>
  answerWith(
    { contentType: CONTENT_TYPE, cacheControl: IMMUTABLE, etag: `"${sha256}"`, body: bytes, acceptsRanges: true },
    request,
  );

const rangeOf = (window: TrackWindow | undefined): string => {
  const [first, last] = [window?.segments[0], window?.segments.at(-1)];
  return first === undefined || last === undefined ? '' : ` (${first.mediaSequence} to ${last.mediaSequence})`;
};
