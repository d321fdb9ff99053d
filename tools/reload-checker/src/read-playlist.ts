import { readAttributes } from './attributes.ts';
import type { MediaPlaylist, MultivariantPlaylist, Playlist, Tag, Variant } from './model.ts';
import { readMediaPlaylist } from './read-media-playlist.ts';

const MULTIVARIANT = /^#EXT-X-(?:STREAM-INF|I-FRAME-STREAM-INF|MEDIA):/m;

/** Reads a playlist leniently. `base` is the full playlist that a delta update builds on: its segments stand for the skipped ones. */
export function readPlaylist(text: string, url: string, base?: MediaPlaylist): Playlist {
  return MULTIVARIANT.test(text) ? readMultivariantPlaylist(text, url) : readMediaPlaylist(text, url, base);
}

function readMultivariantPlaylist(text: string, url: string): MultivariantPlaylist {
  const lines = text.split(/\r?\n/);
  const tagsOf = (name: string): Tag[] =>
    lines
      .filter((line) => line.startsWith(`#EXT-X-${name}:`))
      .map((line) => ({ attributes: readAttributes(line.slice(name.length + 8)), line }));
  return {
    kind: 'multivariant',
    url,
    text,
    lines,
    variants: variantsOf(lines),
    renditions: tagsOf('MEDIA'),
    iFrameVariants: tagsOf('I-FRAME-STREAM-INF'),
  };
}

function variantsOf(lines: readonly string[]): Variant[] {
  const variants: Variant[] = [];
  let tag: string | undefined;
  for (const line of lines) {
    if (line.startsWith('#EXT-X-STREAM-INF:')) tag = line;
    else if (tag !== undefined && line !== '' && !line.startsWith('#')) {
      variants.push({ attributes: readAttributes(tag.slice('#EXT-X-STREAM-INF:'.length)), line: tag, uri: line });
      tag = undefined;
    }
  }
  return variants;
}
