import { eventually } from '#shared/testing';
import { boxesAt, decodeTimeOf, timescaleOf } from './support/cmaf-walk.ts';
import { startEncoder, type Encoder } from './support/encoder.ts';
import { codecOf, expectEmptyInit } from './support/init-segments.ts';
import { createInput, type CreatedInput } from './support/live-input.ts';
import { startOrigin, type Origin } from './support/origin.ts';
import { recordHistory, type PlaylistHistory, type PlaylistVersion } from './support/playlist-history.ts';
import {
  bytesOf,
  durationSec,
  endMs,
  fetchText,
  mediaPlaylistUrls,
  tagOf,
  targetSec,
  untilPlayable,
  type Fetched,
  type ListedSegment,
} from './support/playlists.ts';

const WINDOW_MS = 6000;
const RECONNECT_WINDOW_MS = 6000;
/** A sum of EXTINF and PROGRAM-DATE-TIME is rounded to the millisecond on both sides. */
const ROUNDING_MS = 1.01;

/** contracts/hls.md, the lines of plain HLS: one stream of two renditions and audio whose encoder is killed, comes back and ends. */
describe('hls.md', () => {
  let origin: Origin;
  let input: CreatedInput;
  let encoder: Encoder;
  let history: PlaylistHistory;
  let live: Fetched;
  /** When the second encoder began; what was listed before is of the first. */
  let restartedAtMs: number;

  const push = (): Encoder =>
    startEncoder({
      publishUrl: `${origin.ingest}/publish/${input.externalId}`,
      streamKey: input.streamKey,
      renditions: ['v360.cmfv', 'v180.cmfv'],
    });
  const untilAll = (what: string, isSo: (version: PlaylistVersion) => boolean): Promise<unknown> =>
    eventually(() => history.newest().length === 3 && history.newest().every(isSo), { withinMs: 40_000, what });
  const allVersions = (): PlaylistVersion[] => [...history.versions.values()].flat();
  const successions = (): Array<[PlaylistVersion, PlaylistVersion]> =>
    [...history.versions.values()].flatMap((known) =>
      known.slice(1).map((version, index): [PlaylistVersion, PlaylistVersion] => [known[index]!, version]),
    );
  /** Every segment that a playlist ever listed, by media sequence. */
  const everListed = (url: string): Map<number, ListedSegment> =>
    new Map(history.versions.get(url)!.flatMap(({ segments }) => segments.map((s) => [s.mediaSequence, s] as const)));

  beforeAll(async () => {
    origin = await startOrigin({
      PLAYLIST_WINDOW_MS: String(WINDOW_MS),
      RECONNECT_WINDOW_MS: String(RECONNECT_WINDOW_MS),
    });
    input = await createInput(origin);
    encoder = push();
    live = await untilPlayable(`${origin.playback}/live/${input.externalId}/index.m3u8`);
    history = recordHistory(live);
    await untilAll('two segments removed', ({ segments }) => segments[0]!.mediaSequence >= 2);
    await encoder.kill9();
    restartedAtMs = performance.now();
    encoder = push();
    await untilAll('the discontinuity removed', ({ fetched }) => tagOf(fetched, 'DISCONTINUITY-SEQUENCE') === '1');
    await encoder.finish();
    await untilAll('ENDLIST', ({ fetched }) => fetched.text.includes('#EXT-X-ENDLIST'));
    await history.stop();
  }, 150_000);
  afterAll(async () => {
    await encoder?.kill9();
    await origin?.stop();
  }, 30_000);

  it('1: playlists are UTF-8 without BOM or control characters, of their type, and name .m4s and .mp4', async () => {
    for (const url of [live.url, ...history.versions.keys()]) {
      const raw = await bytesOf(url);
      const text = new TextDecoder('utf-8', { fatal: true, ignoreBOM: true }).decode(raw);
      expect(text.startsWith('#EXTM3U\n')).toBe(true);
      // oxlint-disable-next-line no-control-regex -- they are what must not be there
      expect(text).not.toMatch(/[\u0000-\u0009\u000b-\u001f\u007f-\u009f\ufeff]/);
      expect((await fetchText(url)).headers.get('content-type')).toBe('application/vnd.apple.mpegurl');
    }
    for (const segment of history.newest().flatMap(({ segments }) => segments)) {
      expect(new URL(segment.url).pathname).toMatch(/\.m4s$/);
      expect(new URL(segment.mapUrl).pathname).toMatch(/\.mp4$/);
    }
  });

  it('2: each segment has an EXT-X-MAP; init segments hold no samples, segments are relative to their movie fragments', async () => {
    const listed = allVersions().flatMap(({ segments }) => segments);
    expect(listed.every(({ mapUrl }) => mapUrl !== '')).toBe(true);
    for (const url of new Set(listed.map(({ mapUrl }) => mapUrl))) expectEmptyInit(await bytesOf(url));
    for (const { segments } of history.newest()) {
      const bytes = await bytesOf(segments.at(-1)!.url);
      const fragments = boxesAt(bytes, 'moof/traf');
      expect(fragments.length).toBeGreaterThan(0);
      expect(boxesAt(bytes, 'moof/traf/tfdt')).toHaveLength(fragments.length);
      for (const { content } of boxesAt(bytes, 'moof/traf/tfhd')) {
        const flags = content.readUInt32BE(0) & 0xffffff;
        expect(flags & 0x020000).not.toBe(0);
        expect(flags & 0x000001).toBe(0);
      }
    }
  });

  it('3: one tag of each type for the playlist, its numbers ahead of the first segment', () => {
    for (const { fetched } of allVersions()) {
      const lines = fetched.text.split('\n');
      const firstSegment = lines.findIndex((line) => line.startsWith('#EXTINF'));
      for (const tag of [
        'VERSION',
        'INDEPENDENT-SEGMENTS',
        'TARGETDURATION',
        'MEDIA-SEQUENCE',
        'DISCONTINUITY-SEQUENCE',
      ]) {
        const at = lines.flatMap((line, index) => (new RegExp(`^#EXT-X-${tag}(:|$)`).test(line) ? [index] : []));
        expect([tag, at.length]).toEqual([tag, 1]);
        expect(at[0]).toBeLessThan(firstSegment);
      }
      expect(fetched.text.match(/^#EXT-X-ENDLIST$/gm)?.length ?? 0).toBeLessThanOrEqual(1);
    }
  });

  it('4: the version is that of EXT-X-MAP, 6', () => {
    for (const { fetched } of allVersions()) expect(tagOf(fetched, 'VERSION')).toBe('6');
  });

  it('5: each EXTINF is exact and rounds to the target duration at most, which never changes', async () => {
    const targets = new Set(allVersions().map(({ fetched }) => tagOf(fetched, 'TARGETDURATION')));
    expect([...targets]).toEqual([expect.stringMatching(/^[1-9]\d*$/)]);
    for (const { fetched, segments } of allVersions()) {
      for (const segment of segments) expect(Math.round(segment.durationSec)).toBeLessThanOrEqual(targetSec(fetched));
    }
    for (const { segments } of history.newest()) {
      const timescale = timescaleOf(await bytesOf(segments[0]!.mapUrl));
      const starts = await Promise.all(segments.map(async ({ url }) => Number(decodeTimeOf(await bytesOf(url)))));
      const exact = starts.slice(1).map((start, index) => (start - starts[index]!) / timescale);
      for (const [index, seconds] of exact.entries()) expect(segments[index]!.durationSec).toBeCloseTo(seconds, 3);
    }
  });

  it('6: a sliding live playlist has no PLAYLIST-TYPE', () => {
    for (const { fetched } of allVersions()) expect(fetched.text).not.toContain('#EXT-X-PLAYLIST-TYPE');
  });

  it('7: an update only appends, removes from the front, or ends', () => {
    expect(successions().length).toBeGreaterThan(20);
    for (const [before, after] of successions()) {
      const first = after.segments[0]!.mediaSequence;
      const kept = before.segments.filter(({ mediaSequence }) => mediaSequence >= first);
      expect(kept.length).toBeGreaterThan(0);
      expect(after.segments.slice(0, kept.length)).toEqual(kept);
    }
  });

  it('8: media sequence numbers never go back, also across an encoder that comes back', () => {
    for (const [before, after] of successions()) {
      expect(after.segments[0]!.mediaSequence).toBeGreaterThanOrEqual(before.segments[0]!.mediaSequence);
      expect(after.segments.at(-1)!.mediaSequence).toBeGreaterThanOrEqual(before.segments.at(-1)!.mediaSequence);
    }
    for (const known of history.versions.values()) {
      const listed = new Set(known.flatMap(({ segments }) => segments.map(({ mediaSequence }) => mediaSequence)));
      expect([...listed].toSorted((a, b) => a - b)).toEqual([...listed].map((_, index) => index));
    }
  });

  it('9: no segment is removed that leaves less than three target durations', () => {
    const removals = successions().filter(
      ([before, after]) => after.segments[0]!.mediaSequence > before.segments[0]!.mediaSequence,
    );
    expect(removals.length).toBeGreaterThan(6);
    for (const [, { fetched, segments }] of removals) {
      expect(durationSec(segments)).toBeGreaterThanOrEqual(3 * targetSec(fetched));
    }
  });

  it('10: a removed segment is still there', async () => {
    const newest = new Set(history.newest().flatMap(({ segments }) => segments.map(({ url }) => url)));
    const removed = history.firstFetches.filter(({ segment }) => !newest.has(segment.url));
    expect(removed.length).toBeGreaterThan(6);
    for (const { segment, sizeBytes } of removed) {
      const response = await fetch(segment.url);
      expect([segment.url, response.status]).toEqual([segment.url, 200]);
      expect((await response.arrayBuffer()).byteLength).toBe(sizeBytes);
    }
  });

  it('11: while the encoder sends, a new segment comes within 1.5 target durations of the last', () => {
    for (const known of history.versions.values()) {
      const grown = known.filter(
        ({ segments }, index) =>
          index > 0 && segments.at(-1)!.mediaSequence > known[index - 1]!.segments.at(-1)!.mediaSequence,
      );
      for (const [index, version] of grown.entries()) {
        const previous = grown[index - 1];
        if (previous === undefined) continue;
        const spansTheRestart =
          version.seenAtMs > restartedAtMs && previous.segments.at(-1)!.discontinuitySequence === 0;
        if (spansTheRestart) continue;
        expect(version.afterMs - previous.seenAtMs).toBeLessThanOrEqual(1500 * targetSec(version.fetched));
      }
    }
  });

  it('12: a segment is downloadable at full speed the moment it is listed', () => {
    expect(history.firstFetches.length).toBeGreaterThan(20);
    for (const { segment, status, tookMs, sizeBytes } of history.firstFetches) {
      expect([segment.url, status]).toEqual([segment.url, 200]);
      expect(sizeBytes).toBeGreaterThan(500);
      expect(tookMs).toBeLessThan(segment.durationSec * 500);
    }
  });

  it('13: one DISCONTINUITY where the encoder came back; removed, it is counted', () => {
    for (const known of history.versions.values()) {
      expect(known.some(({ fetched }) => fetched.text.match(/^#EXT-X-DISCONTINUITY$/gm)?.length === 1)).toBe(true);
      const sequences = known.map(({ fetched }) => Number(tagOf(fetched, 'DISCONTINUITY-SEQUENCE')));
      expect([...new Set(sequences)]).toEqual([0, 1]);
      const bySegment = new Map<number, Set<number>>();
      for (const segment of known.flatMap(({ segments }) => segments)) {
        const found = bySegment.get(segment.mediaSequence) ?? new Set();
        bySegment.set(segment.mediaSequence, found.add(segment.discontinuitySequence));
      }
      expect([...bySegment.values()].every(({ size }) => size === 1)).toBe(true);
    }
  });

  it('15: ENDLIST stays once it is there, nothing changes after it, and the presentation is kept', async () => {
    for (const known of history.versions.values()) {
      const ended = known.findIndex(({ fetched }) => fetched.text.includes('#EXT-X-ENDLIST'));
      expect(ended).toBe(known.length - 1);
    }
    for (const { fetched } of history.newest()) expect((await fetchText(fetched.url)).text).toBe(fetched.text);
    expect((await fetchText(live.url)).status).toBe(200);
  });

  it('16: every playlist carries PROGRAM-DATE-TIME in ms and zone, fresh after a discontinuity, and maps media time one way', async () => {
    const offsets = new Map<number, number[]>();
    for (const { fetched, segments } of allVersions()) {
      const stamps = [...fetched.text.matchAll(/^#EXT-X-PROGRAM-DATE-TIME:(.*)$/gm)].map(([, stamp]) => stamp!);
      expect(stamps.length).toBeGreaterThan(0);
      for (const stamp of stamps) expect(stamp).toMatch(/^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}(Z|[+-]\d\d:\d\d)$/);
      expect(fetched.text).not.toMatch(/#EXT-X-DISCONTINUITY\n(?!(#EXT-X-MAP:.*\n)?#EXT-X-PROGRAM-DATE-TIME:)/);
      for (const [index, segment] of segments.entries()) {
        const previous = segments[index - 1];
        if (previous === undefined) continue;
        const gapMs = segment.programDateTimeMs - previous.programDateTimeMs - previous.durationSec * 1000;
        if (segment.discontinuitySequence > previous.discontinuitySequence) expect(gapMs).toBeGreaterThan(-1000);
        else expect(Math.abs(gapMs)).toBeLessThanOrEqual(ROUNDING_MS);
      }
    }
    for (const { segment } of history.firstFetches) {
      const [bytes, init] = await Promise.all([bytesOf(segment.url), bytesOf(segment.mapUrl)]);
      const mediaMs = (Number(decodeTimeOf(bytes)) * 1000) / timescaleOf(init);
      const known = offsets.get(segment.discontinuitySequence) ?? [];
      offsets.set(segment.discontinuitySequence, [...known, segment.programDateTimeMs - mediaMs]);
    }
    expect([...offsets.keys()]).toEqual([0, 1]);
    for (const known of offsets.values())
      expect(Math.max(...known) - Math.min(...known)).toBeLessThanOrEqual(ROUNDING_MS);
  });

  it('42: CODECS are those of the init segments, and matching segments of all playlists match in time and discontinuity', async () => {
    const newest = history.newest();
    const [first] = newest;
    const codecs = new Set(await Promise.all(newest.map(({ segments }) => bytesOf(segments[0]!.mapUrl).then(codecOf))));
    const streams = (await fetchText(live.url)).text.matchAll(/^#EXT-X-STREAM-INF:.*CODECS="([^"]+)"/gm);
    const variants = [...streams].map(([, listed]) => listed!);
    expect(variants).toHaveLength(2);
    for (const listed of variants) {
      expect(listed).toMatch(/^avc1\.[0-9a-f]{6},mp4a\.40\.2$/i);
      for (const codec of listed.split(',')) expect(codecs).toContain(codec);
    }
    for (const { fetched, segments } of newest) {
      const target = targetSec(fetched);
      expect(target).toBe(targetSec(first!.fetched));
      expect(Math.abs(segments[0]!.programDateTimeMs - first!.segments[0]!.programDateTimeMs)).toBeLessThanOrEqual(
        target * 1000,
      );
      expect(Math.abs(endMs(segments) - endMs(first!.segments))).toBeLessThanOrEqual(target * 1000);
    }
    const [one, other] = mediaPlaylistUrls(live).slice(0, 2).map(everListed);
    expect(other!.size).toBe(one!.size);
    for (const [mediaSequence, segment] of one!) {
      const twin = other!.get(mediaSequence)!;
      expect(Math.abs(twin.programDateTimeMs - segment.programDateTimeMs)).toBeLessThanOrEqual(ROUNDING_MS);
      expect(twin.discontinuitySequence).toBe(segment.discontinuitySequence);
    }
  });

  it('51: a URL keeps its media sequence and its discontinuity sequence between reloads', () => {
    const facts = new Map<string, string>();
    for (const segment of allVersions().flatMap(({ segments }) => segments)) {
      const now = `${segment.mediaSequence} in ${segment.discontinuitySequence}`;
      expect([segment.url, facts.get(segment.url) ?? now]).toEqual([segment.url, now]);
      facts.set(segment.url, now);
    }
    expect(new Set(facts.keys()).size).toBe(history.firstFetches.length);
  });
});
