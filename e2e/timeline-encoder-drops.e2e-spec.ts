import { eventually } from '#shared/testing';
import { shifted } from './support/cmaf-walk.ts';
import { createInput } from './support/live-input.ts';
import { startOrigin, type Origin } from './support/origin.ts';
import {
  bytesOf,
  fetchText,
  listedSegments,
  mediaPlaylistUrls,
  untilPlayable,
  type Fetched,
} from './support/playlists.ts';
import { encodeAudio, encodeVideo, openTrackPush, type SourceTrack } from './support/track-push.ts';

const NAMES = ['v.cmfv', 'a.cmfa'] as const;
const BEFORE_SEC = 6;
const ALL_SEC = 12;
const MOVED_SEC = 1000;

/** The minor version of `ftyp`: other bytes, the same track. */
const changed = (init: Buffer): Buffer => {
  const copy = Buffer.from(init);
  copy.writeUInt32BE(77, 12);
  return copy;
};

interface Return {
  readonly what: string;
  /** Seconds that the timestamps of the second half are moved by. */
  readonly movedSec: number;
  readonly isNewInit: boolean;
  readonly discontinuities: number;
}

const RETURNS: readonly Return[] = [false, true].flatMap((isNewInit) => {
  const init = isNewInit ? 'a new init' : 'the same init';
  const broken = { isNewInit, discontinuities: 1 };
  return [
    { what: `${init}, timestamps continue`, movedSec: 0, isNewInit, discontinuities: isNewInit ? 1 : 0 },
    { what: `${init}, timestamps jump forward`, movedSec: MOVED_SEC, ...broken },
    { what: `${init}, timestamps jump back`, movedSec: -3, ...broken },
    { what: `${init}, timestamps begin at zero`, movedSec: -BEFORE_SEC, ...broken },
  ];
});

describe('an encoder that drops and comes back', () => {
  let origin: Origin;
  let tracks: readonly SourceTrack[];
  const lists = new Map<string, Fetched[]>();

  const secondHalf = ({ chunks, startsMs, init }: SourceTrack, movedSec: number): Buffer[] => {
    const timescale = init.includes('vide') ? 12_800n : 48_000n;
    return chunks
      .filter((_, index) => startsMs[index]! >= BEFORE_SEC * 1000)
      .map((chunk) => shifted(chunk, BigInt(movedSec) * timescale));
  };
  const firstHalf = ({ chunks, startsMs }: SourceTrack): Buffer[] =>
    chunks.filter((_, index) => startsMs[index]! < BEFORE_SEC * 1000);

  const servedOf = async (playlist: Fetched): Promise<Buffer> =>
    Buffer.concat(await Promise.all(listedSegments(playlist).map((segment) => bytesOf(segment.url))));

  const play = async ({ what, movedSec, isNewInit }: Return): Promise<void> => {
    const input = await createInput(origin);
    const point = `${origin.ingest}/publish/${input.externalId}`;
    const open = () => NAMES.map((name) => openTrackPush(point, { name, streamKey: input.streamKey }));
    const url = `${origin.playback}/live/${input.externalId}/index.m3u8`;
    const first = open();
    await Promise.all(tracks.map((track, index) => first[index]!.send(track.init, ...firstHalf(track))));
    await untilPlayable(url, { tracks: 2, segments: 2 });
    for (const push of first) push.cut();
    const again = open();
    await Promise.all(
      tracks.map((track, index) =>
        again[index]!.send(isNewInit ? changed(track.init) : track.init, ...secondHalf(track, movedSec)),
      ),
    );
    const answers = await Promise.all(again.map((push) => push.end()));
    expect(answers.map(({ status }) => status)).toEqual([200, 200]);
    const wanted = tracks.map((track) => Buffer.concat([...firstHalf(track), ...secondHalf(track, movedSec)]));
    const media = await eventually(
      async () => {
        const fetched = await Promise.all(mediaPlaylistUrls(await fetchText(url)).map((one) => fetchText(one)));
        const served = await Promise.all(fetched.map(servedOf));
        return served.every((bytes, index) => bytes.equals(wanted[index]!)) && fetched;
      },
      { withinMs: 20_000, everyMs: 400, what: `${what}: every byte` },
    );
    lists.set(what, media);
  };

  beforeAll(async () => {
    [origin, tracks] = await Promise.all([startOrigin(), Promise.all([encodeVideo(ALL_SEC), encodeAudio(ALL_SEC)])]);
    // Each resolves once every byte of both halves is served, in order.
    await Promise.all(RETURNS.map(play));
  }, 120_000);
  afterAll(() => origin?.stop(), 30_000);

  it.each(RETURNS)('$what: $discontinuities DISCONTINUITY, the media sequence goes on', (one) => {
    const media = lists.get(one.what)!;
    for (const playlist of media) {
      const segments = listedSegments(playlist);
      expect(playlist.text.match(/^#EXT-X-DISCONTINUITY$/gm) ?? []).toHaveLength(one.discontinuities);
      expect(playlist.text).not.toContain('#EXT-X-GAP');
      expect(segments.map(({ mediaSequence }) => mediaSequence)).toEqual(segments.map((_, number) => number));
    }
  });

  it.each(RETURNS)('$what: the wall clock runs on in both tracks alike', ({ what, discontinuities }) => {
    const breaks = lists.get(what)!.map((playlist) => {
      const segments = listedSegments(playlist);
      const at = segments.findIndex(({ discontinuitySequence }) => discontinuitySequence === discontinuities);
      const starts = segments.map(({ programDateTimeMs }) => programDateTimeMs);
      expect(starts).toEqual(starts.toSorted((a, b) => a - b));
      const endsMs = segments.slice(0, at).map((segment) => segment.programDateTimeMs + segment.durationSec * 1000);
      // A new timebase never begins before the old one ended.
      expect(starts[at]! - Math.max(starts[0]!, ...endsMs)).toBeGreaterThanOrEqual(-25);
      return starts[at]!;
    });
    expect(Math.abs(breaks[0]! - breaks[1]!)).toBeLessThan(600);
  });
});
