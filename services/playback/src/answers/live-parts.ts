import type { LiveInputRow, TrackWindow, WindowPart, WindowSegment } from '#shared/contracts';
import { IMMUTABLE, type Answer, type PlaybackRequest } from '../domain/answer.ts';
import { MediaLateError, SegmentNotFoundError } from '../domain/errors.ts';
import { isWebVtt } from '../domain/media-uris.ts';
import { anySegmentOf, lookupClosed, lookupPart, lookupSegment, type Lookup } from '../domain/part-lookup.ts';
import { isSilent } from '../domain/presentation.ts';
import { mediaUrgency } from '../domain/urgency.ts';
import type { WindowMirror } from '../stores/window-mirror.store.ts';
import type { LiveMedia } from './live-media.ts';
import type { LivePresence } from './live-presence.ts';

/** A part or a segment in production, by its numbers. */
export interface MediaPlace {
  readonly trackId: number;
  readonly mediaSequence: number;
  readonly partIndex?: number;
}

interface Found<T> {
  readonly window: TrackWindow;
  readonly found: T;
}

/** Nodes differ by moments; what no node has is refused after this. */
const CATCH_UP_MS = 500;

/** What is not whole yet: parts, those of the next moment too, and the segment in production. */
export class LiveParts {
  constructor(private readonly options: { presence: LivePresence; mirror: WindowMirror; media: LiveMedia }) {}

  /** A part; one that comes next is held until it is there, and then sent whole (rfc8216bis 6.2.6). Throws SegmentNotFoundError, or MediaLateError when it does not come. */
  async part(
    row: LiveInputRow,
    at: MediaPlace & { readonly partIndex: number },
    request: PlaybackRequest,
  ): Promise<Answer> {
    const { mediaSequence, partIndex } = at;
    const { window, found } = await this.#found(row, at, (candidate) =>
      lookupPart(candidate, mediaSequence, partIndex),
    );
    return this.options.media.part(row, window, { mediaSequence, part: found }, request);
  }

  /** A segment, closed or in production; the latter is sent part by part as they come. Throws as `part` does. */
  async segment(row: LiveInputRow, at: MediaPlace, request: PlaybackRequest): Promise<Answer> {
    const { mediaSequence } = at;
    const { window, found } = await this.#found(row, at, (candidate) => lookupSegment(candidate, mediaSequence));
    if (found.sha256 !== undefined) return this.options.media.segment(row, window, mediaSequence, request);
    const priority = `u=${mediaUrgency(window)}`;
    const headers = { 'content-type': 'video/mp4', 'cache-control': IMMUTABLE, priority };
    return { status: 200, headers, stream: this.#partsOf(row, at) };
  }

  /** A segment of a WebVTT track as a file of that format; one in production is held until it is whole. Throws as `part` does. */
  async textSegment(row: LiveInputRow, at: MediaPlace, request: PlaybackRequest): Promise<Answer> {
    const { window, found } = await this.#found(row, at, (candidate) =>
      isWebVtt(candidate) ? lookupClosed(candidate, at.mediaSequence) : { kind: 'never' },
    );
    return this.options.media.webVtt(row, window, found, request);
  }

  async *#partsOf(row: LiveInputRow, at: MediaPlace): AsyncGenerator<Buffer> {
    const { mediaSequence } = at;
    for (let partIndex = 0; ; partIndex += 1) {
      const { window, found } = await this.#found(row, { ...at, partIndex }, (candidate) =>
        nextPiece(candidate, mediaSequence, partIndex),
      );
      if (found === 'end') return;
      yield await this.options.media.partBytes(row, window, { mediaSequence, part: found });
    }
  }

  async #found<T>(row: LiveInputRow, at: MediaPlace, lookup: (window: TrackWindow) => Lookup<T>): Promise<Found<T>> {
    const { presence, mirror } = this.options;
    const standing = await this.#caughtUp(row, at, lookup);
    const now = lookup(standing);
    if (now.kind === 'there') return { window: standing, found: now.found };
    if (now.kind !== 'coming' || isSilent(standing, presence.rules())) throw notFound(at);
    const { trackId, mediaSequence, partIndex } = at;
    const wish = {
      key: `media/${trackId}/${mediaSequence}.${partIndex}`,
      trackId,
      isFulfilled: (candidates: readonly TrackWindow[]): boolean => lookup(windowIn(candidates, at)).kind !== 'coming',
    };
    const later = await mirror.waitFor(row.id, wish, presence.holdMs(standing));
    if (later === undefined)
      throw new MediaLateError(`${nameOf(at)}: not there within ${presence.holdMs(standing)} ms`);
    const window = windowIn(later, at);
    const outcome = lookup(window);
    if (outcome.kind === 'there') return { window, found: outcome.found };
    throw notFound(at);
  }

  /** The window of the track. Where another node seems to be ahead of this one: as soon as it has caught up, or after a moment in which it could not. */
  async #caughtUp<T>(row: LiveInputRow, at: MediaPlace, lookup: (window: TrackWindow) => Lookup<T>) {
    const { presence, mirror } = this.options;
    const standing = windowIn(await presence.windowed(row), at);
    if (lookup(standing).kind !== 'ahead') return standing;
    const { trackId, mediaSequence, partIndex } = at;
    const wish = {
      key: `ahead/${trackId}/${mediaSequence}.${partIndex}`,
      trackId,
      isFulfilled: (candidates: readonly TrackWindow[]): boolean => lookup(windowIn(candidates, at)).kind !== 'ahead',
    };
    const [later] = await Promise.all([mirror.waitFor(row.id, wish, CATCH_UP_MS), mirror.lookAgain(row.id)]);
    return later === undefined ? standing : windowIn(later, at);
  }
}

/** What follows in the bytes of a segment after so many parts. */
function nextPiece(window: TrackWindow, mediaSequence: number, partIndex: number): Lookup<WindowPart | 'end'> {
  const segment: WindowSegment | undefined = anySegmentOf(window, mediaSequence);
  if (segment === undefined) return { kind: 'never' };
  const part = segment.parts[partIndex];
  if (part !== undefined) return { kind: 'there', found: part };
  return segment === window.open ? { kind: 'coming' } : { kind: 'there', found: 'end' };
}

function windowIn(windows: readonly TrackWindow[], at: MediaPlace): TrackWindow {
  const window = windows.find((candidate) => candidate.track.trackId === at.trackId);
  if (window === undefined) throw new SegmentNotFoundError(`${nameOf(at)}: the stream has no track ${at.trackId}`);
  return window;
}

const notFound = (at: MediaPlace): SegmentNotFoundError =>
  new SegmentNotFoundError(`${nameOf(at)}: neither in the window nor what comes next`);

const nameOf = ({ mediaSequence, partIndex }: MediaPlace): string =>
  partIndex === undefined ? `segment ${mediaSequence}` : `part ${partIndex} of segment ${mediaSequence}`;
