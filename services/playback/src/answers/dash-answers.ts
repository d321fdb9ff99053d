import { renderManifest } from '#dash';
import type { LiveInputRow, TrackWindow, WindowSegment } from '#shared/contracts';
import { growingCacheControl, type Answer, type PlaybackRequest } from '../domain/answer.ts';
import { dashManifest } from '../domain/dash-manifest.ts';
import type { EpochClock } from '../domain/epoch-clock.ts';
import { SegmentNotFoundError, StreamNotLiveError } from '../domain/errors.ts';
import { PLAYLIST_URGENCY } from '../domain/urgency.ts';
import type { Clock } from '../ports.ts';
import type { EpochClocks } from '../stores/epoch-clocks.store.ts';
import type { InitBytes } from '../stores/init-bytes.store.ts';
import type { PlaylistRenders } from '../stores/playlist-renders.store.ts';
import type { LiveMedia } from './live-media.ts';
import type { LivePresence, WindowView } from './live-presence.ts';

const MANIFEST_TYPE = 'application/dash+xml';

/** Which manifest, of whom. */
export interface ManifestRequest {
  readonly row: LiveInputRow;
  readonly view: WindowView;
  /** The folder of the input, from where the manifest is. */
  readonly base: string;
  /** The query that the URIs in it carry, with its question mark. */
  readonly suffix: string;
  readonly request: PlaybackRequest;
}

/** A segment that tells the time of its epoch. */
type Witness = Pick<WindowSegment, 'epoch' | 'mediaSequence' | 'startEpochMs' | 'initSha256' | 'parts'>;

/** MPEG-DASH over the same segments: the live manifest, and the clock that it refers to. */
export class DashAnswers {
  constructor(
    private readonly options: {
      presence: LivePresence;
      media: LiveMedia;
      inits: InitBytes;
      clocks: EpochClocks;
      renders: PlaylistRenders;
      clock: Clock;
      playlistWindowMs: number;
    },
  ) {}

  /** Throws as LivePresence.playable does. */
  async manifest({ row, view, base, suffix, request }: ManifestRequest): Promise<Answer> {
    const { presence, renders, playlistWindowMs: minWindowMs } = this.options;
    const listed = await presence.playable(row, view);
    const tracks = await Promise.all(listed.map(({ track }) => presence.track(row, track.trackId, view)));
    const [first] = tracks;
    if (first === undefined) throw new StreamNotLiveError('this stream has no playable media now');
    const isEnded = tracks.every((track) => track.isEnded);
    const clocks = await this.#clocksOf(row, listed);
    const manifest = renders.get(
      `dash/${row.id}/${view.key}/${base}${suffix}`,
      `${first.revision} ${isEnded}`,
      () =>
        rendered({
          listed,
          all: first.all,
          isEnded,
          minWindowMs,
          base,
          suffix,
          clockOf: (window, epoch) => clocks.get(clockKey(row, window, epoch)),
        }),
      MANIFEST_TYPE,
    );
    return manifest.answer(request, growingCacheControl(first.window.numbers.targetDurationSec));
  }

  /** The wall clock of this node for `urn:mpeg:dash:utc:http-iso:2014`. */
  time(): Answer {
    const body = Buffer.from(new Date(this.options.clock.nowMs()).toISOString());
    const headers = {
      'content-type': 'text/plain; charset=utf-8',
      'cache-control': 'no-store',
      priority: `u=${PLAYLIST_URGENCY}`,
      'content-length': String(body.length),
    };
    return { status: 200, headers, body };
  }

  async #clocksOf(row: LiveInputRow, listed: readonly TrackWindow[]): Promise<Map<string, EpochClock>> {
    const found = await Promise.all(
      listed.flatMap((window) =>
        witnessesOf(window).map(async (witness) => {
          const key = clockKey(row, window, witness.epoch);
          return [key, await this.options.clocks.get(key, () => this.#headOf(row, window, witness))] as const;
        }),
      ),
    );
    return new Map(found.flatMap(([key, clock]) => (clock === undefined ? [] : [[key, clock]])));
  }

  async #headOf(row: LiveInputRow, window: TrackWindow, { mediaSequence, parts, initSha256, startEpochMs }: Witness) {
    const [part] = parts;
    const facts = await this.options.inits.factsOf(row.id, initSha256);
    if (part === undefined || facts === undefined) return undefined;
    try {
      const bytes = await this.options.media.partBytes(row, window, { mediaSequence, part });
      return { bytes, facts, startEpochMs };
    } catch (error) {
      // It slid out of the window just now: the next request asks another segment.
      if (error instanceof SegmentNotFoundError) return undefined;
      throw error;
    }
  }
}

/** Nothing that could be listed yet is no fault. */
function rendered(list: Parameters<typeof dashManifest>[0]): string {
  const manifest = dashManifest(list);
  if (manifest.periods.length === 0) throw new StreamNotLiveError('the media of this stream cannot be read now');
  return renderManifest(manifest);
}

/** The newest segment with bytes of each epoch: it stays in the window for longest. */
function witnessesOf({ segments }: TrackWindow): Witness[] {
  const newest = new Map(segments.filter(({ parts }) => parts.length > 0).map((segment) => [segment.epoch, segment]));
  return [...newest.values()];
}

const clockKey = ({ id }: LiveInputRow, { track }: TrackWindow, epoch: number): string =>
  `${id}/${track.trackId}/${epoch}`;
