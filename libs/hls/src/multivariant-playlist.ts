import { checkedUri, decimalInteger, quotedString } from './attributes.ts';
import { PlaylistError } from './playlist-error.ts';

/** One EXT-X-MEDIA. `language` is a BCP 47 tag, `channels` a count. */
export interface Rendition {
  groupId: string;
  name: string;
  language?: string;
  isDefault: boolean;
  autoselect: boolean;
  channels?: number;
  uri: string;
}

/** One EXT-X-STREAM-INF. Bandwidths in bits per second; `codecs` lists every format of the variant and its renditions. */
export interface Variant {
  uri: string;
  bandwidth: number;
  averageBandwidth?: number;
  codecs: string[];
  width?: number;
  height?: number;
  frameRate?: number;
  audioGroup?: string;
  subtitlesGroup?: string;
}

/** One EXT-X-I-FRAME-STREAM-INF: the I-frames of a video track. */
export type IFrameVariant = Pick<Variant, 'uri' | 'bandwidth' | 'averageBandwidth' | 'codecs' | 'width' | 'height'>;

/** A multivariant playlist. Every media playlist that Headwater writes consists of independent segments, so the tag is always there. */
export interface MultivariantPlaylist {
  variants: readonly Variant[];
  audio: readonly Rendition[];
  subtitles?: readonly Rendition[];
  iFrames?: readonly IFrameVariant[];
  independentSegments: true;
}

// No tag used here needs a version; 4 is the one rfc8216bis 8 lets a server indicate for EXT-X-MEDIA.
const VERSION = 4;

/** Renders a multivariant playlist (rfc8216bis 4.4.6), renditions before variants before I-frames, each in the order given. Throws PlaylistError on a value the syntax cannot hold. */
export function renderMultivariantPlaylist(playlist: MultivariantPlaylist): string {
  const { variants, audio, subtitles = [], iFrames = [] } = playlist;
  if (variants.length === 0) throw new PlaylistError('multivariant playlist: expected a variant, got none');
  const groups = { AUDIO: groupsOf(audio), SUBTITLES: groupsOf(subtitles) };
  return [
    '#EXTM3U',
    `#EXT-X-VERSION:${VERSION}`,
    '#EXT-X-INDEPENDENT-SEGMENTS',
    ...audio.map((rendition) => renditionLine('AUDIO', rendition)),
    ...subtitles.map((rendition) => renditionLine('SUBTITLES', rendition)),
    ...variants.flatMap((variant) => [variantLine(variant, groups), checkedUri(variant.uri)]),
    ...iFrames.map(iFrameLine),
    '',
  ].join('\n');
}

type RenditionType = 'AUDIO' | 'SUBTITLES';

const groupsOf = (renditions: readonly Rendition[]): ReadonlySet<string> =>
  new Set(renditions.map((rendition) => rendition.groupId));

function renditionLine(type: RenditionType, rendition: Rendition): string {
  const attributes = [
    `TYPE=${type}`,
    `GROUP-ID=${quotedString(rendition.groupId)}`,
    `NAME=${quotedString(rendition.name)}`,
    `DEFAULT=${rendition.isDefault ? 'YES' : 'NO'}`,
    `AUTOSELECT=${rendition.autoselect ? 'YES' : 'NO'}`,
  ];
  if (rendition.language !== undefined) attributes.push(`LANGUAGE=${quotedString(rendition.language)}`);
  if (rendition.channels !== undefined) {
    attributes.push(`CHANNELS="${decimalInteger('CHANNELS', rendition.channels, 1)}"`);
  }
  attributes.push(`URI="${checkedUri(rendition.uri)}"`);
  return `#EXT-X-MEDIA:${attributes.join(',')}`;
}

function variantLine(variant: Variant, groups: Record<RenditionType, ReadonlySet<string>>): string {
  const attributes = streamAttributes(variant);
  const { frameRate, audioGroup, subtitlesGroup } = variant;
  if (frameRate !== undefined) attributes.push(`FRAME-RATE=${frameRateText(frameRate)}`);
  if (audioGroup !== undefined) attributes.push(groupAttribute('AUDIO', audioGroup, groups.AUDIO));
  if (subtitlesGroup !== undefined) attributes.push(groupAttribute('SUBTITLES', subtitlesGroup, groups.SUBTITLES));
  return `#EXT-X-STREAM-INF:${attributes.join(',')}`;
}

const iFrameLine = (variant: IFrameVariant): string =>
  `#EXT-X-I-FRAME-STREAM-INF:${[...streamAttributes(variant), `URI="${checkedUri(variant.uri)}"`].join(',')}`;

function streamAttributes(variant: IFrameVariant): string[] {
  const attributes = [`BANDWIDTH=${decimalInteger('BANDWIDTH', variant.bandwidth, 1)}`];
  if (variant.averageBandwidth !== undefined) {
    attributes.push(`AVERAGE-BANDWIDTH=${decimalInteger('AVERAGE-BANDWIDTH', variant.averageBandwidth, 1)}`);
  }
  attributes.push(`CODECS=${quotedString(variant.codecs.join(','))}`);
  if (variant.width !== undefined && variant.height !== undefined) {
    attributes.push(
      `RESOLUTION=${decimalInteger('width', variant.width, 1)}x${decimalInteger('height', variant.height, 1)}`,
    );
  }
  return attributes;
}

function frameRateText(framesPerSecond: number): string {
  if (framesPerSecond > 0 && framesPerSecond < 10_000) return framesPerSecond.toFixed(3);
  throw new PlaylistError(`FRAME-RATE: expected frames per second above 0, got ${framesPerSecond}`);
}

function groupAttribute(type: RenditionType, groupId: string, groups: ReadonlySet<string>): string {
  if (groups.has(groupId)) return `${type}=${quotedString(groupId)}`;
  throw new PlaylistError(`${type}: expected one of the groups ${JSON.stringify([...groups])}, got ${groupId}`);
}
