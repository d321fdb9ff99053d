import { eventually } from '#shared/testing';

/** A fetched playlist with the URL it came from. */
export interface Fetched {
  readonly url: string;
  readonly status: number;
  readonly text: string;
  readonly headers: Headers;
}

export async function fetchText(url: string, init: RequestInit = {}): Promise<Fetched> {
  const response = await fetch(url, { signal: AbortSignal.timeout(12_000), ...init });
  return { url: response.url, status: response.status, text: await response.text(), headers: response.headers };
}

/** URIs of the media playlists of a multivariant playlist: variants, then renditions. */
export function mediaPlaylistUrls(multivariant: Fetched): string[] {
  const variants = multivariant.text.split('\n').filter((line) => line !== '' && !line.startsWith('#'));
  const renditions = [...multivariant.text.matchAll(/^#EXT-X-MEDIA:.*URI="([^"]+)"/gm)].map((match) => match[1]!);
  return [...variants, ...renditions].map((uri) => new URL(uri, multivariant.url).href);
}

/** One media segment line with what precedes it. */
export interface ListedSegment {
  readonly url: string;
  readonly mediaSequence: number;
  readonly discontinuitySequence: number;
  readonly durationSec: number;
  readonly programDateTimeMs: number;
  readonly mapUrl: string;
}

/** Segments of a media playlist, read by hand so that the parsers under test stay independent of the tests' own eyes. */
export function listedSegments(playlist: Fetched): ListedSegment[] {
  const found: ListedSegment[] = [];
  let mediaSequence = Number(/#EXT-X-MEDIA-SEQUENCE:(\d+)/.exec(playlist.text)?.[1] ?? 0);
  let discontinuitySequence = Number(/#EXT-X-DISCONTINUITY-SEQUENCE:(\d+)/.exec(playlist.text)?.[1] ?? 0);
  let durationSec = 0;
  let programDateTimeMs = 0;
  let mapUrl = '';
  for (const line of playlist.text.split('\n')) {
    if (line === '#EXT-X-DISCONTINUITY') discontinuitySequence += 1;
    if (line.startsWith('#EXTINF:')) durationSec = Number.parseFloat(line.slice(8));
    if (line.startsWith('#EXT-X-PROGRAM-DATE-TIME:')) programDateTimeMs = Date.parse(line.slice(25));
    if (line.startsWith('#EXT-X-MAP:')) mapUrl = new URL(/URI="([^"]+)"/.exec(line)![1]!, playlist.url).href;
    if (line === '' || line.startsWith('#')) continue;
    const url = new URL(line, playlist.url).href;
    found.push({ url, mediaSequence, discontinuitySequence, durationSec, programDateTimeMs, mapUrl });
    mediaSequence += 1;
    programDateTimeMs += durationSec * 1000;
  }
  return found;
}

/** Waits until a URL answers a playlist in which every media playlist has at least this many segments. */
export function untilPlayable(url: string, options: { segments?: number; withinMs?: number } = {}): Promise<Fetched> {
  const { segments = 1, withinMs = 30_000 } = options;
  return eventually(
    async () => {
      const multivariant = await fetchText(url);
      if (multivariant.status !== 200) throw new Error(`${multivariant.status} ${multivariant.text}`);
      const urls = mediaPlaylistUrls(multivariant);
      for (const media of urls) {
        const count = listedSegments(await fetchText(media)).length;
        if (count < segments) throw new Error(`${media} lists ${count} segments`);
      }
      return urls.length > 0 && multivariant;
    },
    { withinMs, everyMs: 200, what: `${url} playable with ${segments} segments` },
  );
}
