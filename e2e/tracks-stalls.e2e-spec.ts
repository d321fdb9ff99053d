import { eventually } from '#shared/testing';
import { createInput, type CreatedInput } from './support/live-input.ts';
import { startOrigin, type Origin } from './support/origin.ts';
import {
  bytesOf,
  endMs,
  fetchText,
  listedSegments,
  mediaPlaylistUrls,
  untilPlayable,
  type Fetched,
  type ListedSegment,
} from './support/playlists.ts';
import { encodeAudio, encodeVideo, openTrackPush, type SourceTrack, type TrackPush } from './support/track-push.ts';
import { trpc } from './support/trpc.ts';

const ALL_SEC = 20;
const [LOSS_FROM_MS, LOSS_TO_MS] = [6000, 12_000];

/** The segments of a playlist with what says that there is no media for them. */
function gapsOf(playlist: Fetched): ListedSegment[] {
  const lines = playlist.text.split('\n');
  const uris = new Set(
    lines.flatMap((line, index) => {
      if (line !== '#EXT-X-GAP') return [];
      return lines.slice(index).find((next) => next !== '' && !next.startsWith('#')) ?? [];
    }),
  );
  return listedSegments(playlist).filter(({ url }) => [...uris].some((uri) => new URL(uri, playlist.url).href === url));
}

describe('tracks that come late, stay away and come back', () => {
  let origin: Origin;
  let tracks: readonly SourceTrack[];
  beforeAll(async () => {
    [origin, tracks] = await Promise.all([
      startOrigin(),
      Promise.all([encodeVideo(ALL_SEC, 25, '320x180'), encodeVideo(ALL_SEC, 25, '160x90'), encodeAudio(ALL_SEC)]),
    ]);
  }, 90_000);
  afterAll(() => origin?.stop(), 30_000);

  const NAMES = ['v180.cmfv', 'v90.cmfv', 'a.cmfa'];
  const liveUrl = ({ externalId }: CreatedInput): string => `${origin.playback}/live/${externalId}/index.m3u8`;
  const open = (input: CreatedInput, index: number): TrackPush =>
    openTrackPush(`${origin.ingest}/publish/${input.externalId}`, { name: NAMES[index]!, streamKey: input.streamKey });
  const between = ({ chunks, startsMs }: SourceTrack, fromMs: number, toMs: number): Buffer[] =>
    chunks.filter((_, index) => startsMs[index]! >= fromMs && startsMs[index]! < toMs);
  const untilListed = (url: string, toSec: number): Promise<Fetched> =>
    eventually(
      async () => {
        const playlist = await fetchText(url);
        const segments = listedSegments(playlist);
        return endMs(segments) - segments[0]!.programDateTimeMs > toSec * 1000 && playlist;
      },
      { withinMs: 20_000, everyMs: 150, what: `${url} up to ${toSec} s` },
    );
  /** Media playlists in the order of the tracks; their ids are in the order of their arrival. */
  const urlsOf = async (multivariant: Fetched): Promise<string[]> => {
    const found = await Promise.all(
      mediaPlaylistUrls(multivariant).map(async (url) => {
        const init = await bytesOf(listedSegments(await fetchText(url))[0]!.mapUrl);
        return { url, index: tracks.findIndex((track) => track.init.equals(init)) };
      }),
    );
    return found.toSorted((a, b) => a.index - b.index).map(({ url }) => url);
  };
  /** The playlist once all that was sent is served. */
  const untilWhole = (url: string, sent: readonly Buffer[]): Promise<Fetched> =>
    eventually(
      async () => {
        const playlist = await fetchText(url);
        return (await servedOf(playlist)).equals(Buffer.concat(sent)) && playlist;
      },
      { withinMs: 20_000, everyMs: 250, what: `${url} whole` },
    );
  const servedOf = async (playlist: Fetched): Promise<Buffer> => {
    const gaps = new Set(gapsOf(playlist).map(({ url }) => url));
    const present = listedSegments(playlist).filter(({ url }) => !gaps.has(url));
    return Buffer.concat(await Promise.all(present.map(({ url }) => bytesOf(url))));
  };

  it.each([
    ['a rendition', 1],
    ['the audio', 2],
  ])(
    '%s that stalls has a GAP of its own; the others go on as if nothing had been',
    async (_, lost) => {
      const input = await createInput(origin);
      const pushes = tracks.map((_track, index) => open(input, index));
      await Promise.all(tracks.map((track, i) => pushes[i]!.send(track.init, ...between(track, 0, LOSS_FROM_MS))));
      const urls = await urlsOf(await untilPlayable(liveUrl(input), { tracks: 3 }));
      const others = [0, 1, 2].filter((index) => index !== lost);
      await Promise.all(others.map((i) => pushes[i]!.send(...between(tracks[i]!, LOSS_FROM_MS, LOSS_TO_MS + 2000))));
      await Promise.all(others.map((i) => untilListed(urls[i]!, LOSS_TO_MS / 1000 - 1)));
      await pushes[lost]!.send(...between(tracks[lost]!, LOSS_TO_MS, ALL_SEC * 1000));
      await Promise.all(others.map((i) => pushes[i]!.send(...between(tracks[i]!, LOSS_TO_MS + 2000, ALL_SEC * 1000))));
      for (const push of pushes) expect((await push.end()).status).toBe(200);

      const kept = between(tracks[lost]!, 0, LOSS_FROM_MS).concat(between(tracks[lost]!, LOSS_TO_MS, Infinity));
      const lists = await Promise.all(
        urls.map((url, index) => untilWhole(url, index === lost ? kept : tracks[index]!.chunks)),
      );
      for (const [index, playlist] of lists.entries()) {
        const segments = listedSegments(playlist);
        expect(playlist.text).not.toMatch(/^#EXT-X-DISCONTINUITY$/m);
        expect(segments.map(({ mediaSequence }) => mediaSequence)).toEqual(segments.map((_segment, n) => n));
        const gaps = gapsOf(playlist);
        if (index !== lost) {
          expect(gaps).toEqual([]);
          continue;
        }
        const startMs = segments[0]!.programDateTimeMs;
        expect(Math.abs(gaps[0]!.programDateTimeMs - startMs - LOSS_FROM_MS)).toBeLessThan(600);
        expect(Math.abs(endMs(gaps) - startMs - LOSS_TO_MS)).toBeLessThan(600);
      }
      // All tracks are on one clock before and after.
      const ends = lists.map((list) => endMs(listedSegments(list)));
      expect(Math.max(...ends) - Math.min(...ends)).toBeLessThan(600);
    },
    60_000,
  );

  it('a track that comes late joins the presentation on its clock, and stays when the first one leaves', async () => {
    const input = await createInput(origin);
    const [video, , audio] = tracks;
    const first = open(input, 0);
    await first.send(video!.init, ...between(video!, 0, 8000));
    const [videoUrl] = mediaPlaylistUrls(await untilPlayable(liveUrl(input)));
    await untilListed(videoUrl!, 5);
    const late = open(input, 2);
    await late.send(audio!.init, ...between(audio!, 8000, 14_000));
    await first.send(...between(video!, 8000, 14_000));
    const urls = mediaPlaylistUrls(await untilPlayable(liveUrl(input), { tracks: 2 }));
    expect(urls).toContain(videoUrl);
    expect((await first.end()).status).toBe(200);
    await late.send(...between(audio!, 14_000, ALL_SEC * 1000));
    expect((await late.end()).status).toBe(200);
    const audioUrl = urls.find((url) => url !== videoUrl)!;
    const list = await untilWhole(audioUrl, between(audio!, 8000, Infinity));
    expect(list.text).not.toMatch(/#EXT-X-(DISCONTINUITY$|GAP)/m);
    const videoStart = listedSegments(await fetchText(videoUrl!))[0]!.programDateTimeMs;
    expect(Math.abs(listedSegments(list)[0]!.programDateTimeMs - videoStart - 8000)).toBeLessThan(600);
  }, 60_000);

  it('a track that stays away is told to the streamer, and that it came back', async () => {
    const input = await createInput(origin);
    const [video, , audio] = tracks;
    const [sound, picture] = [open(input, 2), open(input, 0)];
    await picture.send(video!.init, ...between(video!, 0, 2000));
    await sound.send(audio!.init);
    const problems = async () => {
      const query = { orgId: origin.orgId, id: input.externalId };
      const call = { kind: 'query' as const, procedure: 'streams.liveInputs.problems', input: query };
      return (await trpc<Array<{ code: string; clearedAt?: string }>>(origin, call)).data ?? [];
    };
    const of = async (code: string) => (await problems()).find((problem) => problem.code === code);
    let sentMs = 0;
    await eventually(
      async () => {
        await sound.send(...between(audio!, sentMs, sentMs + 300));
        sentMs += 300;
        return (await of('video_missing')) !== undefined;
      },
      { withinMs: 15_000, everyMs: 300, what: 'video_missing' },
    );
    await picture.send(...between(video!, 2000, sentMs));
    await eventually(async () => (await of('video_missing'))?.clearedAt !== undefined, { what: 'its end' });
    await Promise.all([picture.end(), sound.end()]);
  }, 60_000);
});
