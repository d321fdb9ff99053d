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

/** Waits until a URL answers a playlist of at least so many tracks, each with at least so many segments. */
export function untilPlayable(
  url: string,
  options: { segments?: number; tracks?: number; withinMs?: number } = {},
): Promise<Fetched> {
  const { segments = 1, tracks = 1, withinMs = 30_000 } = options;
  return eventually(
    async () => {
      const multivariant = await fetchText(url);
      if (multivariant.status !== 200) throw new Error(`${multivariant.status} ${multivariant.text}`);
      const urls = mediaPlaylistUrls(multivariant);
      for (const media of urls) {
        const count = listedSegments(await fetchText(media)).length;
        if (count < segments) throw new Error(`${media} lists ${count} segments`);
      }
      if (urls.length < tracks) throw new Error(`${urls.length} tracks are listed`);
      return multivariant;
    },
    { withinMs, everyMs: 200, what: `${url} playable with ${segments} segments` },
  );
}

/** The value of a tag, without its name. */
export const tagOf = ({ text }: Fetched, tag: string): string | undefined =>
  new RegExp(`^#EXT-X-${tag}:(.*)$`, 'm').exec(text)?.[1];

export const targetSec = (playlist: Fetched): number => Number(tagOf(playlist, 'TARGETDURATION'));

/** What a list of segments lasts, s. */
export const durationSec = (segments: readonly ListedSegment[]): number =>
  segments.reduce((sum, segment) => sum + segment.durationSec, 0);

/** Wall clock at which a list of segments ends, ms since 1970. */
export const endMs = (segments: readonly ListedSegment[]): number =>
  segments.at(-1)!.programDateTimeMs + segments.at(-1)!.durationSec * 1000;

/** The body of a URL; throws when the answer is not 200. */
export async function bytesOf(url: string): Promise<Buffer> {
  const response = await fetch(url);
  if (response.status !== 200) throw new Error(`${url}: ${response.status} ${await response.text()}`);
  return Buffer.from(await response.arrayBuffer());
}
