import { checkedUri, decimalInteger, quotedString } from './attributes.ts';
import { PlaylistError } from './playlist-error.ts';

/** One EXT-X-MEDIA of TYPE=AUDIO. `language` is a BCP 47 tag, `channels` a count. */
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
}

/** A multivariant playlist. Every media playlist that Headwater writes consists of independent segments, so the tag is always there. */
export interface MultivariantPlaylist {
  variants: readonly Variant[];
  audio: readonly Rendition[];
  independentSegments: true;
}

// No tag used here needs a version; 4 is the one rfc8216bis 8 lets a server indicate for EXT-X-MEDIA.
const VERSION = 4;

/** Renders a multivariant playlist (rfc8216bis 4.4.6), renditions before variants, both in the order given. Throws PlaylistError on a value the syntax cannot hold. */
export function renderMultivariantPlaylist(playlist: MultivariantPlaylist): string {
  if (playlist.variants.length === 0) throw new PlaylistError('multivariant playlist: expected a variant, got none');
  const groups = new Set(playlist.audio.map((rendition) => rendition.groupId));
  return [
    '#EXTM3U',
    `#EXT-X-VERSION:${VERSION}`,
    '#EXT-X-INDEPENDENT-SEGMENTS',
    ...playlist.audio.map(renditionLine),
    ...playlist.variants.flatMap((variant) => [variantLine(variant, groups), checkedUri(variant.uri)]),
    '',
  ].join('\n');
}

function renditionLine(rendition: Rendition): string {
  const attributes = [
    'TYPE=AUDIO',
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

function variantLine(variant: Variant, groups: ReadonlySet<string>): string {
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
  if (variant.frameRate !== undefined) attributes.push(`FRAME-RATE=${frameRate(variant.frameRate)}`);
  if (variant.audioGroup !== undefined) attributes.push(`AUDIO=${audioGroup(variant.audioGroup, groups)}`);
  return `#EXT-X-STREAM-INF:${attributes.join(',')}`;
}

function frameRate(framesPerSecond: number): string {
  if (framesPerSecond > 0 && framesPerSecond < 10_000) return framesPerSecond.toFixed(3);
  throw new PlaylistError(`FRAME-RATE: expected frames per second above 0, got ${framesPerSecond}`);
}

function audioGroup(groupId: string, groups: ReadonlySet<string>): string {
  if (groups.has(groupId)) return quotedString(groupId);
  throw new PlaylistError(`AUDIO: expected one of the groups ${JSON.stringify([...groups])}, got ${groupId}`);
}
