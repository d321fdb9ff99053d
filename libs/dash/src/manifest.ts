import { adaptationSets } from './adaptation-sets.ts';
import { eventStreams } from './event-streams.ts';
import { ManifestError } from './manifest-error.ts';
import type { DashManifest, DashMarker, DashPeriod, LatencyTarget, UtcTiming } from './manifest-model.ts';
import { isoDateTime, isoDuration } from './time.ts';
import { xmlElement } from './xml.ts';

const LIVE_PROFILE = 'urn:mpeg:dash:profile:isoff-live:2011';
// DASH-IF IOP, part "Low-latency Modes for DASH", 9.X.2.
const LOW_LATENCY_PROFILE = 'http://www.dashif.org/guidelines/low-latency-live-v5';
const UTC_TIMING_SCHEMES = {
  direct: 'urn:mpeg:dash:utc:direct:2014',
  'http-iso': 'urn:mpeg:dash:utc:http-iso:2014',
  'http-head': 'urn:mpeg:dash:utc:http-head:2014',
} as const;

/** Renders a live manifest (ISO/IEC 23009-1): availabilityStartTime is the Unix epoch, so that the start of a period is its wall clock. Throws ManifestError when the model breaks a rule or nothing can be listed. */
export function renderManifest(manifest: DashManifest): string {
  const { latency, utcTiming, endEpochMs } = manifest;
  const periods = periodElements(manifest);
  if (periods.length === 0) throw new ManifestError('manifest: expected a track with segments, got none');
  const hasEnded = endEpochMs !== undefined;
  return `<?xml version="1.0" encoding="UTF-8"?>\n${xmlElement(
    'MPD',
    {
      xmlns: 'urn:mpeg:dash:schema:mpd:2011',
      profiles: latency === undefined ? LIVE_PROFILE : `${LIVE_PROFILE},${LOW_LATENCY_PROFILE}`,
      type: 'dynamic',
      availabilityStartTime: '1970-01-01T00:00:00Z',
      publishTime: isoDateTime('publishEpochMs', manifest.publishEpochMs),
      // A presentation that is over says how long it was, and asks for no more updates; type static would count its time from another origin.
      mediaPresentationDuration: hasEnded ? isoDuration('endEpochMs', endEpochMs) : undefined,
      minimumUpdatePeriod: hasEnded ? undefined : isoDuration('minimumUpdatePeriodMs', manifest.minimumUpdatePeriodMs),
      timeShiftBufferDepth: hasEnded
        ? undefined
        : isoDuration('timeShiftBufferDepthMs', manifest.timeShiftBufferDepthMs),
      maxSegmentDuration: isoDuration('maxSegmentDurationMs', manifest.maxSegmentDurationMs),
      minBufferTime: isoDuration('minBufferMs', manifest.minBufferMs),
      suggestedPresentationDelay: isoDuration('suggestedPresentationDelayMs', manifest.suggestedPresentationDelayMs),
    },
    [
      ...(latency === undefined ? [] : [serviceDescription(latency)]),
      ...periods,
      ...(utcTiming === undefined ? [] : [utcTimingElement(utcTiming)]),
    ],
  )}`;
}

function periodElements({ periods, markers = [] }: DashManifest): string[] {
  return periods.flatMap((period, index) => {
    const previous = periods[index - 1];
    if (previous !== undefined && previous.startEpochMs > period.startEpochMs) {
      throw new ManifestError(
        `startEpochMs of period ${period.id}: expected at least ${previous.startEpochMs}, got ${period.startEpochMs}`,
      );
    }
    const sets = adaptationSets(period);
    if (sets.length === 0) return [];
    const events = eventStreams(period, markersOf(markers, { period, next: periods[index + 1] }));
    const start = isoDuration('startEpochMs', period.startEpochMs);
    return [xmlElement('Period', { id: period.id, start }, [...events, ...sets])];
  });
}

/** The markers that begin in a period. */
function markersOf(
  markers: readonly DashMarker[],
  { period, next }: { period: DashPeriod; next: DashPeriod | undefined },
): DashMarker[] {
  const endEpochMs = next?.startEpochMs ?? Infinity;
  return markers.filter((marker) => marker.startEpochMs >= period.startEpochMs && marker.startEpochMs < endEpochMs);
}

function serviceDescription({ targetMs, minMs, maxMs, minPlaybackRate, maxPlaybackRate }: LatencyTarget): string {
  return xmlElement('ServiceDescription', { id: 0 }, [
    xmlElement('Latency', { target: Math.round(targetMs), min: Math.round(minMs), max: Math.round(maxMs) }),
    xmlElement('PlaybackRate', { min: minPlaybackRate, max: maxPlaybackRate }),
  ]);
}

function utcTimingElement(timing: UtcTiming): string {
  const value = timing.kind === 'direct' ? isoDateTime('epochMs', timing.epochMs) : timing.uri;
  return xmlElement('UTCTiming', { schemeIdUri: UTC_TIMING_SCHEMES[timing.kind], value });
}
