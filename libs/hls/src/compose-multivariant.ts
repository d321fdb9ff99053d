import { renderMultivariantPlaylist, type Rendition, type Variant } from './multivariant-playlist.ts';
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
}

const AUDIO_GROUP = 'audio';
const LANGUAGE_NAMES = new Intl.DisplayNames(['en'], { type: 'language' });

/** Renders the multivariant playlist of a stream: audio in one group, a variant per video track by ascending bandwidth, one variant of its own for a stream without video. Text and metadata tracks are not listed. Throws PlaylistError when there is neither video nor audio, or a bitrate is 0. */
export function composeMultivariant(tracks: readonly TrackSummary[], uriOf: (trackId: number) => string): string {
  const byId = tracks.toSorted((a, b) => a.trackId - b.trackId);
  const video = byId.filter((track) => track.kind === 'video');
  const audio = byId.filter((track) => track.kind === 'audio');
  const leads = video.length > 0 ? video : audio.slice(0, 1);
  if (leads.length === 0) {
    throw new PlaylistError(`tracks: expected video or audio, got [${tracks.map((track) => track.kind).join(', ')}]`);
  }
  // A lone audio track is the variant itself; a group beside it would make players fetch it twice.
  const groupedAudio = video.length > 0 || audio.length > 1 ? audio : [];
  const variants = leads.map((lead) => variantOf(lead, audio, uriOf(lead.trackId)));
  if (groupedAudio.length > 0) variants.forEach((variant) => (variant.audioGroup = AUDIO_GROUP));
  return renderMultivariantPlaylist({
    variants: variants.toSorted((a, b) => a.bandwidth - b.bandwidth),
    audio: renditionsOf(groupedAudio, uriOf),
    independentSegments: true,
  });
}

/** `lead` is the track whose playlist the variant names: a video track, or the default of an audio-only stream. */
function variantOf(lead: TrackSummary, audio: readonly TrackSummary[], uri: string): Variant {
  const members = lead.kind === 'video' ? [lead, ...audio] : audio;
  const { peakBitrate, averageBitrate } = largestBitrates(audio);
  const variant: Variant = {
    uri,
    bandwidth: Math.ceil(peakBitrate + (lead.kind === 'video' ? lead.peakBitrate : 0)),
    averageBandwidth: Math.ceil(averageBitrate + (lead.kind === 'video' ? lead.averageBitrate : 0)),
    // rfc8216bis 4.4.6.2: every format of every rendition, as a player may choose any of the group.
    codecs: [...new Set(members.map(({ codec }) => codec))],
  };
  if (lead.width !== undefined) variant.width = lead.width;
  if (lead.height !== undefined) variant.height = lead.height;
  if (lead.frameRate !== undefined) variant.frameRate = lead.frameRate;
  return variant;
}

function largestBitrates(tracks: readonly TrackSummary[]): { peakBitrate: number; averageBitrate: number } {
  return {
    peakBitrate: Math.max(0, ...tracks.map((track) => track.peakBitrate)),
    averageBitrate: Math.max(0, ...tracks.map((track) => track.averageBitrate)),
  };
}

function renditionsOf(audio: readonly TrackSummary[], uriOf: (trackId: number) => string): Rendition[] {
  const namesTaken = new Map<string, number>();
  return audio.map((track, index) => {
    const language = bcp47(track.language);
    const baseName = language === undefined ? 'Audio' : (LANGUAGE_NAMES.of(language) ?? language);
    const nameCount = (namesTaken.get(baseName) ?? 0) + 1;
    namesTaken.set(baseName, nameCount);
    const rendition: Rendition = {
      groupId: AUDIO_GROUP,
      name: nameCount === 1 ? baseName : `${baseName} ${nameCount}`,
      isDefault: index === 0,
      // rfc8216bis 4.4.6.1.1: members with AUTOSELECT=YES differ in language; the first of each language stands for it.
      autoselect: nameCount === 1,
      uri: uriOf(track.trackId),
    };
    if (language !== undefined) rendition.language = language;
    if (track.channels !== undefined) rendition.channels = track.channels;
    return rendition;
  });
}

/** The shortest tag of a language (RFC 5646 2.2.1: eng becomes en); undefined for und and for what is no language. */
function bcp47(language: string | undefined): string | undefined {
  if (language === undefined || !/^[A-Za-z]{2,3}(-[A-Za-z0-9]{1,8})*$/.test(language)) return undefined;
  try {
    const [canonical] = Intl.getCanonicalLocales(language);
    return canonical === 'und' ? undefined : canonical;
  } catch {
    return undefined;
  }
}
