import { readFile } from 'node:fs/promises';
import { startEncoder, type Encoder } from './support/encoder.ts';
import { createInput, type CreatedInput } from './support/live-input.ts';
import { startOrigin, type Origin, type ServiceName } from './support/origin.ts';
import { fetchText, listedSegments, mediaPlaylistUrls, untilPlayable } from './support/playlists.ts';
import { watchPlaylist, type PlaylistWatch } from './support/playlist-watch.ts';

/** Beyond Node's default cut of a request after 300 s, and beyond the 329 s at which encoders die of it. */
const PUSH_SEC = 390;
const SERVICES: readonly ServiceName[] = ['ingest', 'packager', 'playback', 'timeshift', 'broadcast'];

const residentMb = async (pid: number): Promise<number> => {
  const status = await readFile(`/proc/${pid}/status`, 'utf8');
  return Math.round(Number(/VmRSS:\s+(\d+)/.exec(status)?.[1] ?? 0) / 1024);
};

describe('one push for longer than six minutes', () => {
  let origin: Origin;
  let input: CreatedInput;
  let encoder: Encoder;
  let watch: PlaylistWatch;

  beforeAll(async () => {
    origin = await startOrigin();
    input = await createInput(origin);
    encoder = startEncoder({
      publishUrl: `${origin.ingest}/publish/${input.externalId}`,
      streamKey: input.streamKey,
      durationSec: PUSH_SEC,
    });
    const multivariant = await untilPlayable(`${origin.playback}/live/${input.externalId}/index.m3u8`, { segments: 2 });
    watch = watchPlaylist(mediaPlaylistUrls(multivariant)[0]!);
  }, 90_000);
  afterAll(async () => {
    watch?.stop();
    await encoder?.kill9();
    await origin?.stop();
  }, 30_000);

  it(
    'is one request that nobody cuts, one timeline without a discontinuity, and whole in the archive',
    async () => {
      const early = await Promise.all(SERVICES.map((name) => residentMb(origin.pidOf(name))));
      const { code, stderr } = await encoder.exited;
      expect(code).toBe(0);
      // ffmpeg's word for a connection that was cut.
      expect(stderr).not.toMatch(/Broken pipe|Connection reset|End of file/);
      const late = await Promise.all(SERVICES.map((name) => residentMb(origin.pidOf(name))));
      expect(watch.faults()).toEqual([]);
      expect(watch.newest()).toBeGreaterThan(PUSH_SEC / 2 - 10);

      const range = `lhs_start=1&lhs_start_unix_ms_0=${Date.now() - (PUSH_SEC + 120) * 1000}&lhs_vodend_unix_ms_0=${Date.now()}`;
      const [media] = mediaPlaylistUrls(await fetchText(`${origin.playback}/live/${input.externalId}.m3u8?${range}`));
      const segments = listedSegments(await fetchText(media!));
      expect(segments.map(({ mediaSequence }) => mediaSequence)).toEqual(segments.map((_, index) => index));
      expect(new Set(segments.map(({ discontinuitySequence }) => discontinuitySequence)).size).toBe(1);
      const listedSec = segments.reduce((sum, { durationSec }) => sum + durationSec, 0);
      expect(Math.abs(listedSec - PUSH_SEC)).toBeLessThan(3);
      process.stdout.write(
        `resident MB after start → after ${PUSH_SEC} s: ${SERVICES.map((name, i) => `${name} ${early[i]} → ${late[i]}`).join(', ')}\n`,
      );
    },
    (PUSH_SEC + 90) * 1000,
  );
});
