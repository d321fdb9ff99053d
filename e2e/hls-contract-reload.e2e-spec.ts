import { eventually } from '#shared/testing';
import {
  attributesOf,
  edgeOf,
  mergedWith,
  readLive,
  withDirectives,
  type BlockedReply,
  type LivePlaylist,
} from './support/low-latency.ts';
import { fetchLive as live, startLowLatencyStream, type LowLatencyStream } from './support/low-latency-stream.ts';
import { fetchText, targetSec } from './support/playlists.ts';

/** contracts/hls.md, 25 to 36, 47 and 50: blocking reload and delta updates. */
describe('hls.md, reloads', () => {
  let stream: LowLatencyStream;
  let multivariant: string;
  let urls: readonly string[];
  let followed: ReadonlyArray<readonly BlockedReply[]>;
  /** Full list and delta of one instant, in turn. */
  let deltas: Array<{ full: string; delta: string }>;

  beforeAll(async () => {
    stream = await startLowLatencyStream();
    ({ multivariant, urls } = stream);
    deltas = await recordDeltas(urls[0]!);
    followed = await stream.stopFollowing();
  }, 90_000);
  afterAll(() => stream?.stop(), 30_000);

  /** Until the list was ten times longer than the skip boundary. */
  async function recordDeltas(url: string): Promise<Array<{ full: string; delta: string }>> {
    const recorded: Array<{ full: string; delta: string }> = [];
    await eventually(
      async () => {
        const edge = edgeOf(await live(url));
        const at = { msn: edge.mediaSequence, part: edge.partIndex + 1 };
        const [full, delta] = await Promise.all([
          fetchText(withDirectives(url, at)),
          fetchText(withDirectives(url, { ...at, skip: 'YES' })),
        ]);
        const isSameEdge = JSON.stringify(edgeOf(readLive(full))) === JSON.stringify(edgeOf(readLive(delta)));
        if (isSameEdge) recorded.push({ full: full.text, delta: delta.text });
        return recorded.filter(({ delta: text }) => text.includes('#EXT-X-SKIP:')).length >= 10;
      },
      { withinMs: 50_000, everyMs: 1, what: 'ten delta updates' },
    );
    return recorded;
  }

  it('11 and 26: a blocked reload is answered with the part it waits for, and in time for the part target', () => {
    for (const track of followed) {
      for (const { playlist, asked } of track) {
        const edge = edgeOf(playlist);
        const isThere =
          edge.mediaSequence > asked.mediaSequence ||
          (edge.mediaSequence === asked.mediaSequence && edge.partIndex >= asked.partIndex);
        expect(isThere).toBe(true);
      }
      const waits = track.map(({ askedAtMs, answeredAtMs }) => answeredAtMs - askedAtMs);
      const median = waits.toSorted((a, b) => a - b)[Math.floor(waits.length / 2)]!;
      expect(median).toBeLessThanOrEqual(track[0]!.playlist.partTargetSec! * 1000 + 100);
    }
  });

  it('25: _HLS_msn alone waits for the whole segment, and not beyond', async () => {
    for (const url of urls) {
      const { mediaSequence } = edgeOf(await live(url));
      const answer = await live(url, { msn: mediaSequence });
      const closed = answer.segments.filter((segment) => segment.url !== undefined);
      expect(closed.at(-1)!.mediaSequence).toBe(mediaSequence);
    }
  });

  it('26: a part beyond the last of its segment is part 0 of the next', async () => {
    const { mediaSequence } = edgeOf(await live(urls[0]!));
    const { segments } = await live(urls[0]!, { msn: mediaSequence, part: 2 });
    expect(segments.at(-1)!.mediaSequence).toBeGreaterThanOrEqual(mediaSequence);
    const past = await live(urls[0]!, { msn: mediaSequence - 1, part: 900 });
    expect(edgeOf(past).mediaSequence).toBeGreaterThanOrEqual(mediaSequence);
  });

  it('27: what is past or evicted is answered at once with the whole list', async () => {
    for (const msn of [0, 1]) {
      const { fetched, segments } = await live(urls[0]!, { msn, part: 0 });
      expect(fetched.status).toBe(200);
      expect(segments.length).toBeGreaterThan(3);
    }
  });

  it.each([
    '_HLS_part=0',
    '_HLS_msn=-1',
    '_HLS_msn=x',
    '_HLS_msn=1&_HLS_part=1.5',
    '_HLS_msn=',
    '_HLS_msn=1&_HLS_part=x',
  ])('28: %s is 400', async (query) => {
    const answer = await fetchText(`${urls[0]}?${query}`);
    expect(answer.status).toBe(400);
    expect(JSON.parse(answer.text)).toMatchObject({ error: 'InvalidRequest' });
    expect(answer.headers.get('access-control-allow-origin')).toBe('*');
  });

  it('29: too far ahead is 400 at once, a far part of the next segment is served', async () => {
    const { mediaSequence } = edgeOf(await live(urls[0]!));
    const startedAtMs = performance.now();
    expect((await fetchText(withDirectives(urls[0]!, { msn: mediaSequence + 5 }))).status).toBe(400);
    expect(performance.now() - startedAtMs).toBeLessThan(1000);
    expect((await fetchText(withDirectives(urls[0]!, { msn: mediaSequence + 1, part: 500 }))).status).toBe(400);
    expect((await live(urls[0]!, { msn: mediaSequence, part: 6 })).fetched.status).toBe(200);
  });

  it('31: unknown directives are tolerated; the I-frame list takes _HLS_msn', async () => {
    expect((await fetchText(withDirectives(urls[0]!, { throughput: 1 }))).status).toBe(200);
    const uri = attributesOf(/#EXT-X-I-FRAME-STREAM-INF:(.*)/.exec((await fetchText(multivariant)).text)![1]!).get(
      'URI',
    )!;
    const iFrames = await fetchText(new URL(uri, multivariant).href);
    const { mediaSequence } = edgeOf(await live(urls[0]!));
    expect((await fetchText(withDirectives(iFrames.url, { msn: mediaSequence }))).status).toBe(200);
  });

  it('32 and 46: twenty viewers that wait for one part get the same bytes; renditions are in step within a part', async () => {
    const edge = edgeOf(await live(urls[0]!));
    const url = withDirectives(urls[0]!, { msn: edge.mediaSequence, part: edge.partIndex + 1 });
    const bodies = await Promise.all(Array.from({ length: 20 }, async () => (await fetchText(url)).text));
    expect(new Set(bodies).size).toBe(1);
    const ends = followed.map((track) => endMsOf(track.at(-1)!.playlist));
    expect(Math.max(...ends) - Math.min(...ends)).toBeLessThan(3000);
  });

  it('33, 34 and 36: a client that merges delta updates holds the full list, at every step', () => {
    const skips = deltas.filter(({ delta }) => delta.includes('#EXT-X-SKIP:'));
    expect(skips.length).toBeGreaterThanOrEqual(10);
    let held: string | undefined;
    for (const { full, delta } of deltas) {
      if (held !== undefined) expect(withoutVersion(mergedWith(held, delta))).toBe(withoutVersion(full));
      held = full;
    }
    for (const { delta } of skips) {
      expect(delta).toMatch(/^#EXT-X-VERSION:9$/m);
      expect(delta.match(/#EXT-X-SKIP:/g)).toHaveLength(1);
    }
  });

  it('35: v2 is answered as well', async () => {
    const { fetched } = await live(urls[0]!, { skip: 'v2' });
    expect(fetched.status).toBe(200);
    expect(fetched.text).toMatch(/#EXT-X-SKIP:SKIPPED-SEGMENTS=\d+/);
  });

  it('47: a blocked list is fresh for six target durations, a plain one for half of one, a part for long', async () => {
    const plain = await live(urls[0]!);
    const target = targetSec(plain.fetched);
    const edge = edgeOf(plain);
    const blocked = await live(urls[0]!, { msn: edge.mediaSequence, part: edge.partIndex + 1 });
    expect(maxAge(blocked.fetched.headers)).toBe(6 * target);
    expect(maxAge(plain.fetched.headers)).toBeLessThanOrEqual(Math.max(1, target / 2));
    const part = await fetch(blocked.segments.flatMap(({ parts }) => parts).at(-1)!.url);
    expect(maxAge(part.headers)).toBeGreaterThanOrEqual(6 * target);
  });

  it('50: other parameters are handed on to parts, hints and reports; directives are not', async () => {
    const { fetched } = await live(`${urls[0]}?tok=a%2Fb&sid=7`, { msn: 0 });
    const uris = [...fetched.text.matchAll(/URI="([^"]+)"/g)].map((match) => match[1]!);
    const segments = fetched.text.split('\n').filter((line) => line !== '' && !line.startsWith('#'));
    expect(uris.length).toBeGreaterThan(4);
    for (const uri of [...uris, ...segments]) {
      expect(uri).toContain('tok=a%2Fb');
      expect(uri).not.toContain('_HLS_');
    }
  });

  it('A5: audio is a rendition of its own, and a list has at least six segments', async () => {
    const top = (await fetchText(multivariant)).text;
    expect(top.match(/#EXT-X-MEDIA:TYPE=AUDIO/g)).toHaveLength(1);
    expect(top.match(/#EXT-X-STREAM-INF:/g)).toHaveLength(2);
    for (const url of urls)
      expect((await live(url)).segments.filter((segment) => segment.url !== undefined).length).toBeGreaterThanOrEqual(
        6,
      );
  });

  it('30: when nothing comes a blocked request ends below 10 s with 503', async () => {
    stream.encoder.process.kill('SIGSTOP');
    const waitMs = await eventually(
      async () => {
        const edge = edgeOf(await live(urls[0]!));
        const startedAtMs = performance.now();
        const answer = await fetchText(withDirectives(urls[0]!, { msn: edge.mediaSequence, part: edge.partIndex + 1 }));
        return answer.status === 503 && performance.now() - startedAtMs;
      },
      { withinMs: 25_000, everyMs: 1, what: '503' },
    );
    expect(waitMs).toBeGreaterThan(2000);
    expect(waitMs).toBeLessThan(10_000);
  }, 40_000);

  it('15, 31 and 33: once ended there is no hint, and directives are ignored', async () => {
    await stream.encoder.kill9();
    const ended = await eventually(
      async () => {
        const { fetched } = await live(urls[0]!);
        return fetched.text.includes('#EXT-X-ENDLIST') && fetched.text;
      },
      { withinMs: 30_000, what: 'ENDLIST' },
    );
    expect(ended).not.toContain('#EXT-X-PRELOAD-HINT');
    for (const directives of [{ msn: 100_000 }, { msn: 0, part: 0, skip: 'YES' }])
      expect((await live(urls[0]!, directives)).fetched.text).toBe(ended);
  }, 40_000);
});

const maxAge = (headers: Headers): number => Number(/max-age=(\d+)/.exec(headers.get('cache-control') ?? '')?.[1]);

/** A delta update is of version 9, the list it stands for is not. */
const withoutVersion = (text: string): string => text.replace(/#EXT-X-VERSION:\d+\n/, '');

/** Wall clock at which a playlist ends, parts of the open segment included. */
function endMsOf({ segments }: LivePlaylist): number {
  const last = segments.at(-1)!;
  const stated = last.contextTags.find((tag) => tag.startsWith('#EXT-X-PROGRAM-DATE-TIME:'))!;
  const startMs = Date.parse(stated.slice('#EXT-X-PROGRAM-DATE-TIME:'.length));
  return startMs + 1000 * (last.durationSec ?? last.parts.reduce((sum, part) => sum + part.durationSec, 0));
}
