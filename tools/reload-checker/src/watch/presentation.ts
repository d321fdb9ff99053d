import type { MediaPlaylist, MultivariantPlaylist, Playlist } from '../model.ts';
import { readPlaylist } from '../read-playlist.ts';
import type { Session } from './session.ts';

/** The media playlists of what is watched. */
export interface Presentation {
  readonly multivariant: MultivariantPlaylist | undefined;
  readonly mediaUrls: readonly string[];
  readonly iFrameUrls: readonly string[];
  /** CODECS of the variants that play a media playlist. */
  codecsOf(url: string): readonly string[];
}

/** A URL that gives no playlist to watch. */
export class NotWatchableError extends Error {
  override readonly name = 'NotWatchableError';
}

const MAX_MEDIA_PLAYLISTS = 32;

/** Fetches the playlist at the session's URL; throws NotWatchableError when that is none. */
export async function openPresentation(session: Session): Promise<Presentation> {
  const { url } = session.options;
  const exchange = await session.ask(url, { kind: 'playlist', targetDurationSec: undefined });
  if (exchange?.status !== 200) {
    throw new NotWatchableError(
      `${url}: expected a playlist, got ${exchange?.failure ?? exchange?.status ?? 'no answer'}`,
    );
  }
  const text = decodeText(exchange.body);
  if (!text.includes('#EXTM3U')) throw new NotWatchableError(`${url}: expected a playlist, got no #EXTM3U`);
  return presentationOf(readPlaylist(text, exchange.url));
}

/** Text of a playlist with everything left in that a rule may object to. */
export function decodeText(body: Uint8Array): string {
  return new TextDecoder('utf-8', { ignoreBOM: true }).decode(body);
}

function presentationOf(playlist: Playlist): Presentation {
  if (playlist.kind === 'media') return singlePlaylist(playlist);
  const resolved = (uri: string | undefined): string[] => (uri === undefined ? [] : [new URL(uri, playlist.url).href]);
  const groupsOf = (attribute: string): Array<{ url: string; group: string }> =>
    playlist.renditions
      .filter(({ attributes }) => attributes.get('TYPE') === attribute)
      .flatMap(({ attributes }) =>
        resolved(attributes.get('URI')).map((url) => ({ url, group: attributes.get('GROUP-ID') ?? '' })),
      );
  const renditions = ['AUDIO', 'VIDEO', 'SUBTITLES'].flatMap((type) =>
    groupsOf(type).map((rendition) => ({ ...rendition, type })),
  );
  const variants = playlist.variants.flatMap((variant) => resolved(variant.uri).map((url) => ({ ...variant, url })));
  const urls = new Set([...variants.map(({ url }) => url), ...renditions.map(({ url }) => url)]);
  return {
    multivariant: playlist,
    mediaUrls: [...urls].slice(0, MAX_MEDIA_PLAYLISTS),
    iFrameUrls: playlist.iFrameVariants.flatMap(({ attributes }) => resolved(attributes.get('URI'))),
    codecsOf: (url) =>
      variants
        .filter(
          (variant) =>
            variant.url === url ||
            renditions.some(
              (rendition) =>
                rendition.url === url &&
                rendition.type !== 'SUBTITLES' &&
                variant.attributes.get(rendition.type) === rendition.group,
            ),
        )
        .map(({ attributes }) => attributes.get('CODECS') ?? ''),
  };
}

const singlePlaylist = ({ url }: MediaPlaylist): Presentation => ({
  multivariant: undefined,
  mediaUrls: [url],
  iFrameUrls: [],
  codecsOf: () => [],
});
