import { inspectChunk, splitChunk, type CmafUnit } from '#cmaf';
import { matchTrackName, type UploadPath } from '../domain/upload-path.ts';
import { trackNamesOf } from '../domain/track-ids.ts';
import { InitMissingError, MediaMalformedError, readingMedia } from '../errors.ts';
import { acceptInit, recoverInit } from './accept-init.ts';
import type { InputFeed } from './input-feed.ts';
import type { PublishingDeps } from './publishing-deps.ts';
import type { NamedInit } from './named-init.ts';
import type { Publishers, TrackOwner } from './publishers.ts';

/** Files of one encoder may overtake each other by about this much. */
const INIT_WAIT_MS = 3000;

/** What one upload works with. */
export interface PublicationContext {
  readonly feed: InputFeed;
  readonly path: UploadPath;
  readonly owner: TrackOwner;
  readonly publishers: Publishers;
  readonly deps: PublishingDeps;
  /** Throws when the upload was cancelled. */
  readonly assertOwned: () => void;
}

/** The media of one upload: its init segment, and each chunk to the lanes of its tracks. */
export class Publication {
  #init: NamedInit | undefined;
  #sessionId = '';
  #broughtInit = false;
  #broughtChunks = false;
  #saidLast = false;

  constructor(private readonly context: PublicationContext) {}

  /**
   * Whether nothing follows this upload on its tracks: the encoder said so, or a stream that brought its own init is over.
   * A stream that did not is one request of many to the same URL, as a file is.
   */
  endsTracks(wasCut: boolean): boolean {
    if (this.#saidLast) return true;
    const isStream = this.context.path.role === 'stream';
    return isStream && (wasCut || (this.#broughtInit && this.#broughtChunks));
  }

  /** Resolves when the bus has acknowledged everything in the unit. */
  async take(unit: CmafUnit): Promise<void> {
    if (unit.kind === 'init') await this.#takeInit(unit.bytes);
    else if (unit.kind === 'chunk') await this.#takeChunk(unit);
    else this.#saidLast = true;
  }

  async #takeInit(bytes: Uint8Array): Promise<void> {
    const { feed, path } = this.context;
    const init = await acceptInit(feed, path.trackName, bytes);
    await this.#use(init);
    this.#broughtInit = true;
  }

  async #takeChunk(chunk: CmafUnit & { kind: 'chunk' }): Promise<void> {
    const arrivalMs = this.context.deps.nowMs();
    const init = this.#init ?? (await this.#use(await this.#knownInit()));
    const timings = readingMedia(() => inspectChunk(chunk.moof, init.facts));
    const pieces = readingMedia(() => splitChunk(chunk, init.facts));
    await Promise.all(
      pieces.map(async ({ trackId: containerTrackId, bytes }) => {
        const timing = timings.find((one) => one.trackId === containerTrackId);
        const track = init.tracks.get(containerTrackId);
        if (timing === undefined || track === undefined) throw unknownTrack(containerTrackId, init);
        if (timing.sampleCount === 0 || timing.durationTicks === 0n) return this.#skip(track.trackId, bytes.length);
        const { assertOwned, feed, publishers } = this.context;
        const sessionId = this.#sessionId;
        const hasRival = (): Promise<boolean> =>
          publishers.hasRival({ inputId: feed.inputId, sessionId, trackId: track.trackId });
        const lane = feed.lane(track.trackId);
        return lane.append({ bytes, timing, init: track, sessionId, arrivalMs, assertOwned, hasRival });
      }),
    );
    this.#broughtChunks = true;
    if (chunk.lastMarker) this.#saidLast = true;
  }

  /** Makes the upload the owner of the tracks of this init segment. */
  async #use(init: NamedInit): Promise<NamedInit> {
    const { publishers, owner, feed } = this.context;
    const trackIds = [...init.tracks.values()].map(({ trackId }) => trackId);
    this.#sessionId = await publishers.claim(owner, trackIds, feed.input);
    this.#init = init;
    return init;
  }

  async #knownInit(): Promise<NamedInit> {
    const { feed, path, deps } = this.context;
    const remembered = feed.findInit(path.trackName);
    if (remembered !== undefined) return remembered;
    const stored = matchTrackName(path.trackName, trackNamesOf(feed.trackIds));
    const recovered = stored === undefined ? undefined : await recoverInit(feed, deps.bus.inits, stored);
    if (recovered !== undefined) return recovered;
    const awaited = path.role === 'segment' ? await feed.awaitInit(path.trackName, INIT_WAIT_MS) : undefined;
    if (awaited !== undefined) return awaited;
    throw new InitMissingError(
      `expected an init segment (ftyp and moov) for "${path.trackName}" before its first chunk, got none`,
    );
  }

  #skip(trackId: number, sizeBytes: number): void {
    this.context.deps.notices.detail('ingest.empty_chunk_skipped', {
      inputId: this.context.feed.inputId,
      trackId,
      sizeBytes,
    });
  }
}

const unknownTrack = (containerTrackId: number, init: NamedInit): MediaMalformedError =>
  new MediaMalformedError(
    `chunk is for track_ID ${containerTrackId}, the init segment has ${[...init.tracks.keys()].join(', ')}`,
  );
