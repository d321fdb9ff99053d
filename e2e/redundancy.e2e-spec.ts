import { setTimeout as sleep } from 'node:timers/promises';
import { eventually } from '#shared/testing';
import { startEncoder, type Encoder } from './support/encoder.ts';
import { createInput, type CreatedInput } from './support/live-input.ts';
import { startOrigin, type Origin } from './support/origin.ts';
import { watchPlaylist } from './support/playlist-watch.ts';
import { bytesOf, fetchText, listedSegments, mediaPlaylistUrls, untilPlayable } from './support/playlists.ts';
import { encodeAudio, encodeVideo, openTrackPush, type SourceTrack, type TrackPush } from './support/track-push.ts';
import { trpc } from './support/trpc.ts';

const NAMES = ['v.cmfv', 'a.cmfa'] as const;
const MEDIA_SEC = 20;
const CHUNK_MS = 500;

/** The same track of another encoder: the last bytes of each chunk differ. */
const unlike = (track: SourceTrack): SourceTrack => ({
  ...track,
  chunks: track.chunks.map((chunk) => {
    const copy = Buffer.from(chunk);
    copy.writeUInt32BE(0x0bad_cafe, copy.length - 4);
    return copy;
  }),
});

/** An encoder that pushes tracks in real time from one place of its timeline on; both encoders share the clock. */
class RealTimeEncoder {
  readonly pushes: readonly TrackPush[];
  readonly done: Promise<void>;
  #isDead = false;

  constructor(
    private readonly tracks: readonly SourceTrack[],
    publishUrl: string,
    options: { streamKey: string; userAgent: string; beganMs: number; fromMs: number; lateMs: number },
  ) {
    this.pushes = NAMES.map((name) => openTrackPush(publishUrl, { name, ...options }));
    this.done = this.#run(options);
  }

  /** As kill -9 in the middle of a chunk. */
  async die(): Promise<void> {
    this.#isDead = true;
    const half = this.tracks.map(({ chunks }) => chunks.at(-1)!.subarray(0, 300));
    await Promise.all(this.pushes.map((push, index) => push.send(half[index]!)));
    for (const push of this.pushes) push.cut();
  }

  async #run({ beganMs, fromMs, lateMs }: { beganMs: number; fromMs: number; lateMs: number }): Promise<void> {
    await Promise.all(
      this.tracks.map(async ({ init, chunks, startsMs }, index) => {
        await this.pushes[index]!.send(init);
        for (const [number, chunk] of chunks.entries()) {
          if (startsMs[number]! < fromMs) continue;
          await sleep(Math.max(0, beganMs + startsMs[number]! + CHUNK_MS + lateMs - Date.now()));
          if (this.#isDead) return;
          await this.pushes[index]!.send(chunk);
        }
        await this.pushes[index]!.end();
      }),
    );
  }
}

describe('several publishers of one input, and two ingest processes', () => {
  let origin: Origin;
  beforeAll(async () => {
    origin = await startOrigin({}, { replicas: { ingest: 2 } });
  }, 90_000);
  afterAll(() => origin?.stop(), 30_000);

  const liveUrl = ({ externalId }: CreatedInput): string => `${origin.playback}/live/${externalId}/index.m3u8`;
  const pointAt = (door: number, { externalId }: CreatedInput): string =>
    `${origin.doors.ingest[door]}/publish/${externalId}`;
  const rejectionsOf = async ({ id }: CreatedInput): Promise<string[]> => {
    const input = { orgId: origin.orgId, id };
    const answer = await trpc<Array<{ code: string }>>(origin, {
      kind: 'query',
      procedure: 'streams.liveInputs.problems',
      input,
    });
    return (answer.data ?? []).map(({ code }) => code);
  };

  it('redundant: neither the death of an encoder nor of an ingest process is seen in the stream (hls.md R7)', async () => {
    const input = await createInput(origin, { redundancy: 'redundant' });
    const mine = await Promise.all([encodeVideo(MEDIA_SEC), encodeAudio(MEDIA_SEC)]);
    const theirs = mine.map(unlike);
    const beganMs = Date.now();
    const start = (tracks: readonly SourceTrack[], door: number, late: { fromMs?: number; lateMs?: number } = {}) =>
      new RealTimeEncoder(tracks, pointAt(door, input), {
        streamKey: input.streamKey,
        userAgent: `encoder ${door}`,
        beganMs,
        fromMs: late.fromMs ?? 0,
        lateMs: late.lateMs ?? 0,
      });
    const first = start(mine, 0);
    start(theirs, 1, { lateMs: 300 });
    await untilPlayable(liveUrl(input), { tracks: 2, segments: 2 });
    await first.die();
    await sleep(2500);
    const back = start(mine, 0, { fromMs: Date.now() - beganMs - 1000 });
    await sleep(2500);
    await origin.kill9('ingest', 1);
    await back.done;

    const media = mediaPlaylistUrls(await fetchText(liveUrl(input)));
    for (const [index, url] of media.entries()) {
      const chunks = mine[index]!.chunks;
      const wanted = chunks.reduce((sum, chunk) => sum + chunk.length, 0);
      const served = await eventually(
        async () => {
          const playlist = await fetchText(url);
          const segments = listedSegments(playlist);
          const bytes = Buffer.concat(await Promise.all(segments.map((segment) => bytesOf(segment.url))));
          return bytes.length >= wanted && { playlist, segments, bytes };
        },
        { withinMs: 15_000, everyMs: 300, what: `track ${index} whole` },
      );
      expect(served.playlist.text).not.toMatch(/#EXT-X-(DISCONTINUITY$|GAP)/m);
      expect(served.segments.map(({ mediaSequence }) => mediaSequence)).toEqual(served.segments.map((_, n) => n));
      expect(served.bytes).toHaveLength(wanted);
      // Each chunk is that of one encoder or of the other, in order, once.
      let at = 0;
      const from = chunks.map((chunk, number) => {
        const bytes = served.bytes.subarray(at, (at += chunk.length));
        return bytes.equals(chunk) ? 'mine' : bytes.equals(theirs[index]!.chunks[number]!) ? 'theirs' : 'nobody';
      });
      expect(new Set(from)).toEqual(new Set(['mine', 'theirs']));
    }
    await origin.start('ingest', 1);
  }, 90_000);

  const encoders: Encoder[] = [];
  const push = (door: number, input: CreatedInput): Encoder => {
    const encoder = startEncoder({ publishUrl: pointAt(door, input), streamKey: input.streamKey });
    encoders.push(encoder);
    return encoder;
  };
  afterEach(() => Promise.all(encoders.splice(0).map((encoder) => encoder.kill9())));

  it('refuse: a second encoder at the other process is turned away, and the first goes on untouched', async () => {
    const input = await createInput(origin);
    push(0, input);
    const watch = watchPlaylist(mediaPlaylistUrls(await untilPlayable(liveUrl(input), { tracks: 2 }))[0]!);
    expect((await push(1, input).exited).code).not.toBe(0);
    expect(await rejectionsOf(input)).toContain('publisher_rejected:AlreadyPublishing');
    const before = watch.newest();
    await eventually(() => watch.newest() >= before + 2, { what: 'two more segments' });
    watch.stop();
    expect(watch.faults()).toEqual([]);
    const playlist = await fetchText(mediaPlaylistUrls(await fetchText(liveUrl(input)))[0]!);
    expect(playlist.text).not.toContain('#EXT-X-DISCONTINUITY\n');
  }, 60_000);

  it('takeover: a second encoder at the other process ends the first, with one DISCONTINUITY', async () => {
    const input = await createInput(origin, { redundancy: 'takeover' });
    const first = push(0, input);
    const [video, audio] = mediaPlaylistUrls(await untilPlayable(liveUrl(input), { tracks: 2, segments: 2 }));
    const watch = watchPlaylist(video!);
    push(1, input);
    await first.exited;
    await eventually(
      async () => {
        const lists = await Promise.all([video!, audio!].map((url) => fetchText(url)));
        const broken = lists.map((list) => list.text.match(/^#EXT-X-DISCONTINUITY$/gm)?.length ?? 0);
        const after = lists.map((list) => listedSegments(list).filter((one) => one.discontinuitySequence === 1));
        if (!after.every((segments) => segments.length >= 2)) return false;
        expect(broken).toEqual([1, 1]);
        return true;
      },
      { withinMs: 20_000, everyMs: 300, what: 'two segments of the second encoder in each track' },
    );
    watch.stop();
    expect(watch.faults()).toEqual([]);
  }, 60_000);
});
