import type { MediaPlaylist, MultivariantPlaylist } from './model.ts';
import { judge, type Judgement } from './rule.ts';
import { deltaRules, type DeltaSubject } from './rules/delta-rules.ts';
import { followUpRules } from './rules/follow-up-rules.ts';
import { partRules } from './rules/part-rules.ts';
import { playlistRules } from './rules/playlist-rules.ts';
import { renditionRules, reportsRules, type Renditions } from './rules/rendition-rules.ts';
import { successionRules } from './rules/succession-rules.ts';
import type { SuccessionClock } from './rules/succession.ts';
import { timingRules } from './rules/timing-rules.ts';

/** Judges one media playlist by itself. A delta update is judged by {@link checkDelta}, merged it is a playlist like any. */
export function checkPlaylist(playlist: MediaPlaylist): Judgement[] {
  return [...judge(playlistRules, playlist, playlist.url), ...judge(partRules, playlist, playlist.url)];
}

/** Judges what changed between two fetches of one URL; both whole playlists. */
export function checkSuccession(previous: MediaPlaylist, next: MediaPlaylist, clock: SuccessionClock): Judgement[] {
  const subject = { previous, next, clock };
  return [successionRules, timingRules, followUpRules].flatMap((rules) => judge(rules, subject, next.url));
}

/** Judges a delta update against the client's copy and the full playlist fetched beside it. */
export function checkDelta(
  previousFull: MediaPlaylist,
  delta: MediaPlaylist,
  full: MediaPlaylist,
  asked: DeltaSubject['asked'] = 'YES',
): Judgement[] {
  return judge(deltaRules, { previousFull, delta, full, asked }, delta.url);
}

/** Judges media playlists of one presentation against each other; fetched within `toleranceMs`. */
export function checkRenditionsInStep(renditions: Renditions, multivariant?: MultivariantPlaylist): Judgement[] {
  const [first] = renditions.playlists;
  return judge(renditionRules, renditions, multivariant?.url ?? first?.url ?? '');
}

/** Judges the rendition reports of a playlist or delta update; `others` are the paths of the other media playlists. */
export function checkReports(playlist: MediaPlaylist, others: readonly string[]): Judgement[] {
  return judge(reportsRules, { playlist, others }, playlist.url);
}
