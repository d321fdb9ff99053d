import { decimalInteger, decimalSeconds, quotedString } from './attributes.ts';
import type { SkippedTags } from './delta-update.ts';
import { PlaylistError } from './playlist-error.ts';
import type { MediaPlaylist, ServerControl } from './playlist-model.ts';

// rfc8216bis 8: EXT-X-MAP needs 6, among I-frames only 5.
const MAP_VERSION = 6;
const I_FRAME_MAP_VERSION = 5;
const GAP_VERSION = 8;
const SKIP_VERSION = 9;
const SKIP_DATE_RANGES_VERSION = 10;
// rfc8216bis 4.4.3.8
const MIN_HOLD_BACK_TARGETS = 3;
const MIN_PART_HOLD_BACK_TARGETS = 2;
const MIN_SKIP_TARGETS = 6;

/** The numbers that a playlist begins with. */
export interface FirstNumbers {
  mediaSequence: number;
  discontinuitySequence: number;
}

/** The tags before the first segment, each once (rfc8216bis 4.4.3), EXT-X-SKIP the last of them. */
export function headLines(playlist: MediaPlaylist, first: FirstNumbers, skipped: SkippedTags | undefined): string[] {
  const { serverControl, partTargetMs } = playlist;
  const lines = [
    '#EXTM3U',
    `#EXT-X-VERSION:${versionOf(playlist, skipped)}`,
    '#EXT-X-INDEPENDENT-SEGMENTS',
    `#EXT-X-TARGETDURATION:${decimalInteger('targetDurationSec', playlist.targetDurationSec, 1)}`,
  ];
  if (serverControl !== undefined) lines.push(serverControlLine(serverControl, playlist));
  if (partTargetMs !== undefined) {
    lines.push(`#EXT-X-PART-INF:PART-TARGET=${decimalSeconds('PART-TARGET', partTargetMs)}`);
  }
  if (playlist.iFramesOnly === true) lines.push('#EXT-X-I-FRAMES-ONLY');
  if (playlist.playlistType !== undefined) lines.push(`#EXT-X-PLAYLIST-TYPE:${playlist.playlistType}`);
  lines.push(
    `#EXT-X-MEDIA-SEQUENCE:${decimalInteger('mediaSequence', first.mediaSequence, 0)}`,
    `#EXT-X-DISCONTINUITY-SEQUENCE:${decimalInteger('discontinuitySequence', first.discontinuitySequence, 0)}`,
  );
  if (skipped !== undefined) lines.push(skipLine(skipped));
  return lines;
}

function versionOf(playlist: MediaPlaylist, skipped: SkippedTags | undefined): number {
  if (skipped !== undefined) {
    const dropsDateRanges = skipped.dateRanges.length < (playlist.dateRanges?.length ?? 0);
    return dropsDateRanges ? SKIP_DATE_RANGES_VERSION : SKIP_VERSION;
  }
  if (playlist.segments.some((segment) => segment.gap === true)) return GAP_VERSION;
  return playlist.iFramesOnly === true ? I_FRAME_MAP_VERSION : MAP_VERSION;
}

/** Throws PlaylistError on distances below those of rfc8216bis 4.4.3.8. */
function serverControlLine(control: ServerControl, { targetDurationSec, partTargetMs }: MediaPlaylist): string {
  const targetMs = targetDurationSec * 1000;
  const attributes: string[] = [];
  if (control.canBlockReload) attributes.push('CAN-BLOCK-RELOAD=YES');
  if (control.canSkipUntilMs !== undefined) {
    attributes.push(distance('CAN-SKIP-UNTIL', control.canSkipUntilMs, MIN_SKIP_TARGETS * targetMs));
    if (control.canSkipDateRanges === true) attributes.push('CAN-SKIP-DATERANGES=YES');
  } else if (control.canSkipDateRanges === true) {
    throw new PlaylistError('CAN-SKIP-DATERANGES: expected a CAN-SKIP-UNTIL beside it, got none');
  }
  attributes.push(distance('HOLD-BACK', control.holdBackMs, MIN_HOLD_BACK_TARGETS * targetMs));
  if (control.partHoldBackMs !== undefined) {
    attributes.push(
      distance('PART-HOLD-BACK', control.partHoldBackMs, MIN_PART_HOLD_BACK_TARGETS * (partTargetMs ?? 0)),
    );
  } else if (partTargetMs !== undefined) {
    throw new PlaylistError('PART-HOLD-BACK: expected one beside the part target, got none');
  }
  return `#EXT-X-SERVER-CONTROL:${attributes.join(',')}`;
}

function distance(name: string, valueMs: number, minimumMs: number): string {
  if (valueMs >= minimumMs) return `${name}=${decimalSeconds(name, valueMs)}`;
  throw new PlaylistError(`${name}: expected at least ${minimumMs} ms, got ${valueMs}`);
}

/** EXT-X-SKIP (rfc8216bis 4.4.5.2). */
function skipLine({ segmentCount, recentlyRemovedDateRangeIds }: SkippedTags): string {
  const line = `#EXT-X-SKIP:SKIPPED-SEGMENTS=${segmentCount}`;
  if (recentlyRemovedDateRangeIds === undefined) return line;
  // The list is one quoted-string, tab-delimited: the one control character that the attribute may hold.
  const ids = recentlyRemovedDateRangeIds.map((id) => quotedString(id).slice(1, -1)).join('\t');
  return `${line},RECENTLY-REMOVED-DATERANGES="${ids}"`;
}
