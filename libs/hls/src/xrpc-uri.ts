/** What the URLs of place.stream.playback.* have in common. `extraQuery` is threaded through, without `_HLS_*` directives. */
export interface XrpcTrack {
  /** A DID, never a handle. */
  streamer: string;
  trackId: number;
  sid?: string;
  extraQuery?: URLSearchParams;
}

/** Name of an init segment (`init`, after a change `init-2`) or the media sequence number of a segment. */
export type XrpcSegmentName = number | 'init' | `init-${number}`;

const LIVE_PLAYLIST_PATH = '/xrpc/place.stream.playback.getLivePlaylist';
const LIVE_SEGMENT_PATH = '/xrpc/place.stream.playback.getLiveSegment';

/** Root-relative URL of a track's media playlist: query sorted and percent-encoded. */
export function playlistUriXrpc(track: XrpcTrack): string {
  return `${LIVE_PLAYLIST_PATH}?${sortedQuery(track)}`;
}

/** Root-relative URL of a segment or init segment: query sorted, `seg` last and ending in .m4s for ffmpeg's extension check. */
export function segmentUriXrpc(track: XrpcTrack, segment: XrpcSegmentName): string {
  return `${LIVE_SEGMENT_PATH}?${sortedQuery(track)}&seg=${segment}.m4s`;
}

const OWN_KEYS: ReadonlySet<string> = new Set(['seg', 'sid', 'streamer', 'track']);

function sortedQuery(track: XrpcTrack): string {
  const pairs: [string, string][] = [...(track.extraQuery ?? [])].filter(
    ([key]) => !OWN_KEYS.has(key) && !key.startsWith('_HLS_'),
  );
  pairs.push(['streamer', track.streamer], ['track', String(track.trackId)]);
  if (track.sid !== undefined) pairs.push(['sid', track.sid]);
  return pairs
    .toSorted(([a], [b]) => (a < b ? -1 : Number(a > b)))
    .map(([key, value]) => `${encodeURIComponent(key)}=${encodeURIComponent(value)}`)
    .join('&');
}
