import { HttpTransport, systemClock, watch, type Report, type Watching } from '#reload-checker';
import { eventually } from '#shared/testing';
import { startEncoder, type Encoder } from './support/encoder.ts';
import { createInput } from './support/live-input.ts';
import { startOrigin, type Origin } from './support/origin.ts';
import { fetchText, mediaPlaylistUrls } from './support/playlists.ts';

const WATCH_MS = 30_000;
const RESTART_AT_MS = 12_000;
const AWAY_MS = 3000;
/** The machine that runs this is shared: what comes a second late was not made late. */
const TOLERANCE_MS = 1500;

/** tools/reload-checker against the origin: two renditions and audio, an encoder that is killed and comes back. */
describe('the reload checker watches the origin', () => {
  let origin: Origin;
  let url: string;
  let encoder: Encoder;
  let report: Report;

  const untilElapsed = (watching: Watching, ms: number): Promise<unknown> =>
    eventually(() => watching.progress().elapsedMs >= ms, { withinMs: ms + 10_000, what: `${ms} ms of the watch` });

  beforeAll(async () => {
    origin = await startOrigin();
    const input = await createInput(origin);
    const push = (): Encoder =>
      startEncoder({
        publishUrl: `${origin.ingest}/publish/${input.externalId}`,
        streamKey: input.streamKey,
        renditions: ['v360.cmfv', 'v180.cmfv'],
      });
    url = `${origin.playback}/live/${input.externalId}/index.m3u8`;
    encoder = push();
    await eventually(async () => mediaPlaylistUrls(await fetchText(url)).length === 3, {
      withinMs: 40_000,
      what: 'three media playlists',
    });
    const watching = watch(
      { url, forMs: WATCH_MS, toleranceMs: TOLERANCE_MS },
      { clock: systemClock, transport: new HttpTransport(() => performance.now()) },
    );
    await untilElapsed(watching, RESTART_AT_MS);
    await encoder.kill9();
    await untilElapsed(watching, RESTART_AT_MS + AWAY_MS);
    encoder = push();
    report = await watching.report;
  }, 150_000);

  afterAll(async () => {
    await encoder?.kill9();
    await origin?.stop();
  });

  it('finds no rule broken', () => {
    const said = report.failed.flatMap(({ findings }) =>
      findings.map(
        ({ rule, url: of, atMs, fault }) =>
          `${rule.id} at ${atMs} ms in ${of}: expected ${fault.expected}, got ${fault.came} ${fault.evidence.join(' | ')}`,
      ),
    );
    expect(said).toEqual([]);
  });

  it.each([
    '7-segments-unchanged',
    '8-media-sequence',
    '13-discontinuity-sequence',
    '18-parts-are-the-segment',
    '25-held-for-segment',
    '26-held-for-part',
    '32-in-step',
    '36-merge',
    '38-hint-served',
    '41-report-fresh',
    '51-edge-never-back',
  ])('has judged %s', (id) => {
    expect(report.passed.map(({ rule }) => rule.id)).toContain(id);
  });
});
