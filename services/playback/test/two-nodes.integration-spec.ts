import { AUDIO, liveSource, VIDEO, type LiveSource } from './support/live-source.ts';
import { startPlaybackUnderTest, type PlaybackUnderTest } from './support/playback-under-test.ts';
import { connectServers, type Servers } from './support/servers.ts';

const REQUESTS = 60;

let servers: Servers;
let nodes: PlaybackUnderTest[];

beforeAll(async () => {
  servers = await connectServers();
  nodes = [await startPlaybackUnderTest(), await startPlaybackUnderTest()];
});

afterAll(async () => {
  for (const node of nodes) await node.close();
  await servers.close();
});

const anyNode = (): PlaybackUnderTest => {
  const node = nodes[Math.floor(Math.random() * nodes.length)];
  if (node === undefined) throw new Error('expected a node');
  return node;
};

/** Appends parts and closes segments of both tracks, a part every 30 ms, until told to stop. */
async function play(source: LiveSource, isOver: () => boolean): Promise<void> {
  for (let part = 1; !isOver(); part += 1) {
    const wait = new Promise((resolve) => setTimeout(resolve, 30));
    for (const trackId of [VIDEO, AUDIO]) {
      await source.appendPart(trackId);
      if (part % 4 === 0) await source.closeOpen(trackId);
    }
    await wait;
  }
}

const hintOf = (text: string): { uri: string; msn: number; part: number } => {
  const [, uri = '', msn, part] = /PRELOAD-HINT:TYPE=PART,URI="(1\/(\d+)\.(\d+)\.m4s)"/.exec(text) ?? [];
  return { uri, msn: Number(msn), part: Number(part) };
};

describe('two nodes without stickiness', () => {
  it('are one stream to a low-latency player: no refusal, nothing older, every hint kept', async () => {
    const source = await liveSource(servers, 6);
    const root = `/live/${source.row.id}/`;
    let isOver = false;
    const playing = play(source, () => isOver);
    try {
      let edge = hintOf(await anyNode().textOnce(`${root}1.m3u8`, (text) => text.includes('PRELOAD-HINT')));
      for (let i = 0; i < REQUESTS; i += 1) {
        const [list, hinted] = await Promise.all([
          anyNode().get(`${root}1.m3u8?_HLS_msn=${edge.msn}&_HLS_part=${edge.part}`),
          anyNode().get(root + edge.uri),
        ]);
        expect([list.status, hinted.status]).toEqual([200, edge.part === 4 ? 404 : 200]);
        const next = hintOf(await list.text());
        expect(next.msn * 10 + next.part).toBeGreaterThan(edge.msn * 10 + edge.part);
        if (hinted.status === 200) {
          const bytes = Buffer.from(await hinted.arrayBuffer());
          expect(bytes.equals(source.bytesOf(edge.uri.replace(/\.m4s$/, '')))).toBe(true);
        }
        edge = next;
      }
    } finally {
      isOver = true;
      await playing;
    }
  }, 30_000);

  it('one that was just started gives nothing older than what the other gave', async () => {
    const source = await liveSource(servers, 6);
    const path = `/live/${source.row.id}/1.m3u8`;
    for (let round = 0; round < 3; round += 1) {
      await source.appendPart(VIDEO);
      const [first] = nodes;
      const seen = hintOf((await first?.textOnce(path, (text) => text.includes(`1/6.${round}.m4s`))) ?? '');
      const fresh = await startPlaybackUnderTest();
      try {
        expect(hintOf(await (await fresh.get(path)).text())).toEqual(seen);
      } finally {
        await fresh.close();
      }
    }
  }, 30_000);

  it('one that missed facts serves what the other lists, however far that is ahead', async () => {
    const source = await liveSource(servers, 6);
    for (const node of nodes) await node.textOnce(`/live/${source.row.id}/1.m3u8`, () => true);
    for (let part = 0; part < 5; part += 1) await source.appendPart(VIDEO, { announce: false });
    for (const node of nodes) {
      const path = `/live/${source.row.id}/1.m3u8?_HLS_msn=6&_HLS_part=4`;
      expect(Buffer.from(await (await node.get(`/live/${source.row.id}/1/6.4.m4s`)).arrayBuffer())).toEqual(
        source.bytesOf('1/6.4'),
      );
      expect((await node.get(path)).status).toBe(200);
    }
  });

  it('one that missed the last facts answers who waits all the same', async () => {
    const source = await liveSource(servers, 6);
    const path = `/live/${source.row.id}/1.m3u8`;
    for (const node of nodes) await node.textOnce(path, () => true);
    const waiting = nodes.map((node) => node.get(`${path}?_HLS_msn=6&_HLS_part=0`));
    await source.appendPart(VIDEO, { announce: false });
    for (const response of await Promise.all(waiting)) {
      expect(response.status).toBe(200);
      expect(await response.text()).toContain('1/6.0.m4s');
    }
  });
});
