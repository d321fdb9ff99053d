import { createHash } from 'node:crypto';
import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import {
  CHAIN_START,
  nextChainValue,
  REPORT_FORMAT,
  signingKeyOf,
  type SegmentReport,
  type TrackReport,
} from '#provenance';

const sha256Of = (bytes: Uint8Array): string => createHash('sha256').update(bytes).digest('hex');

export const INPUT = 'li_abcdefgh';
export const KEY = signingKeyOf(Buffer.alloc(32, 9).toString('base64url'));
const INIT = Buffer.from('the init segment');
const GAP_AT = 3;
const FIRST_LISTED = 2;
const LAST = 7;

/** Media sequence numbers that the playlists list. */
const LISTED = Array.from({ length: LAST - FIRST_LISTED + 1 }, (_, index) => FIRST_LISTED + index);

/** What a mutation may change of one answer; undefined takes it away. */
export type Tamper = (path: string, body: Buffer) => Buffer | undefined;

/** Two tracks of an origin as an HTTP server, and what somebody in between makes of its answers. */
export class HonestOrigin {
  tamper: Tamper = (_, body) => body;
  readonly requested: string[] = [];
  readonly #files = new Map<string, Buffer>();

  private constructor(private readonly server: Server) {}

  static async start(): Promise<HonestOrigin> {
    const server = createServer();
    const origin = new HonestOrigin(server);
    origin.#fill();
    server.on('request', ({ url = '/' }, response) => {
      origin.requested.push(url);
      const path = url.split('?')[0] ?? '';
      const file = origin.#files.get(path);
      const body = file && origin.tamper(path, file);
      response.writeHead(body === undefined ? 404 : 200).end(body ?? '{"error":"NotFound","message":""}');
    });
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
    return origin;
  }

  get url(): string {
    return `http://127.0.0.1:${(this.server.address() as AddressInfo).port}`;
  }

  async close(): Promise<void> {
    this.server.closeAllConnections();
    await new Promise((resolve) => this.server.close(resolve));
  }

  #fill(): void {
    const { keyId, publicKey } = KEY;
    this.#json('/provenance/keys.json', {
      format: REPORT_FORMAT,
      keys: [{ keyId, publicKey, algorithm: 'Ed25519', createdAtMs: 1 }],
    });
    this.#text(`/live/${INPUT}/index.m3u8`, [
      '#EXT-X-MEDIA:TYPE=AUDIO,URI="2.m3u8"',
      '#EXT-X-STREAM-INF:BANDWIDTH=1',
      '1.m3u8',
    ]);
    for (const trackId of [1, 2]) this.#fillTrack(trackId);
  }

  #fillTrack(trackId: number): void {
    const segments = this.#segmentsOf(trackId);
    const report: TrackReport = { format: REPORT_FORMAT, inputId: INPUT, trackId, segments };
    this.#json(`/provenance/${INPUT}/${trackId}.json`, {
      ...report,
      chainStartsAt: 'split',
      segments: segments.slice(4),
    });
    for (const segment of segments) {
      this.#json(`/provenance/${INPUT}/${trackId}/${segment.mediaSequence}.json`, { ...report, segments: [segment] });
    }
    this.#files.set(`/live/${INPUT}/${trackId}/init.mp4`, INIT);
    this.#text(`/live/${INPUT}/${trackId}.m3u8`, [
      `#EXT-X-MAP:URI="${trackId}/init.mp4"`,
      ...LISTED.flatMap((at) => [...(at === GAP_AT ? ['#EXT-X-GAP'] : []), '#EXTINF:2,', `${trackId}/${at}.m4s`]),
    ]);
  }

  #segmentsOf(trackId: number): SegmentReport[] {
    let previousChain = CHAIN_START;
    return Array.from({ length: LAST + 1 }, (_, mediaSequence) => {
      const pieces =
        mediaSequence === GAP_AT ? [] : [0, 1].map((part) => Buffer.from(`${trackId}.${mediaSequence}.${part}`));
      this.#files.set(`/live/${INPUT}/${trackId}/${mediaSequence}.m4s`, Buffer.concat(pieces));
      const chunks = pieces.map((bytes) => ({ sizeBytes: bytes.length, sha256: sha256Of(bytes) }));
      const chain = nextChainValue(previousChain, { epoch: 0, mediaSequence, initSha256: sha256Of(INIT), chunks });
      const segment: SegmentReport = {
        mediaSequence,
        epoch: 0,
        chunks,
        previousChain,
        chain,
        startEpochMs: mediaSequence * 2000,
        durationMs: 2000,
        ...(mediaSequence === GAP_AT ? { gap: true } : {}),
        init: { sha256: sha256Of(INIT), contentCredentials: trackId === 1 },
        sizeBytes: Buffer.concat(pieces).length,
        contentCredentials: false,
        signature: KEY.sign({ inputId: INPUT, trackId, epoch: 0, mediaSequence, chain }),
      };
      previousChain = chain;
      return segment;
    });
  }

  #json(path: string, value: unknown): void {
    this.#files.set(path, Buffer.from(JSON.stringify(value)));
  }

  #text(path: string, lines: readonly string[]): void {
    this.#files.set(path, Buffer.from(['#EXTM3U', ...lines, ''].join('\n')));
  }
}
