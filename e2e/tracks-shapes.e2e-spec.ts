import { readFile } from 'node:fs/promises';
import { eventually } from '#shared/testing';
import { shifted } from './support/cmaf-walk.ts';
import { createInput, type CreatedInput } from './support/live-input.ts';
import { startOrigin, type Origin } from './support/origin.ts';
import {
  bytesOf,
  durationSec,
  fetchText,
  listedSegments,
  mediaPlaylistUrls,
  untilPlayable,
  type Fetched,
} from './support/playlists.ts';
import {
  encodeAudio,
  encodeTrack,
  encodeVideo,
  openTrackPush,
  sourceTrack,
  type SourceTrack,
} from './support/track-push.ts';
import { trpc } from './support/trpc.ts';

const SEC = 8;
/** Beyond 2^53 ticks at the timescales of ffmpeg. */
const FAR_SEC = 704_000_000_000n;
const H264 = '-c:v libx264 -preset ultrafast -pix_fmt yuv420p -threads 1 -bf 0 -sc_threshold 0 -g 25'.split(' ');

const fixture = async (name: string): Promise<SourceTrack> =>
  sourceTrack(await readFile(new URL(`../fixtures/media/${name}`, import.meta.url)));
const moved = (track: SourceTrack, byTicks: bigint): SourceTrack => ({
  ...track,
  chunks: track.chunks.map((chunk) => shifted(chunk, byTicks)),
});

interface Shape {
  readonly what: string;
  /** By upload name. */
  readonly tracks: () => Promise<Record<string, SourceTrack>>;
  /** What the multivariant playlist must say. */
  readonly says: readonly RegExp[];
  readonly never?: RegExp;
}

const one = async (name: string, track: Promise<SourceTrack>): Promise<Record<string, SourceTrack>> => ({
  [name]: await track,
});

const SHAPES: readonly Shape[] = [
  {
    what: 'audio alone',
    tracks: () => one('a.cmfa', encodeAudio(SEC)),
    says: [/CODECS="mp4a\.40\.2"/],
    never: /RESOLUTION|TYPE=AUDIO/,
  },
  {
    what: 'video alone',
    tracks: () => one('v.cmfv', encodeVideo(SEC)),
    says: [/CODECS="avc1\.[0-9a-f]{6}"/, /RESOLUTION=160x90/],
    never: /AUDIO=/,
  },
  {
    what: 'audio in two languages',
    tracks: async () => ({
      'v.cmfv': await encodeVideo(SEC),
      'en.cmfa': await encodeAudio(SEC, 'eng'),
      'de.cmfa': await encodeAudio(SEC, 'deu'),
    }),
    says: [/TYPE=AUDIO.*LANGUAGE="en"/, /TYPE=AUDIO.*LANGUAGE="de"/],
  },
  {
    what: 'a variable frame rate',
    tracks: () =>
      one(
        'v.cmfv',
        encodeTrack(
          `testsrc2=s=160x90:r=25:d=${SEC}`,
          ...['-vf', "select='lt(mod(n,50),20)+not(mod(n,7))'", '-vsync', 'vfr', ...H264],
        ),
      ),
    says: [/RESOLUTION=160x90/],
  },
  {
    what: 'muted audio in discontinuous transmission',
    tracks: () =>
      one(
        'a.cmfa',
        encodeTrack(
          `anullsrc=r=48000:cl=mono:d=${SEC}`,
          ...'-c:a libopus -application voip -vbr on -b:a 16k'.split(' '),
        ),
      ),
    says: [/CODECS="[Oo]pus"/],
  },
  {
    what: 'decode times beyond 2^53',
    tracks: async () => ({
      'v.cmfv': moved(await encodeVideo(SEC), FAR_SEC * 12_800n),
      'a.cmfa': moved(await encodeAudio(SEC), FAR_SEC * 48_000n),
    }),
    says: [/CODECS="avc1\.[0-9a-f]{6},mp4a\.40\.2"|CODECS="mp4a\.40\.2,avc1/],
  },
  {
    what: 'a timescale of 10 MHz from the year 1970 on',
    tracks: async () => ({
      'v.cmfv': moved(
        await encodeTrack(`testsrc2=s=160x90:r=25:d=${SEC}`, ...H264, '-video_track_timescale', '10000000'),
        17_800_000_000_000_000n,
      ),
    }),
    says: [/RESOLUTION=160x90/],
  },
  { what: 'HEVC', tracks: () => one('v.cmfv', fixture('hevc.cmfv')), says: [/CODECS="hvc1\.|CODECS="hev1\./] },
  { what: 'AV1', tracks: () => one('v.cmfv', fixture('av1.cmfv')), says: [/CODECS="av01\./] },
  {
    what: 'Opus',
    tracks: () => one('a.cmfa', encodeTrack(`sine=d=${SEC}`, '-c:a', 'libopus')),
    says: [/CODECS="[Oo]pus"/],
  },
  {
    what: 'FLAC',
    tracks: () => one('a.cmfa', encodeTrack(`sine=d=${SEC}`, '-c:a', 'flac', '-strict', '-2')),
    says: [/CODECS="fLaC"/],
  },
];

describe('tracks of every shape', () => {
  let origin: Origin;
  beforeAll(async () => {
    origin = await startOrigin();
  }, 90_000);
  afterAll(() => origin?.stop(), 30_000);

  const liveUrl = ({ externalId }: CreatedInput): string => `${origin.playback}/live/${externalId}/index.m3u8`;
  const openAll = (input: CreatedInput, tracks: Record<string, SourceTrack>) =>
    Object.entries(tracks).map(([name, track]) => ({
      track,
      push: openTrackPush(`${origin.ingest}/publish/${input.externalId}`, { name, streamKey: input.streamKey }),
    }));
  const mediaMsOf = ({ startsMs }: SourceTrack): number => startsMs.at(-1)! - startsMs[0]!;
  const whole = (url: string, track: SourceTrack): Promise<Fetched> =>
    eventually(
      async () => {
        const playlist = await fetchText(url);
        const bytes = await Promise.all(listedSegments(playlist).map((segment) => bytesOf(segment.url)));
        return Buffer.concat(bytes).equals(Buffer.concat(track.chunks)) && playlist;
      },
      { withinMs: 20_000, everyMs: 250, what: `${url} whole` },
    );

  it.each(SHAPES)(
    '$what: every byte is served, init included, and the playlists say what it is',
    async (shape) => {
      const input = await createInput(origin);
      const sent = await shape.tracks();
      const pushes = openAll(input, sent);
      await Promise.all(pushes.map(({ push, track }) => push.send(track.init, ...track.chunks)));
      for (const { push } of pushes) expect((await push.end()).status).toBe(200);
      const tracks = Object.values(sent);
      const multivariant = await untilPlayable(liveUrl(input), { tracks: tracks.length });
      for (const said of shape.says) expect(multivariant.text).toMatch(said);
      if (shape.never !== undefined) expect(multivariant.text).not.toMatch(shape.never);
      const urls = mediaPlaylistUrls(multivariant);
      expect(urls).toHaveLength(tracks.length);
      for (const url of urls) {
        const init = await bytesOf(listedSegments(await fetchText(url))[0]!.mapUrl);
        const track = tracks.find((candidate) => candidate.init.equals(init));
        expect(track).toBeDefined();
        const playlist = await whole(url, track!);
        expect(playlist.text).not.toMatch(/#EXT-X-(DISCONTINUITY$|GAP)/m);
        const listedMs = durationSec(listedSegments(playlist)) * 1000;
        expect(listedMs).toBeGreaterThanOrEqual(mediaMsOf(track!) - 1);
        expect(listedMs).toBeLessThan(mediaMsOf(track!) + 1600);
      }
    },
    45_000,
  );

  it('five renditions with keyframes of their own: each is cut at its keyframes, and the streamer is told', async () => {
    const input = await createInput(origin);
    const gops = [25, 30, 35, 40, 45];
    const encoded = await Promise.all(gops.map((gop, index) => encodeVideo(12, gop, `${160 + 32 * index}x90`)));
    const pushes = openAll(input, Object.fromEntries(encoded.map((track, index) => [`v${index}.cmfv`, track])));
    // In step, as an encoder sends them.
    for (let number = -1; number < Math.max(...encoded.map(({ chunks }) => chunks.length)); number += 1) {
      await Promise.all(
        pushes.map(({ push, track }) =>
          push.send(...(number < 0 ? [track.init] : track.chunks.slice(number, number + 1))),
        ),
      );
    }
    const problems = async (): Promise<string[]> => {
      const query = { orgId: origin.orgId, id: input.id };
      const call = { kind: 'query' as const, procedure: 'streams.liveInputs.problems', input: query };
      return ((await trpc<Array<{ code: string }>>(origin, call)).data ?? []).map(({ code }) => code);
    };
    await eventually(async () => (await problems()).includes('keyframes_misaligned'), { what: 'the problem' });
    for (const { push } of pushes) expect((await push.end()).status).toBe(200);
    const multivariant = await untilPlayable(liveUrl(input), { tracks: 5 });
    const targets = new Set<string>();
    for (const url of mediaPlaylistUrls(multivariant)) {
      const init = await bytesOf(listedSegments(await fetchText(url))[0]!.mapUrl);
      const playlist = await whole(
        url,
        encoded.find((track) => track.init.equals(init))!,
      );
      expect(playlist.text).not.toMatch(/#EXT-X-(DISCONTINUITY$|GAP)/m);
      const target = /#EXT-X-TARGETDURATION:(\d+)/.exec(playlist.text)![1]!;
      targets.add(target);
      for (const segment of listedSegments(playlist))
        expect(Math.round(segment.durationSec)).toBeLessThanOrEqual(Number(target));
    }
    expect(targets.size).toBe(1);
  }, 60_000);
});
