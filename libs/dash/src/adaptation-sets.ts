import { languageTag } from '#hls';
import { ManifestError } from './manifest-error.ts';
import type { DashPeriod, DashSegment, DashTrack, SegmentUri } from './manifest-model.ts';
import { listableSegments, segmentTimeline } from './segment-timeline.ts';
import { decimalSeconds, ticksOf } from './time.ts';
import { xmlElement } from './xml.ts';

const MIME_TYPES = { video: 'video/mp4', audio: 'audio/mp4', text: 'application/mp4' } as const;
// ISO/IEC 23091-3: from seven channels on, the configuration is not their count.
const CHANNEL_CONFIGURATIONS: Readonly<Record<number, number>> = { 1: 1, 2: 2, 3: 3, 4: 4, 5: 5, 6: 6, 7: 11, 8: 12 };

interface ListedTrack {
  track: DashTrack;
  listed: readonly DashSegment[];
}

/** The AdaptationSets of a period (ISO/IEC 23009-1 5.3.3): tracks of one kind, language, codec family and channel count, by ascending bitrate. Empty when nothing can be listed yet. */
export function adaptationSets(period: DashPeriod): string[] {
  const groups = new Map<string, ListedTrack[]>();
  for (const track of period.tracks.toSorted((a, b) => a.trackId - b.trackId)) {
    const listed = listableSegments(track);
    if (listed.length === 0) continue;
    const key = [track.kind, languageTag(track.language), track.codec.split('.')[0], track.channels].join('/');
    groups.set(key, [...(groups.get(key) ?? []), { track, listed }]);
  }
  return [...groups.values()].map((members) => adaptationSet(period, members));
}

function adaptationSet(period: DashPeriod, members: readonly ListedTrack[]): string {
  const [first] = members;
  if (first === undefined) return '';
  const { trackId, kind, language } = first.track;
  const isLed = members.every(({ listed }) => listed.every((segment) => segment.independent));
  const byBitrate = members.toSorted((a, b) => a.track.peakBitrate - b.track.peakBitrate);
  return xmlElement(
    'AdaptationSet',
    {
      id: trackId,
      contentType: kind,
      mimeType: MIME_TYPES[kind],
      lang: languageTag(language),
      segmentAlignment: isAligned(members) ? true : undefined,
      startWithSAP: isLed ? 1 : undefined,
    },
    [
      ...(kind === 'text' ? [xmlElement('Role', { schemeIdUri: 'urn:mpeg:dash:role:2011', value: 'subtitle' })] : []),
      ...byBitrate.map((member) => representation(period, member)),
    ],
  );
}

/** Whether every track cuts where the first one does, as far as both are listed. */
function isAligned([first, ...others]: readonly ListedTrack[]): boolean {
  if (first === undefined) return true;
  return others.every((other) => {
    // Exact fractions of a second, by cross-multiplication.
    const [ours, theirs] = [startsOf(first, other.track.timescale), startsOf(other, first.track.timescale)];
    const from = later(ours[0], theirs[0]);
    const to = -later(-(ours.at(-1) ?? 0n), -(theirs.at(-1) ?? 0n));
    const within = (starts: readonly bigint[]): string =>
      starts.filter((start) => start >= from && start <= to).join(',');
    return within(ours) === within(theirs);
  });
}

const startsOf = ({ listed }: ListedTrack, otherTimescale: number): bigint[] =>
  listed.map((segment) => segment.decodeTimeTicks * BigInt(otherTimescale));

const later = (a = 0n, b = 0n): bigint => (a > b ? a : b);

function representation(period: DashPeriod, { track, listed }: ListedTrack): string {
  const { trackId, codec, peakBitrate, width, height, sampleRate, channels = 0 } = track;
  const configuration = CHANNEL_CONFIGURATIONS[channels];
  return xmlElement(
    'Representation',
    {
      id: trackId,
      codecs: codec,
      bandwidth: bandwidthOf(peakBitrate),
      width,
      height,
      frameRate: track.frameRate === undefined ? undefined : frameRateText(track.frameRate),
      audioSamplingRate: sampleRate,
    },
    [
      ...(configuration === undefined
        ? []
        : [
            xmlElement('AudioChannelConfiguration', {
              schemeIdUri: 'urn:mpeg:mpegB:cicp:ChannelConfiguration',
              value: configuration,
            }),
          ]),
      segmentTemplate(period, track, listed),
    ],
  );
}

function segmentTemplate(period: DashPeriod, track: DashTrack, listed: readonly DashSegment[]): string {
  const { timescale, availabilityTimeOffsetMs: offsetMs } = track;
  if (!Number.isSafeInteger(timescale) || timescale < 1) {
    throw new ManifestError(`timescale of track ${track.trackId}: expected an integer of at least 1, got ${timescale}`);
  }
  return xmlElement(
    'SegmentTemplate',
    {
      timescale,
      presentationTimeOffset: ticksOf('start of the period', period.startEpochMs - period.anchorEpochMs, timescale),
      availabilityTimeOffset: offsetMs === undefined ? undefined : decimalSeconds('availabilityTimeOffset', offsetMs),
      availabilityTimeComplete: offsetMs === undefined ? undefined : false,
      startNumber: listed[0]?.mediaSequence,
      initialization: escapedTemplate(track.initUri),
      media: mediaTemplate(track.segmentUri),
    },
    [segmentTimeline(listed)],
  );
}

/** ISO/IEC 23009-1 5.3.9.4.4: a dollar sign of its own is written twice. */
const escapedTemplate = (uri: string): string => uri.replaceAll('$', '$$$$');

const mediaTemplate = ({ beforeNumber, afterNumber }: SegmentUri): string =>
  `${escapedTemplate(beforeNumber)}$Number$${escapedTemplate(afterNumber)}`;

function bandwidthOf(bitrate: number): number {
  const bandwidth = Math.ceil(bitrate);
  if (Number.isSafeInteger(bandwidth) && bandwidth >= 1) return bandwidth;
  throw new ManifestError(`bandwidth: expected bits per second of at least 1, got ${bitrate}`);
}

/** A whole number, or a fraction: that of NTSC where it is meant. */
function frameRateText(framesPerSecond: number): string {
  if (!(framesPerSecond > 0 && framesPerSecond < 10_000)) {
    throw new ManifestError(`frameRate: expected frames per second above 0, got ${framesPerSecond}`);
  }
  const nominal = Math.round(framesPerSecond);
  if (Math.abs(framesPerSecond - nominal) < 0.0005) return String(nominal);
  if (Math.abs(framesPerSecond * 1.001 - nominal) < 0.001) return `${nominal * 1000}/1001`;
  return `${Math.round(framesPerSecond * 1000)}/1000`;
}
