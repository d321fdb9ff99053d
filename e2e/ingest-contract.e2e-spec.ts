import { execFile } from 'node:child_process';
import { promisify } from 'node:util';
import { eventually } from '#shared/testing';
import { boxesAt, chunksOf, decodeTimeOf, initOf, sha256, shifted, topLevelBoxes } from './support/cmaf-walk.ts';
import { encodeFile } from './support/encode-file.ts';
import { codecOf } from './support/init-segments.ts';
import { createInput, type CreatedInput } from './support/live-input.ts';
import { startOrigin, type Origin } from './support/origin.ts';
import {
  bytesOf,
  durationSec,
  fetchText,
  listedSegments,
  mediaPlaylistUrls,
  untilPlayable,
  type ListedSegment,
} from './support/playlists.ts';
import { cutPush, pushInPieces } from './support/push.ts';
import { tool } from './support/tool.ts';

const SECONDS = 12;
const FRAMES = SECONDS * 25;
/** 10 MHz ticks of the first of January 2026 since 1970, odd, past what a number holds. */
const EPOCH_TICKS = 17_672_256_000_000_001n;

interface Packets {
  readonly codec_name: string;
  readonly nb_read_packets: string;
}

/** contracts/ingest.md, "Facts about real encoders", for CMAF over HTTP: each shape in, the right playlist and the same bytes out. */
describe('ingest.md', () => {
  let origin: Origin;

  const urlOf = (input: CreatedInput, file: string): string =>
    `${origin.ingest}/publish/${input.externalId}/${file}?sk=${input.streamKey}`;
  const push = async (input: CreatedInput, file: string, bytes: Uint8Array): Promise<void> => {
    expect(await pushInPieces(urlOf(input, file), [bytes])).toBe(200);
  };
  const liveUrl = (input: CreatedInput): string => `${origin.playback}/live/${input.externalId}/index.m3u8`;
  /** The list of a track once it is this long; track 0 is the first of the multivariant playlist. */
  const listed = (input: CreatedInput, seconds: number, track = 0): Promise<ListedSegment[]> =>
    eventually(
      async () => {
        const url = mediaPlaylistUrls(await fetchText(liveUrl(input)))[track];
        const segments = url === undefined ? [] : listedSegments(await fetchText(url));
        return durationSec(segments) >= seconds && segments;
      },
      { withinMs: 20_000, everyMs: 100, what: `${seconds} s of track ${track}` },
    );
  const served = async (segments: readonly ListedSegment[]): Promise<Buffer> =>
    Buffer.concat(await Promise.all(segments.map(({ url }) => bytesOf(url))));
  const epochsOf = (segments: readonly ListedSegment[]): number[] => [
    ...new Set(segments.map(({ discontinuitySequence }) => discontinuitySequence)),
  ];
  /** What ffprobe reads of every stream, to the end of the list. */
  const packetsOf = async (url: string): Promise<Packets[]> => {
    await eventually(
      async () => {
        const lists = await Promise.all(mediaPlaylistUrls(await fetchText(url)).map((media) => fetchText(media)));
        return lists.every(({ text }) => text.includes('#EXT-X-ENDLIST'));
      },
      { withinMs: 15_000, everyMs: 200, what: 'ENDLIST' },
    );
    const args = ['-v', 'error', '-count_packets', '-show_streams', '-of', 'json', url];
    const { stdout, stderr } = await promisify(execFile)(tool('FFPROBE'), args, { timeout: 30_000 });
    expect(stderr).toBe('');
    return (JSON.parse(stdout) as { streams: Packets[] }).streams;
  };

  beforeAll(async () => {
    origin = await startOrigin({ RECONNECT_WINDOW_MS: '3000' });
  }, 90_000);
  afterAll(() => origin?.stop(), 30_000);

  it('fact 2: a restarted encoder begins at 0 again: a discontinuity, all of its media, even silence it sent before', async () => {
    const input = await createInput(origin);
    const video = await encodeFile({ durationSec: SECONDS, video: true });
    const audio = await encodeFile({ durationSec: SECONDS, audio: 'aac' });
    await cutPush(urlOf(input, 'Streams(v.cmfv)'), video);
    await cutPush(urlOf(input, 'Streams(a.cmfa)'), audio);
    const restarted = chunksOf(video).map((chunk) => shifted(chunk, 7n));
    await push(input, 'Streams(v.cmfv)', Buffer.concat([initOf(video), ...restarted]));
    await push(input, 'Streams(a.cmfa)', audio);
    for (const [track, sent] of [
      [...chunksOf(video), ...restarted],
      [...chunksOf(audio), ...chunksOf(audio)],
    ].entries()) {
      const segments = await listed(input, 2 * SECONDS - 0.1, track);
      expect(epochsOf(segments)).toEqual([0, 1]);
      expect(segments.map(({ mediaSequence }) => mediaSequence)).toEqual(segments.map((_, index) => index));
      expect(chunksOf(await served(segments)).map(sha256)).toEqual(sent.map(sha256));
    }
  });

  it('fact 3: boxes are put together from whatever pieces the encoder writes', async () => {
    const [small, boxwise] = [await createInput(origin), await createInput(origin)];
    const video = await encodeFile({ durationSec: SECONDS, video: true });
    const sizes = [1, 7, 8, 9, 1460, 3, 100, 4096, 15, 16, 17];
    const pieces = function* (): Generator<Buffer> {
      for (let [at, turn] = [0, 0]; at < video.length; at += sizes[turn++ % sizes.length]!)
        yield video.subarray(at, at + sizes[turn % sizes.length]!);
    };
    expect(await pushInPieces(urlOf(small, 'Streams(v.cmfv)'), pieces())).toBe(200);
    const boxes = topLevelBoxes(video).map(({ start, end }) => video.subarray(start, end));
    expect(await pushInPieces(urlOf(boxwise, 'Streams(v.cmfv)'), boxes)).toBe(200);
    for (const input of [small, boxwise]) {
      const hashes = chunksOf(await served(await listed(input, SECONDS - 0.1))).map(sha256);
      expect(hashes).toEqual(chunksOf(video).map(sha256));
    }
  });

  it('pitfall 4: a killed encoder leaves its whole chunks and not the piece of one', async () => {
    const input = await createInput(origin);
    const video = await encodeFile({ durationSec: SECONDS, video: true });
    const whole = chunksOf(video).slice(0, 13);
    const cutAt = initOf(video).length + Buffer.concat(whole).length + 300;
    await cutPush(urlOf(input, 'Streams(v.cmfv)'), video.subarray(0, cutAt));
    const segments = await listed(input, 6.4);
    expect(chunksOf(await served(segments)).map(sha256)).toEqual(whole.map(sha256));
  });

  it('facts 5 and 16: negative composition offsets and Opus pass untouched, and every packet of both is read', async () => {
    const input = await createInput(origin);
    const video = await encodeFile({ durationSec: SECONDS, video: true, bFrames: 2 });
    const audio = await encodeFile({ durationSec: SECONDS, audio: 'libopus' });
    expect(smallestCompositionOffset(video)).toBeLessThan(0);
    await push(input, 'Streams(v.cmfv)', video);
    await push(input, 'Streams(a.cmfa)', audio);
    const multivariant = await untilPlayable(liveUrl(input), { segments: 5, tracks: 2 });
    expect(multivariant.text).toMatch(/CODECS="avc1\.[0-9a-f]{6},opus"/i);
    expect(chunksOf(await served(await listed(input, SECONDS - 0.1)))).toEqual(chunksOf(video));
    const packets = await packetsOf(liveUrl(input));
    expect(packets.find(({ codec_name }) => codec_name === 'h264')?.nb_read_packets).toBe(String(FRAMES));
    const opus = Number(packets.find(({ codec_name }) => codec_name === 'opus')?.nb_read_packets);
    expect(Math.abs(opus - SECONDS * 50)).toBeLessThanOrEqual(1);
  }, 40_000);

  it.each([
    ['a shortened first video sample', 'frag_keyframe+empty_moov+default_base_moof'],
    ['an edit list', 'frag_keyframe+delay_moov+default_base_moof'],
  ])(
    'fact 5: audio priming of a multiplexed stream, %s, is kept by the split',
    async (_shape, movFlags) => {
      const input = await createInput(origin);
      const both = await encodeFile({ durationSec: SECONDS, video: true, bFrames: 2, audio: 'aac', movFlags });
      await push(input, 'Streams(av.mp4)', both);
      const multivariant = await untilPlayable(liveUrl(input), { segments: 4, tracks: 2 });
      expect(mediaPlaylistUrls(multivariant)).toHaveLength(2);
      for (const track of [0, 1]) {
        const segments = await listed(input, SECONDS - 0.3, track);
        const init = await bytesOf(segments[0]!.mapUrl);
        const [id] = boxesAt(init, 'moov/trak/tkhd').map(({ content }) => content.readUInt32BE(12));
        expect(editsOf(init, id!)).toEqual(editsOf(initOf(both), id!));
        const durations = sampleDurations(await served(segments), id!);
        expect(durations).toEqual(sampleDurations(both, id!));
        expect(durations).not.toContain(Number.NaN);
      }
      const packets = await packetsOf(liveUrl(input));
      expect(packets.find(({ codec_name }) => codec_name === 'h264')?.nb_read_packets).toBe(String(FRAMES));
    },
    40_000,
  );

  it('fact 9: CODECS come from the stream, whatever profile was asked for', async () => {
    const input = await createInput(origin);
    const video = await encodeFile({ durationSec: 4, video: true, profile: 'high' });
    await push(input, 'Streams(v.cmfv)', video);
    const multivariant = await untilPlayable(liveUrl(input));
    expect(codecOf(initOf(video))).toMatch(/^avc1\.42c0/);
    expect(multivariant.text).toContain(`CODECS="${codecOf(initOf(video))}"`);
  });

  it('fact 10: small gaps between fragments, as a browser leaves them, are no discontinuity', async () => {
    const input = await createInput(origin);
    const [video, audio] = [
      await encodeFile({ durationSec: SECONDS, video: true, timescale: 30_000 }),
      await encodeFile({ durationSec: SECONDS, audio: 'libopus' }),
    ];
    const gapped = (bytes: Buffer, gapTicks: bigint): Buffer =>
      Buffer.concat([
        initOf(bytes),
        ...chunksOf(bytes).map((chunk, index) => shifted(chunk, gapTicks * BigInt(index))),
      ]);
    await push(input, 'Streams(v.cmfv)', gapped(video, 39n));
    await push(input, 'Streams(a.cmfa)', gapped(audio, 1858n));
    for (const track of [0, 1]) {
      const segments = await listed(input, SECONDS - 0.1, track);
      expect(epochsOf(segments)).toEqual([0]);
      for (const [index, segment] of segments.slice(1).entries()) {
        const gapMs =
          segment.programDateTimeMs - segments[index]!.programDateTimeMs - segments[index]!.durationSec * 1000;
        expect(Math.abs(gapMs)).toBeLessThan(40);
      }
    }
  });

  it('decode times of epoch time at 10 MHz, past 2^53, are exact to the tick', async () => {
    const input = await createInput(origin);
    const encoded = await encodeFile({ durationSec: SECONDS, video: true, timescale: 10_000_000 });
    const chunks = chunksOf(encoded).map((chunk) => shifted(chunk, EPOCH_TICKS));
    expect(decodeTimeOf(chunks[1]!)).toBeGreaterThan(BigInt(Number.MAX_SAFE_INTEGER));
    const beganMs = Date.now();
    await push(input, 'Streams(v.cmfv)', Buffer.concat([initOf(encoded), ...chunks]));
    const segments = await listed(input, SECONDS - 0.1);
    expect(epochsOf(segments)).toEqual([0]);
    expect(chunksOf(await served(segments))).toEqual(chunks);
    const starts = await Promise.all(segments.map(async ({ url }) => decodeTimeOf(await bytesOf(url))));
    expect(starts[0]).toBe(EPOCH_TICKS);
    for (const [index, { durationSec: seconds }] of segments.slice(0, -1).entries()) {
      expect(BigInt(Math.round(seconds * 1e7))).toBe(starts[index + 1]! - starts[index]!);
    }
    expect(Math.abs(segments[0]!.programDateTimeMs - beganMs)).toBeLessThan(5000);
    // The same again is a resend to the last tick, and a tick later is none.
    await push(
      input,
      'Streams(v.cmfv)',
      Buffer.concat([initOf(encoded), ...chunks.slice(0, 2).map((c) => shifted(c, 1n))]),
    );
    await eventually(async () => epochsOf(await listed(input, SECONDS)).length === 2, {
      what: 'the epoch of another start',
    });
  });
});

const trafsOf = (bytes: Buffer, trackId: number): Buffer[] =>
  boxesAt(bytes, 'moof/traf')
    .map(({ content }) => content)
    .filter((content) => boxesAt(content, 'tfhd')[0]!.content.readUInt32BE(4) === trackId);

/** Duration of every sample of a track, ticks: from `trun`, else the default of `tfhd`. */
function sampleDurations(bytes: Buffer, trackId: number): number[] {
  return trafsOf(bytes, trackId).flatMap((traf) => {
    const tfhd = boxesAt(traf, 'tfhd')[0]!.content;
    const tfhdFlags = tfhd.readUInt32BE(0) & 0xffffff;
    const defaultAt = 8 + (tfhdFlags & 0x1 ? 8 : 0) + (tfhdFlags & 0x2 ? 4 : 0);
    const byDefault = tfhdFlags & 0x8 ? tfhd.readUInt32BE(defaultAt) : Number.NaN;
    return boxesAt(traf, 'trun').flatMap(({ content }) => {
      const { first, stride, count, flags } = recordsOf(content);
      return Array.from({ length: count }, (_, index) =>
        flags & 0x100 ? content.readUInt32BE(first + index * stride) : byDefault,
      );
    });
  });
}

/** Where the sample records of a `trun` are. */
function recordsOf(trun: Buffer): { first: number; stride: number; count: number; flags: number } {
  const flags = trun.readUInt32BE(0) & 0xffffff;
  return {
    flags,
    count: trun.readUInt32BE(4),
    first: 8 + (flags & 0x1 ? 4 : 0) + (flags & 0x4 ? 4 : 0),
    stride: [0x100, 0x200, 0x400, 0x800].filter((flag) => flags & flag).length * 4,
  };
}

/** Smallest composition time offset, the last field of each record, ticks. */
const smallestCompositionOffset = (bytes: Buffer): number =>
  Math.min(
    ...boxesAt(bytes, 'moof/traf/trun').flatMap(({ content }) => {
      const { first, stride, count } = recordsOf(content);
      return Array.from({ length: count }, (_, index) => content.readInt32BE(first + (index + 1) * stride - 4));
    }),
  );

/** The edit list of a track, as it stands. */
const editsOf = (init: Buffer, trackId: number): string[] =>
  boxesAt(init, 'moov/trak')
    .filter(({ content }) => boxesAt(content, 'tkhd')[0]!.content.readUInt32BE(12) === trackId)
    .flatMap(({ content }) => boxesAt(content, 'edts/elst').map((elst) => elst.content.toString('hex')));
