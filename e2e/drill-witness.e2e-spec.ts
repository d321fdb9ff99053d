import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { eventually } from '#shared/testing';
import { encodeTracks } from './support/file-encoder.ts';
import { startWitness, type Witness } from './support/witness.ts';

const SEGMENT_MS = 400;
const LISTED = 6;

interface Deed {
  /** What a node says of a segment. */
  readonly first?: (newest: number) => number;
  readonly newest?: (newest: number) => number;
  readonly name?: (mediaSequence: number) => string;
  readonly durationSec?: (newest: number) => number;
  readonly discontinuity?: (newest: number) => number;
  readonly target?: (newest: number) => number;
  readonly startMs?: (mediaSequence: number) => number;
  readonly status?: (mediaSequence: number) => number;
}

/** A node of a stream whose segments began to be listed at `beganMs`; `deed` is what is wrong with it. */
async function startNode(
  beganMs: number,
  chunks: readonly Buffer[],
  deed: Deed,
): Promise<{ url: string; server: Server }> {
  const server = createServer((request, response) => {
    const live = 3 + Math.floor((performance.now() - beganMs) / SEGMENT_MS);
    const newest = deed.newest?.(live) ?? live;
    const path = request.url ?? '';
    const asked = /\/(\d+)[a-z]*\.m4s$/.exec(path)?.[1];
    if (asked !== undefined) {
      response.writeHead(deed.status?.(Number(asked)) ?? 200).end(chunks[Number(asked)]);
      return;
    }
    if (path.endsWith('.mp4')) response.end();
    else if (path.endsWith('index.m3u8')) response.end('#EXTM3U\n#EXT-X-STREAM-INF:BANDWIDTH=1\n1.m3u8\n');
    else response.end(playlistOf(newest, deed));
  });
  await new Promise<void>((resolve) => {
    server.listen(0, '127.0.0.1', () => resolve());
  });
  return { url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`, server };
}

function playlistOf(newest: number, deed: Deed): string {
  const first = deed.first?.(newest) ?? Math.max(0, newest - LISTED + 1);
  const segments = Array.from({ length: newest - first + 1 }, (_, index) => first + index).map((mediaSequence) => {
    const startMs = deed.startMs?.(mediaSequence) ?? mediaSequence * 1000;
    return [
      `#EXT-X-PROGRAM-DATE-TIME:${new Date(startMs).toISOString()}`,
      `#EXTINF:${deed.durationSec?.(newest) ?? 1},`,
      `1/${deed.name?.(mediaSequence) ?? mediaSequence}.m4s`,
    ].join('\n');
  });
  const head = [
    '#EXTM3U',
    `#EXT-X-TARGETDURATION:${deed.target?.(newest) ?? 1}`,
    `#EXT-X-MEDIA-SEQUENCE:${first}`,
    `#EXT-X-DISCONTINUITY-SEQUENCE:${deed.discontinuity?.(newest) ?? 0}`,
    '#EXT-X-MAP:URI="1/init.mp4"',
  ];
  return `${[...head, ...segments].join('\n')}\n`;
}

/** Late enough that a true version was seen before. */
const isLate = (newest: number): boolean => newest >= 8;

/** What the drills trust: the witness finds each of these in one of two nodes, and nothing where nothing is wrong. */
describe('the witness', () => {
  let chunks: readonly Buffer[];
  const servers: Server[] = [];
  beforeAll(async () => {
    const [video] = await encodeTracks(30);
    chunks = video!.chunks;
  }, 60_000);
  afterEach(() => {
    for (const server of servers.splice(0)) {
      server.closeAllConnections();
      server.close();
    }
  });

  const watchTwo = async (deed: Deed): Promise<Witness> => {
    const beganMs = performance.now();
    const nodes = [await startNode(beganMs, chunks, {}), await startNode(beganMs, chunks, deed)];
    servers.push(...nodes.map(({ server }) => server));
    const doors = nodes.map(({ url }) => url);
    return startWitness({ doors, path: '/live/x/index.m3u8', trackCount: 1, everyMs: 50, staleMs: 600 });
  };

  it('finds nothing in two nodes that agree, and has every segment', async () => {
    const witness = await watchTwo({});
    await eventually(() => witness.newest() >= 14, { withinMs: 20_000, what: 'segment 14' });
    await witness.stop();
    expect(witness.faults()).toEqual([]);
    const [record] = witness.tracks.values();
    const numbers = [...record!.served.keys()];
    expect(numbers).toEqual(numbers.map((_, index) => numbers[0]! + index));
  }, 30_000);

  it.each<[string, Deed, RegExp]>([
    ['a node that stays behind', { newest: (live) => live - 4 }, /newest was \d+ .* a node says/],
    [
      'a media sequence that goes back',
      { first: (newest) => Math.max(0, newest - 12) },
      /oldest was \d+ .* a node says/,
    ],
    ['a segment of another name', { name: (msn) => `${msn}${isLate(msn) ? 'b' : ''}` }, /segment \d+: .* became/],
    ['another duration', { durationSec: (newest) => (isLate(newest) ? 0.9 : 1) }, /segment \d+: .* became/],
    [
      'another discontinuity sequence',
      { discontinuity: (newest) => (isLate(newest) ? 1 : 0) },
      /segment \d+: .* became/,
    ],
    ['another target duration', { target: (newest) => (isLate(newest) ? 2 : 1) }, /TARGETDURATION 1 became 2/],
    ['a clock that jumps', { startMs: (msn) => msn * 1000 + (isLate(msn) ? 500 : 0) }, /began at|a jump of/],
    ['a listed segment that is not there', { status: (msn) => (isLate(msn) ? 404 : 200) }, /m4s: 404/],
  ])(
    'finds %s',
    async (_, deed, fault) => {
      const witness = await watchTwo(deed);
      await eventually(() => witness.faults().some((one) => fault.test(one)), {
        withinMs: 20_000,
        what: `a fault like ${fault.source}`,
      });
      await witness.stop();
    },
    30_000,
  );

  it('finds nodes that serve other bytes under the same number', async () => {
    const beganMs = performance.now();
    const nodes = [await startNode(beganMs, chunks, {}), await startNode(beganMs, chunks.toReversed(), {})];
    servers.push(...nodes.map(({ server }) => server));
    const doors = nodes.map(({ url }) => url);
    const witness = await startWitness({ doors, path: '/live/x/index.m3u8', trackCount: 1, everyMs: 50 });
    await eventually(() => witness.newest() >= 8, { withinMs: 20_000, what: 'segment 8' });
    await witness.stop();
    expect(witness.faults()).toContainEqual(expect.stringMatching(/segment \d+: bytes differ/));
  }, 30_000);
});
