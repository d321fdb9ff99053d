import { execFile } from 'node:child_process';
import { request } from 'node:http';
import { promisify } from 'node:util';
import { chunksOf, decodeTimeOf, initOf, timescaleOf } from './cmaf-walk.ts';
import { tool } from './tool.ts';

/** One CMAF track, ready to be sent. */
export interface SourceTrack {
  readonly init: Buffer;
  readonly chunks: readonly Buffer[];
  /** Start of each chunk on the encoder's timeline, ms. */
  readonly startsMs: readonly number[];
}

/** A track as it lies in a file. */
export function sourceTrack(stream: Buffer): SourceTrack {
  const [init, chunks] = [initOf(stream), chunksOf(stream)];
  const timescale = timescaleOf(init);
  return { init, chunks, startsMs: chunks.map((chunk) => (Number(decodeTimeOf(chunk)) * 1000) / timescale) };
}

/** One track as ffmpeg makes it of a lavfi source, in chunks of half a second. */
export async function encodeTrack(source: string, ...codec: string[]): Promise<SourceTrack> {
  const args = [
    ...['-hide_banner', '-nostdin', '-loglevel', 'error', '-f', 'lavfi', '-i', source, ...codec],
    ...['-movflags', 'cmaf+empty_moov+default_base_moof+frag_keyframe', '-frag_duration', '500000'],
    ...['-f', 'mp4', 'pipe:1'],
  ];
  const { stdout } = await promisify(execFile)(tool('FFMPEG'), args, { encoding: 'buffer', maxBuffer: 64 << 20 });
  return sourceTrack(stdout);
}

/** H.264 of 25 frames per second with a keyframe every `gop` frames. */
export const encodeVideo = (durationSec: number, gop = 25, size = '160x90'): Promise<SourceTrack> =>
  encodeTrack(
    `testsrc2=s=${size}:r=25:d=${durationSec}`,
    ...'-c:v libx264 -preset ultrafast -pix_fmt yuv420p -threads 1 -bf 0 -sc_threshold 0'.split(' '),
    ...['-g', String(gop), '-keyint_min', String(gop)],
  );

/** AAC in stereo. */
export const encodeAudio = (durationSec: number, language = 'und'): Promise<SourceTrack> =>
  encodeTrack(
    `sine=sample_rate=48000:d=${durationSec}`,
    ...'-c:a aac -ac 2 -b:a 64k'.split(' '),
    ...['-metadata:s:a:0', `language=${language}`],
  );

/** The answer to a push; an error of the connection has status 0. */
export interface PushAnswer {
  readonly status: number;
  readonly error: string | undefined;
}

/** One long POST of one track in the hands of a test. */
export interface TrackPush {
  /** Resolves when the socket took it. */
  send(...pieces: readonly Uint8Array[]): Promise<void>;
  /** Ends the stream; resolves with the answer. */
  end(): Promise<PushAnswer>;
  /** As a kill -9 of the encoder: the connection is gone. */
  cut(): void;
  /** Also comes in the middle. */
  readonly answer: Promise<PushAnswer>;
}

/** Begins the push of a track; the key goes as Bearer. */
export function openTrackPush(
  publishUrl: string,
  { name, streamKey, userAgent = 'e2e' }: { name: string; streamKey: string; userAgent?: string },
): TrackPush {
  const outgoing = request(`${publishUrl}/Streams(${name})`, {
    method: 'POST',
    headers: { authorization: `Bearer ${streamKey}`, 'user-agent': userAgent, 'transfer-encoding': 'chunked' },
    agent: false,
  });
  const answer = new Promise<PushAnswer>((resolve) => {
    outgoing.once('response', (response) => {
      let text = '';
      response.on('data', (piece: Buffer) => (text += piece.toString()));
      response.once('close', () => {
        const body = text === '' ? {} : (JSON.parse(text) as { error?: string });
        resolve({ status: response.statusCode ?? 0, error: body.error });
      });
    });
    outgoing.once('error', (error) => resolve({ status: 0, error: String(error) }));
  });
  outgoing.setNoDelay(true);
  outgoing.flushHeaders();
  return {
    answer,
    send: async (...pieces) => {
      for (const piece of pieces) {
        // What is written to a push that was refused is lost; its answer says so.
        await new Promise<void>((resolve) => {
          outgoing.write(piece, () => resolve());
        });
      }
    },
    end: () => {
      outgoing.end();
      return answer;
    },
    cut: () => void outgoing.destroy(),
  };
}
