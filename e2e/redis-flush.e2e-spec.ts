import { eventually } from '#shared/testing';
import { startEncoder, type Encoder } from './support/encoder.ts';
import { createInput, type CreatedInput } from './support/live-input.ts';
import { startOrigin, type Origin } from './support/origin.ts';
import { fetchText, listedSegments, mediaPlaylistUrls, untilPlayable } from './support/playlists.ts';
import { flushRedis } from './support/redis.ts';

describe('Redis FLUSHALL during a live push', () => {
  let origin: Origin;
  let input: CreatedInput;
  let encoder: Encoder;
  beforeAll(async () => {
    origin = await startOrigin();
    input = await createInput(origin);
    encoder = startEncoder({
      publishUrl: `${origin.ingest}/publish/${input.externalId}`,
      streamKey: input.streamKey,
    });
  }, 90_000);
  afterAll(async () => {
    await encoder?.finish();
    await origin?.stop();
  }, 30_000);

  it('costs at most a few segments of the window, the sequence goes on, and the archive is whole', async () => {
    const url = `${origin.playback}/live/${input.externalId}/index.m3u8`;
    const startMs = Date.now() - 5000;
    const multivariant = await untilPlayable(url, { segments: 4 });
    const [media] = mediaPlaylistUrls(multivariant);
    const before = listedSegments(await fetchText(media!)).at(-1)!;

    await flushRedis();
    // A playback node that knew the window would hide the loss: only one that starts now shows it.
    await origin.kill9('playback');
    await origin.start('playback');
    const after = await eventually(
      async () => {
        const segments = listedSegments(await fetchText(media!));
        return segments.length >= 3 && segments.at(-1)!.mediaSequence >= before.mediaSequence + 3 && segments;
      },
      { withinMs: 20_000, everyMs: 200, what: 'playable again' },
    );
    expect((await fetch(after.at(-1)!.url)).status).toBe(200);
    expect((await fetch(after[0]!.url)).status).toBe(200);

    await encoder.finish();
    const last = await eventually(
      async () => {
        const range = `lhs_start=1&lhs_start_unix_ms_0=${startMs}&lhs_vodend_unix_ms_0=${Date.now()}`;
        const shifted = await fetchText(`${origin.playback}/live/${input.externalId}.m3u8?${range}`);
        const [video] = mediaPlaylistUrls(shifted);
        const segments = listedSegments(await fetchText(video!));
        return segments.at(-1)!.mediaSequence > after.at(-1)!.mediaSequence && segments;
      },
      { withinMs: 30_000, everyMs: 500, what: 'the archive holds the end' },
    );
    expect(last[0]!.mediaSequence).toBe(0);
    expect(last.map(({ mediaSequence }) => mediaSequence)).toEqual(last.map((_, index) => index));
  }, 120_000);
});
