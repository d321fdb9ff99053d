import { setTimeout as sleep } from 'node:timers/promises';
import type { LiveInputRow, TrackWindow, WindowPart, WindowSegment } from '#shared/contracts';
import { webVttOf } from '#cmaf';
import { answerWith, blockedCacheControl, IMMUTABLE, type Answer, type PlaybackRequest } from '../domain/answer.ts';
import { wholeBody, type Body } from '../domain/body.ts';
import { SegmentNotFoundError } from '../domain/errors.ts';
import { segmentOf } from '../domain/presentation.ts';
import { INIT_URGENCY, mediaUrgency, type Urgency } from '../domain/urgency.ts';
import type { InitBytes } from '../stores/init-bytes.store.ts';
import type { HotParts } from '../stores/hot-parts.store.ts';
import type { SegmentBytes } from '../stores/segment-bytes.store.ts';

const CONTENT_TYPE = 'video/mp4';
/** The fact that lists a part is published beside the write of its bytes and may come first. */
const FRESH_SEGMENTS = 2;
const FRESH_RETRY_DELAYS_MS = [1, 2, 4, 8, 16, 32, 64, 128, 256, 256];

/** Bytes of segments, parts and init segments, verbatim, from memory or the hot window. Parts are kept once; a segment is the list of its parts. */
export class LiveMedia {
  constructor(private readonly options: { parts: HotParts; segments: SegmentBytes; inits: InitBytes }) {}

  /** The closed segment of this number; throws SegmentNotFoundError, or WindowUnavailableError when neither Redis nor the bus answers. */
  async segment(
    row: LiveInputRow,
    window: TrackWindow | undefined,
    mediaSequence: number,
    request: PlaybackRequest,
  ): Promise<Answer> {
    const segment = window === undefined ? undefined : segmentOf(window, mediaSequence);
    const body = window === undefined || segment === undefined ? undefined : await this.bytesOf(row, window, segment);
    if (window === undefined || segment?.sha256 === undefined || body === undefined) {
      throw new SegmentNotFoundError(`segment ${mediaSequence}: not in the window${rangeOf(window)}`);
    }
    return segmentAnswer({ body, sha256: segment.sha256, urgency: mediaUrgency(window) }, request);
  }

  /** A part that the window lists; throws as `segment` does. */
  async part(
    row: LiveInputRow,
    window: TrackWindow,
    at: { mediaSequence: number; part: WindowPart },
    request: PlaybackRequest,
  ): Promise<Answer> {
    const body = await this.partBytes(row, window, at);
    const { targetDurationSec } = window.numbers;
    return answerWith(
      {
        contentType: CONTENT_TYPE,
        cacheControl: `${blockedCacheControl(targetDurationSec)}, immutable`,
        etag: `"${at.part.sha256}"`,
        body,
        acceptsRanges: true,
        urgency: mediaUrgency(window),
      },
      request,
    );
  }

  /** The bytes of a part that the window lists; throws SegmentNotFoundError when they are gone. */
  async partBytes(
    row: LiveInputRow,
    window: TrackWindow,
    { mediaSequence, part }: { mediaSequence: number; part: WindowPart },
  ): Promise<Buffer> {
    const isFresh = mediaSequence > newestClosed(window) - FRESH_SEGMENTS;
    const asked = { inputId: row.id, trackId: window.track.trackId, mediaSequence, parts: [part] };
    const bytes = await this.options.segments.get(part.sha256, async () => {
      const read = async (): Promise<Buffer | undefined> => (await this.options.parts.read(asked))[0];
      return retried(read, isFresh);
    });
    if (bytes !== undefined) return bytes;
    throw new SegmentNotFoundError(`part ${part.partIndex} of segment ${mediaSequence}: the window has lost it`);
  }

  /** The bytes of a closed segment, or undefined when the window has lost them. */
  async bytesOf(
    row: LiveInputRow,
    window: TrackWindow,
    { mediaSequence, sha256, parts }: WindowSegment,
  ): Promise<Body | undefined> {
    if (sha256 === undefined || parts.length === 0) return undefined;
    const isFresh = mediaSequence > newestClosed(window) - FRESH_SEGMENTS;
    return this.options.segments.series(sha256, parts, async (missing) => {
      const asked = { inputId: row.id, trackId: window.track.trackId, mediaSequence, parts: missing };
      const read = async (): Promise<Array<Buffer | undefined> | undefined> => {
        const bytes = await this.options.parts.read(asked);
        return bytes.includes(undefined) ? undefined : bytes;
      };
      return (await retried(read, isFresh)) ?? [];
    });
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
      {
        contentType: CONTENT_TYPE,
        cacheControl,
        etag: `"${initSha256}"`,
        body: bytes,
        acceptsRanges: true,
        urgency: INIT_URGENCY,
      },
      request,
    );
  }

  /** A closed segment of a WebVTT track as a file of that format; throws as `segment` does. */
  async webVtt(
    row: LiveInputRow,
    window: TrackWindow,
    segment: WindowSegment,
    request: PlaybackRequest,
  ): Promise<Answer> {
    const [init, body] = await Promise.all([
      this.options.inits.get(row.id, segment.initSha256),
      this.bytesOf(row, window, segment),
    ]);
    if (init === undefined || body === undefined) {
      throw new SegmentNotFoundError(`segment ${segment.mediaSequence}: the window has lost it`);
    }
    return answerWith(
      {
        contentType: 'text/vtt; charset=utf-8',
        cacheControl: IMMUTABLE,
        etag: `"${segment.sha256}-vtt"`,
        body: Buffer.from(webVttOf(init, wholeBody(body))),
        acceptsRanges: true,
        urgency: mediaUrgency(window),
      },
      request,
    );
  }
}

/** Reads until there is something, or too often; once only where nothing can be on the way. */
async function retried<T>(read: () => Promise<T | undefined>, isFresh: boolean): Promise<T | undefined> {
  let found = await read();
  for (const delayMs of isFresh ? FRESH_RETRY_DELAYS_MS : []) {
    if (found !== undefined) return found;
    await sleep(delayMs);
    found = await read();
  }
  return found;
}

/** The answer of a segment: immutable under its number. */
export const segmentAnswer = (
  { body, sha256, urgency }: { body: Body; sha256: string; urgency: Urgency },
  request: PlaybackRequest,
): Answer =>
  answerWith(
    { contentType: CONTENT_TYPE, cacheControl: IMMUTABLE, etag: `"${sha256}"`, body, acceptsRanges: true, urgency },
    request,
  );

const newestClosed = (window: TrackWindow): number => window.segments.at(-1)?.mediaSequence ?? -1;

const rangeOf = (window: TrackWindow | undefined): string => {
  const [first, last] = [window?.segments[0], window?.segments.at(-1)];
  return first === undefined || last === undefined ? '' : ` (${first.mediaSequence} to ${last.mediaSequence})`;
};
