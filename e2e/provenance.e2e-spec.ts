import { execFile } from 'node:child_process';
import { createServer, type Server, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { promisify } from 'node:util';
import { KeysReport, signingKeyOf, TrackReport } from '#provenance';
import { eventually } from '#shared/testing';
import { startEncoder, type Encoder } from './support/encoder.ts';
import { journalOf } from './support/journal.ts';
import { createInput, type CreatedInput } from './support/live-input.ts';
import { startOrigin, type Origin } from './support/origin.ts';
import { fetchText, listedSegments, mediaPlaylistUrls, untilPlayable } from './support/playlists.ts';

const SEED = Buffer.alloc(32, 11).toString('base64url');
const KEY = signingKeyOf(SEED);
const FOREIGN_KEY = signingKeyOf(Buffer.alloc(32, 12).toString('base64url'));
const TRACKS = 3;
const CLI = new URL('../launcher/headwater.mjs', import.meta.url).pathname;

/** Runs `headwater verify` as a user does. */
async function verify(...args: string[]): Promise<{ code: number; out: string; error: string }> {
  const run = promisify(execFile)(process.execPath, [CLI, 'verify', ...args], { maxBuffer: 16 << 20 });
  try {
    const { stdout, stderr } = await run;
    return { code: 0, out: stdout, error: stderr };
  } catch (failure) {
    const { code, stdout, stderr } = failure as { code: number; stdout: string; stderr: string };
    return { code, out: stdout, error: stderr };
  }
}

/** A cache between origin and players that changes the answer of one path. */
class MeddlingProxy {
  path = '';
  change: (body: Buffer) => Buffer = (body) => body;

  private constructor(private readonly server: Server) {}

  static async start(target: string): Promise<MeddlingProxy> {
    const server = createServer();
    const proxy = new MeddlingProxy(server);
    server.on('request', (request, response) => void proxy.#pass(`${target}${request.url}`, response));
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
    return proxy;
  }

  async #pass(url: string, response: ServerResponse): Promise<void> {
    const answer = await fetch(url);
    const body = Buffer.from(await answer.arrayBuffer());
    response.writeHead(answer.status, { 'content-type': answer.headers.get('content-type') ?? '' });
    response.end(new URL(url).pathname === this.path ? this.change(body) : body);
  }

  get url(): string {
    return `http://127.0.0.1:${(this.server.address() as AddressInfo).port}`;
  }

  async close(): Promise<void> {
    this.server.closeAllConnections();
    await new Promise((resolve) => this.server.close(resolve));
  }
}

describe('provenance of a real stream', () => {
  let origin: Origin;
  let input: CreatedInput;
  let encoder: Encoder;
  let proxy: MeddlingProxy;
  let path: string;
  let startedAtMs: number;

  beforeAll(async () => {
    origin = await startOrigin({ ORIGIN_SIGNING_KEY: SEED });
    input = await createInput(origin);
    startedAtMs = Date.now();
    encoder = startEncoder({
      publishUrl: `${origin.ingest}/publish/${input.externalId}`,
      streamKey: input.streamKey,
      renditions: ['v360.cmfv', 'v180.cmfv'],
      fragmentMs: 200,
    });
    path = `/live/${input.externalId}/index.m3u8`;
    await untilPlayable(`${origin.playback}${path}`, { tracks: TRACKS, segments: 5 });
    proxy = await MeddlingProxy.start(origin.playback);
  }, 120_000);

  afterAll(async () => {
    await encoder?.kill9();
    await proxy?.close();
    await origin?.stop();
  }, 60_000);

  beforeEach(() => {
    proxy.path = '';
  });

  it('publishes the key and signs with it', async () => {
    const { keys } = KeysReport.parse(await (await fetch(`${origin.playback}/provenance/keys.json`)).json());
    expect(keys).toContainEqual(expect.objectContaining({ keyId: KEY.keyId, publicKey: KEY.publicKey }));
  });

  it('is verified by the command, whoever names the key', async () => {
    for (const args of [[], ['--key', KEY.publicKey]]) {
      const { code, out, error } = await verify(`${origin.playback}${path}`, ...args);
      expect({ code, error }).toEqual({ code: 0, error: '' });
      expect(out).toMatch(/\n\d+ segments verified, 0 failed\n$/);
      expect(Number(/(\d+) segments verified/.exec(out)?.[1])).toBeGreaterThanOrEqual(5 * TRACKS);
    }
  }, 60_000);

  it('is not verified with the key of another origin', async () => {
    const { code, out } = await verify(`${origin.playback}${path}`, '--key', FOREIGN_KEY.publicKey);
    expect(code).toBe(1);
    expect(out).toMatch(/\n0 segments verified, \d+ failed\n$/);
  }, 60_000);

  it('names the one segment of which a cache has changed one bit', async () => {
    const [video] = mediaPlaylistUrls(await fetchText(`${origin.playback}${path}`));
    const target = listedSegments(await fetchText(video!)).at(-1)!;
    proxy.path = new URL(target.url).pathname;
    proxy.change = (body) => Buffer.from(body.map((byte, at) => (at === body.length - 1 ? byte ^ 1 : byte)));
    const { code, out } = await verify(`${proxy.url}${path}`);
    expect(code).toBe(1);
    expect(out).toContain(`  segment ${target.mediaSequence}: bytes differ: chunk `);
    expect(out).toMatch(/ 1 failed\n$/);
    proxy.path = '';
    expect((await verify(`${proxy.url}${path}`)).code).toBe(0);
  }, 60_000);

  it('says the same of a segment from the window and from the journal', async () => {
    const [, , audio] = mediaPlaylistUrls(await fetchText(`${origin.playback}${path}`));
    const trackId = Number(/(\d+)\.m3u8/.exec(audio!)![1]);
    const track = `${origin.playback}/provenance/${input.id}/${trackId}`;
    const report = TrackReport.parse(await (await fetch(`${track}.json`)).json());
    const records = (await journalOf(input.id)).get(trackId) ?? [];
    expect(report.segments.length).toBeGreaterThanOrEqual(5);
    for (const segment of report.segments) {
      const record = records.find(({ mediaSequence }) => mediaSequence === segment.mediaSequence)!;
      expect(segment).toMatchObject({
        epoch: record.epoch,
        startEpochMs: record.startEpochMs,
        durationMs: record.durationMs,
        sizeBytes: record.sizeBytes,
        chain: record.chain,
        signature: record.signature,
        init: { sha256: record.initSha256 },
        chunks: record.chunks.map(({ sizeBytes, sha256 }) => ({ sizeBytes, sha256 })),
      });
      const single = TrackReport.parse(await (await fetch(`${track}/${segment.mediaSequence}.json`)).json());
      expect(single.segments).toEqual([segment]);
    }
  }, 60_000);

  it('is verified of a time-shifted list, from the first segment on', async () => {
    const { code, out } = await verify(
      `${origin.playback}${path}?lhs_start_unix_s_0=${Math.floor(startedAtMs / 1000)}`,
    );
    expect({ code, out }).toEqual({ code: 0, out: expect.stringMatching(/ 0 failed\n$/) });
    expect(out).toMatch(/track \d+, segments 0 to \d+:/);
  }, 60_000);

  it('goes on over an encoder that comes back with other timestamps', async () => {
    await encoder.kill9();
    encoder = startEncoder({
      publishUrl: `${origin.ingest}/publish/${input.externalId}`,
      streamKey: input.streamKey,
      renditions: ['v360.cmfv', 'v180.cmfv'],
      fragmentMs: 200,
    });
    const url = `${origin.playback}${path}`;
    await eventually(
      async () => {
        const lists = await Promise.all(mediaPlaylistUrls(await fetchText(url)).map((media) => fetchText(media)));
        return lists.every((list) => (listedSegments(list).at(-1)?.discontinuitySequence ?? 0) > 0);
      },
      { what: 'a segment after the discontinuity in every media playlist', withinMs: 30_000 },
    );
    const { code, out } = await verify(url, '--key', KEY.publicKey);
    expect({ code, out }).toEqual({ code: 0, out: expect.stringMatching(/ 0 failed\n$/) });
  }, 90_000);
});
