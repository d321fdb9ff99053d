export { composeMultivariant, type TrackSummary } from './compose-multivariant.ts';
export { mapsInto, quotable } from './date-range.ts';
export {
  DeliveryDirectiveError,
  parseDeliveryDirectives,
  type DeliveryDirectives,
  type SkipDirective,
} from './delivery-directives.ts';
export { languageTag } from './language-tag.ts';
export { listableParts } from './listable-parts.ts';
export { renderMediaPlaylist } from './media-playlist.ts';
export {
  renderMultivariantPlaylist,
  type IFrameVariant,
  type MultivariantPlaylist,
  type Rendition,
  type Variant,
} from './multivariant-playlist.ts';
export { PlaylistError } from './playlist-error.ts';
export type {
  ByteRange,
  DateRange,
  MediaMap,
  MediaPlaylist,
  OpenPlaylistSegment,
  PlaylistPart,
  PlaylistSegment,
  PreloadHint,
  RenditionReport,
  ServerControl,
} from './playlist-model.ts';
export { playlistWindow } from './playlist-window.ts';
export {
  decideReload,
  isReached,
  nextPartOf,
  reloadEdgeOf,
  renditionReportOf,
  type PlaylistPosition,
  type ReloadDecision,
  type ReloadEdge,
} from './reload-decision.ts';
export { playlistUriXrpc, segmentUriXrpc, type XrpcSegmentName, type XrpcTrack } from './xrpc-uri.ts';
