import { languageTag } from './language-tag.ts';
import {
  renderMultivariantPlaylist,
  type IFrameVariant,
  type Rendition,
  type Variant,
} from './multivariant-playlist.ts';
import { PlaylistError } from './playlist-error.ts';

/** What a multivariant playlist says of one track. `codec` as in RFC 6381, bitrates in bits per second, `language` BCP 47 or ISO 639. */
export interface TrackSummary {
  trackId: number;
  kind: 'video' | 'audio' | 'text' | 'metadata';
  codec: string;
  width?: number;
  height?: number;
  frameRate?: number;
  channels?: number;
  language?: string;
  peakBitrate: number;
  averageBitrate: number;
  /** Of its I-frame playlist: a keyframe's bits over the time until the next. Absent: the track has no such playlist. */
  iFrames?: { peakBitrate: number; averageBitrate: number };
}

const AUDIO_GROUP = 'audio';
const SUBTITLES_GROUP = 'subtitles';
const LANGUAGE_NAMES = new Intl.DisplayNames(['en'], { type: 'language' });
// rfc8216bis 3.1.4 and 3.1.5: WebVTT, and IMSC1 in fragmented MP4.
const SUBTITLES_CODEC = /^(wvtt|stpp)\b/;

/** Names the playlist of a track as a URI reference. */
type UriOf = (trackId: number) => string;

/** Renders the multivariant playlist of a stream: audio in one group, subtitles in another, a variant per video track by ascending bandwidth, one variant of its own for a stream without video; with `iFrameUriOf` also the I-frame playlists of tracks that have `iFrames`. Metadata tracks are not listed. Throws PlaylistError when there is neither video nor audio, or a bitrate is 0. */
export function composeMultivariant(tracks: readonly TrackSummary[], uriOf: UriOf, iFrameUriOf?: UriOf): string {
  const byId = tracks.toSorted((a, b) => a.trackId - b.trackId);
  const video = byId.filter((track) => track.kind === 'video');
  const audio = byId.filter((track) => track.kind === 'audio');
  const subtitles = byId.filter((track) => track.kind === 'text' && SUBTITLES_CODEC.test(track.codec));
  const leads = video.length > 0 ? video : audio.slice(0, 1);
  if (leads.length === 0) {
    throw new PlaylistError(`tracks: expected video or audio, got [${tracks.map((track) => track.kind).join(', ')}]`);
  }
  // A lone audio track is the variant itself; a group beside it would make players fetch it twice.
  const groupedAudio = video.length > 0 || audio.length > 1 ? audio : [];
  const variants = leads.map((lead) => variantOf(lead, { audio, subtitles, uri: uriOf(lead.trackId) }));
  for (const variant of variants) {
    if (groupedAudio.length > 0) variant.audioGroup = AUDIO_GROUP;
    if (subtitles.length > 0) variant.subtitlesGroup = SUBTITLES_GROUP;
  }
  return renderMultivariantPlaylist({
    variants: variants.toSorted((a, b) => a.bandwidth - b.bandwidth),
    audio: renditionsOf(groupedAudio, { groupId: AUDIO_GROUP, fallbackName: 'Audio', uriOf }),
    subtitles: renditionsOf(subtitles, { groupId: SUBTITLES_GROUP, fallbackName: 'Subtitles', uriOf }),
    iFrames: iFrameUriOf === undefined ? [] : iFrameVariantsOf(video, iFrameUriOf),
    independentSegments: true,
  });
}

/** `lead` is the track whose playlist the variant names: a video track, or the default of an audio-only stream. */
function variantOf(
  lead: TrackSummary,
  { audio, subtitles, uri }: { audio: readonly TrackSummary[]; subtitles: readonly TrackSummary[]; uri: string },
): Variant {
  const members = lead.kind === 'video' ? [lead, ...audio, ...subtitles] : [...audio, ...subtitles];
  // rfc8216bis 4.4.6.2: the largest sum that any playable combination of renditions can reach.
  const together = [lead.kind === 'video' ? [lead] : [], audio, subtitles];
  const variant: Variant = {
    uri,
    bandwidth: Math.ceil(sumOfLargest(together, (track) => track.peakBitrate)),
    averageBandwidth: Math.ceil(sumOfLargest(together, (track) => track.averageBitrate)),
    // Every format of every rendition, as a player may choose any of a group.
    codecs: [...new Set(members.map(({ codec }) => codec))],
  };
  if (lead.width !== undefined) variant.width = lead.width;
  if (lead.height !== undefined) variant.height = lead.height;
  if (lead.frameRate !== undefined) variant.frameRate = lead.frameRate;
  return variant;
}

const sumOfLargest = (
  groups: readonly (readonly TrackSummary[])[],
  bitrateOf: (track: TrackSummary) => number,
): number => groups.reduce((sum, group) => sum + Math.max(0, ...group.map(bitrateOf)), 0);

function iFrameVariantsOf(video: readonly TrackSummary[], uriOf: UriOf): IFrameVariant[] {
  const variants = video.flatMap(({ trackId, codec, width, height, iFrames }): IFrameVariant[] => {
    if (iFrames === undefined) return [];
    const variant: IFrameVariant = {
      uri: uriOf(trackId),
      bandwidth: Math.ceil(iFrames.peakBitrate),
      averageBandwidth: Math.ceil(iFrames.averageBitrate),
      codecs: [codec],
    };
    if (width !== undefined) variant.width = width;
    if (height !== undefined) variant.height = height;
    return [variant];
  });
  return variants.toSorted((a, b) => a.bandwidth - b.bandwidth);
}

function renditionsOf(
  tracks: readonly TrackSummary[],
  { groupId, fallbackName, uriOf }: { groupId: string; fallbackName: string; uriOf: UriOf },
): Rendition[] {
  const namesTaken = new Map<string, number>();
  return tracks.map((track, index) => {
    const language = languageTag(track.language);
    const baseName = language === undefined ? fallbackName : (LANGUAGE_NAMES.of(language) ?? language);
    const nameCount = (namesTaken.get(baseName) ?? 0) + 1;
    namesTaken.set(baseName, nameCount);
    const rendition: Rendition = {
      groupId,
      name: nameCount === 1 ? baseName : `${baseName} ${nameCount}`,
      // Subtitles show when the viewer, or the system's language, asks for them.
      isDefault: index === 0 && track.kind === 'audio',
      // rfc8216bis 4.4.6.1.1: members with AUTOSELECT=YES differ in language; the first of each language stands for it.
      autoselect: nameCount === 1,
      uri: uriOf(track.trackId),
    };
    if (language !== undefined) rendition.language = language;
    if (track.channels !== undefined) rendition.channels = track.channels;
    return rendition;
  });
}
