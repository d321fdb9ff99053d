/** What of a playlist matters to a verifier; URIs are absolute. */
export type ReadPlaylist =
  | { readonly kind: 'multivariant'; readonly mediaPlaylists: readonly string[] }
  | { readonly kind: 'media'; readonly segments: readonly ListedSegment[] };

/** A segment as a media playlist lists it. */
export interface ListedSegment {
  readonly url: string;
  readonly initUrl: string | undefined;
  readonly gap: boolean;
}

/** A text that is no playlist, or one of a shape that cannot be verified segment by segment. */
export class PlaylistUnreadableError extends Error {
  override readonly name = 'PlaylistUnreadableError';
}

/** Reads a playlist of either kind, resolving its URIs against where it was fetched from. */
export function readPlaylist(text: string, baseUrl: string): ReadPlaylist {
  const lines = text.split(/\r?\n/).filter((line) => line !== '');
  if (lines[0]?.trim() !== '#EXTM3U') {
    throw new PlaylistUnreadableError(
      `${baseUrl}: expected #EXTM3U first, got ${JSON.stringify(lines[0]?.slice(0, 40) ?? '')}`,
    );
  }
  if (lines.some((line) => line.startsWith('#EXT-X-STREAM-INF'))) {
    return { kind: 'multivariant', mediaPlaylists: mediaPlaylistsOf(lines, baseUrl) };
  }
  return { kind: 'media', segments: segmentsOf(lines, baseUrl) };
}

/** Variants and renditions, each once; I-frame playlists list bytes of segments that the others list whole. */
function mediaPlaylistsOf(lines: readonly string[], baseUrl: string): string[] {
  const uris = lines.flatMap((line) => {
    if (line.startsWith('#EXT-X-MEDIA:')) return uriAttributeOf(line) ?? [];
    return line.startsWith('#') ? [] : line;
  });
  return [...new Set(uris.map((uri) => new URL(uri, baseUrl).href))];
}

function segmentsOf(lines: readonly string[], baseUrl: string): ListedSegment[] {
  const segments: ListedSegment[] = [];
  let initUrl: string | undefined;
  let gap = false;
  for (const line of lines) {
    if (line.startsWith('#EXT-X-BYTERANGE') || line === '#EXT-X-I-FRAMES-ONLY') {
      throw new PlaylistUnreadableError(`${baseUrl}: expected whole segments, got byte ranges`);
    }
    if (line.startsWith('#EXT-X-MAP:')) {
      const uri = uriAttributeOf(line);
      initUrl = uri === undefined ? undefined : new URL(uri, baseUrl).href;
    } else if (line === '#EXT-X-GAP') gap = true;
    else if (!line.startsWith('#')) {
      segments.push({ url: new URL(line, baseUrl).href, initUrl, gap });
      gap = false;
    }
  }
  return segments;
}

/** The attribute of an attribute list (RFC 8216, 4.2); a quoted string may hold anything that looks like another one. */
function uriAttributeOf(line: string): string | undefined {
  for (const [, name, value] of line.matchAll(/([A-Z0-9-]+)=("[^"]*"|[^,]*)/g)) {
    if (name === 'URI') return value?.replaceAll('"', '');
  }
  return undefined;
}
