export { composeMultivariant, type TrackSummary } from './compose-multivariant.ts';
export { renderMediaPlaylist, type MediaMap, type MediaPlaylist, type PlaylistSegment } from './media-playlist.ts';
export {
  renderMultivariantPlaylist,
  type MultivariantPlaylist,
  type Rendition,
  type Variant,
} from './multivariant-playlist.ts';
export { PlaylistError } from './playlist-error.ts';
export { playlistWindow } from './playlist-window.ts';
export { playlistUriXrpc, segmentUriXrpc, type XrpcSegmentName, type XrpcTrack } from './xrpc-uri.ts';
