import { request, type ClientRequest } from 'node:http';
import { eventually } from '#shared/testing';
import { countingCaptions } from '../libs/cmaf/testing/wvtt.ts';
import { framesSeen, openBrowser, servePlayerPage, type Browser } from './support/browser.ts';
import { startEncoder, type Encoder } from './support/encoder.ts';
import { createInput, type CreatedInput } from './support/live-input.ts';
import { hlsJs, play } from './support/live-players.ts';
import { startOrigin, type Origin } from './support/origin.ts';
import { fetchText, listedSegments, mediaPlaylistUrls, untilPlayable } from './support/playlists.ts';

const FRAMES_PER_SEC = 25;
const LONGEST_SEC = 120;

interface ShownCue {
  readonly startTime: number;
  readonly text: string;
}

/** Pushes captions that count the seconds of the media timeline, in real time. */
class CaptionEncoder {
  readonly #upload: ClientRequest;
  readonly #timer: NodeJS.Timeout;

  constructor({ url, streamKey }: { url: string; streamKey: string }) {
    const { init, chunks } = countingCaptions({ startSecond: 0, count: LONGEST_SEC, language: 'eng' });
    this.#upload = request(url, {
      method: 'POST',
      headers: { 'content-type': 'video/mp4', authorization: `Bearer ${streamKey}`, 'transfer-encoding': 'chunked' },
    });
    this.#upload.on('error', () => undefined);
    this.#upload.write(init);
    this.#timer = setInterval(() => {
      const chunk = chunks.shift();
      if (chunk !== undefined) this.#upload.write(chunk);
    }, 1000);
  }

  stop(): void {
    clearInterval(this.#timer);
    this.#upload.destroy();
  }
}

describe('captions in CMAF', () => {
  let origin: Origin;
  let input: CreatedInput;
  let encoder: Encoder;
  let captions: CaptionEncoder;
  let browser: Browser;
  let playerPage: { url: string; close(): Promise<void> };
  let live: string;

  beforeAll(async () => {
    origin = await startOrigin();
    input = await createInput(origin);
    const publishUrl = `${origin.ingest}/publish/${input.externalId}`;
    encoder = startEncoder({ publishUrl, streamKey: input.streamKey, fragmentMs: 200 });
    captions = new CaptionEncoder({ url: `${publishUrl}/en.cmft`, streamKey: input.streamKey });
    live = `${origin.playback}/live/${input.externalId}/index.m3u8`;
    await untilPlayable(live, { tracks: 3, segments: 3, withinMs: 60_000 });
    browser = await openBrowser();
    playerPage = await servePlayerPage();
  }, 120_000);

  afterAll(async () => {
    captions?.stop();
    await encoder?.kill9();
    await browser?.close();
    await playerPage?.close();
    await origin?.stop();
  }, 60_000);

  it('are listed as WebVTT, each segment mapped to the timeline of the presentation', async () => {
    const multivariant = await fetchText(live);
    expect(multivariant.text).toMatch(/#EXT-X-MEDIA:TYPE=SUBTITLES,.*LANGUAGE="eng?"/);
    expect(multivariant.text).toMatch(/#EXT-X-STREAM-INF:.*CODECS="[^"]*wvtt/);
    const list = await fetchText(mediaPlaylistUrls(multivariant).at(-1)!);
    for (const segment of listedSegments(list)) {
      const vtt = await fetchText(segment.url);
      expect(vtt.headers.get('content-type')).toBe('text/vtt; charset=utf-8');
      const [, mpegTs] = /^WEBVTT\nX-TIMESTAMP-MAP=MPEGTS:(\d+),LOCAL:00:00:00.000\n/.exec(vtt.text)!;
      const [, second] = /^second (\d+)$/m.exec(vtt.text)!;
      expect(Number(mpegTs)).toBe(Number(second) * 90_000);
      expect(vtt.text).toContain('00:00:00.000 --> 00:00:00.800\nsecond');
    }
  });

  it('show in hls.js with the picture they belong to', async () => {
    const { page } = await play(browser, { pageUrl: playerPage.url, player: hlsJs, url: live, frames: 50 });
    await page.evaluate('hls.subtitleTrack = 0; hls.subtitleDisplay = true;');
    const cues = await eventually(
      async () => {
        const shown = (await page.evaluate(
          '[...video.textTracks].flatMap((track) => [...(track.cues ?? [])].map(({ startTime, text }) => ({ startTime, text })))',
        )) as ShownCue[];
        return shown.length >= 5 && shown;
      },
      { withinMs: 30_000, everyMs: 250, what: 'five captions' },
    );
    const frames = (await framesSeen(page)).filter(({ frame }) => frame !== null);
    const offsets = frames.map(({ frame, mediaTime }) => frame! / FRAMES_PER_SEC - mediaTime).toSorted((a, b) => a - b);
    const pictureOffsetSec = offsets[Math.floor(offsets.length / 2)]!;
    for (const { startTime, text } of cues) {
      const captionOffsetSec = Number(/^second (\d+)$/.exec(text)![1]) - startTime;
      expect(Math.abs(captionOffsetSec - pictureOffsetSec)).toBeLessThanOrEqual(1.5 / FRAMES_PER_SEC);
    }
    await page.close();
  }, 90_000);
});
