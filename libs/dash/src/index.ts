export { ManifestError } from './manifest-error.ts';
export { renderManifest } from './manifest.ts';
export type {
  DashManifest,
  DashMarker,
  DashPeriod,
  DashSegment,
  DashTrack,
  LatencyTarget,
  SegmentUri,
  UtcTiming,
} from './manifest-model.ts';
