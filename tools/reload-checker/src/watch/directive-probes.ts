import { isYes } from '../attributes.ts';
import { edgeOf } from '../edge.ts';
import type { MediaPlaylist } from '../model.ts';
import { judge } from '../rule.ts';
import { reloadRules, type Reload, type ReloadPurpose } from '../rules/reload-rules.ts';
import { queryOf } from './directives.ts';
import type { PlaylistSource } from './playlist-source.ts';
import type { Session } from './session.ts';

interface Probe {
  readonly purpose: ReloadPurpose;
  readonly query: string;
  readonly mediaSequence?: number;
  readonly part?: number;
}

const FAR_AWAY = 1000;
const OLD = 5;
const UNFOUND_NAME = 'no-such-resource-of-the-reload-checker.m4s';

const blocksReload = ({ serverControl }: MediaPlaylist): boolean =>
  isYes(serverControl?.attributes, 'CAN-BLOCK-RELOAD');

/** The requests with directives that a player would not send, but a server must know what to do with. */
export class DirectiveProbes {
  constructor(
    private readonly session: Session,
    private readonly source: PlaylistSource,
  ) {}

  /** Sends each once, in a polite row; `current` gives the newest playlist. */
  async run(current: () => MediaPlaylist | undefined): Promise<void> {
    const first = current();
    if (first === undefined) return;
    await this.#unfound(first);
    if (!blocksReload(first) || first.ended) return;
    for (const make of PROBES) {
      const playlist = current();
      const probe = playlist === undefined ? undefined : make(playlist);
      if (playlist === undefined || playlist.ended) return;
      if (probe !== undefined) await this.send(probe, playlist);
      await this.session.pause(100);
    }
  }

  /** The one request that an I-frame playlist is tried with. */
  async runOnIFrames(playlist: MediaPlaylist): Promise<void> {
    if (!blocksReload(playlist)) return;
    await this.send(probeOf('i_frames', { mediaSequence: edgeOf(playlist).mediaSequence + 1 }), playlist);
  }

  /** Sends one request and judges the answer. */
  async send(probe: Probe, before: MediaPlaylist): Promise<void> {
    const answer = await this.source.ask(probe.query, before);
    if (answer === undefined) return;
    const { exchange, playlist } = answer;
    const subject: Reload = {
      ...probe,
      before,
      status: exchange.status,
      heldMs: exchange.firstByteAtMs - exchange.askedAtMs,
      answer: playlist,
      toleranceMs: this.session.toleranceMs,
    };
    this.session.enter(judge(reloadRules, subject, this.source.url));
  }

  async #unfound(playlist: MediaPlaylist): Promise<void> {
    const { targetDurationSec } = playlist;
    const uri = playlist.segments.at(-1)?.uri;
    if (uri !== undefined) {
      const url = new URL(UNFOUND_NAME, new URL(uri, this.source.url)).href;
      await this.session.ask(url, { kind: 'nothing_there', targetDurationSec });
    }
    const headers = { 'access-control-request-method': 'GET' };
    await this.session.ask(this.source.url, { kind: 'preflight', method: 'OPTIONS', targetDurationSec, headers });
  }
}

/** The requests, each by what the playlist says now. */
const PROBES: ReadonlyArray<(playlist: MediaPlaylist) => Probe | undefined> = [
  () => ({ purpose: 'part_without_segment', query: '_HLS_part=0' }),
  () => ({ purpose: 'malformed', query: '_HLS_msn=soon' }),
  () => ({ purpose: 'unknown_directive', query: '_HLS_reload_checker=1' }),
  (playlist) => probeOf('old_segment', { mediaSequence: Math.max(0, playlist.mediaSequence - OLD) }),
  (playlist) => probeOf('far_segment', { mediaSequence: edgeOf(playlist).mediaSequence + FAR_AWAY }),
  (playlist) =>
    playlist.partTargetSec === undefined
      ? undefined
      : probeOf('far_part', { mediaSequence: edgeOf(playlist).mediaSequence + 1, part: FAR_AWAY }),
  (playlist) => probeOf('next_segment', { mediaSequence: edgeOf(playlist).mediaSequence + 1 }),
  (playlist) => {
    const parts = playlist.segments.at(-1)?.parts.length ?? 0;
    return parts === 0
      ? undefined
      : probeOf('high_part_of_next', { mediaSequence: edgeOf(playlist).mediaSequence + 1, part: parts - 1 });
  },
];

const probeOf = (purpose: ReloadPurpose, place: { mediaSequence: number; part?: number }): Probe => ({
  purpose,
  query: queryOf(place),
  ...place,
});

/** A request for far more than an ended playlist will ever have. */
export const probeAfterEnd = (playlist: MediaPlaylist): Probe =>
  probeOf('after_end', { mediaSequence: edgeOf(playlist).mediaSequence + FAR_AWAY });
