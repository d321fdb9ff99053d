import { setTimeout as delay } from 'node:timers/promises';
import { boxesAt, sha256 } from './support/cmaf-walk.ts';
import { attributesOf, edgeOf, type BlockedReply, type ListedPart } from './support/low-latency.ts';
import { fetchLive as live, startLowLatencyStream, type LowLatencyStream } from './support/low-latency-stream.ts';
import { bytesOf, fetchText, targetSec } from './support/playlists.ts';

/** EXT-X-PART durations are written to the microsecond, EXT-X-PART-INF likewise. */
const ROUNDING_SEC = 0.000_01;
const MAX_SAFE_BYTE = 9_007_199_254_740_991n;
/** Long enough for part tags to go. */
const FOLLOW_MS = 16_000;

/** contracts/hls.md, 17 to 24 and 37 to 41: parts, hints and reports, as three low-latency players saw them. */
describe('hls.md, parts', () => {
  let stream: LowLatencyStream;
  let multivariant: string;
  let urls: readonly string[];
  let followed: ReadonlyArray<readonly BlockedReply[]>;

  const replies = (): BlockedReply[] => followed.flat();
  /** Closed segments with their parts, as the last reply that had them both said. */
  const closedParents = (track: readonly BlockedReply[]) => {
    const found = new Map<number, { url: string; durationSec: number; parts: readonly ListedPart[] }>();
    for (const { playlist } of track)
      for (const { mediaSequence, url, durationSec, parts } of playlist.segments)
        if (url !== undefined && parts.length > 0) found.set(mediaSequence, { url, durationSec: durationSec!, parts });
    return found;
  };

  beforeAll(async () => {
    stream = await startLowLatencyStream();
    ({ multivariant, urls } = stream);
    await delay(FOLLOW_MS);
    followed = await stream.stopFollowing();
  }, 90_000);
  afterAll(() => stream?.stop(), 30_000);

  it('17: PART-INF stands where parts do; no part is longer than the target, and none shorter than 85 % of it without an excuse', () => {
    for (const { playlist } of replies()) {
      const target = playlist.partTargetSec!;
      expect(target).toBeGreaterThan(0);
      for (const { parts, url } of playlist.segments) {
        parts.forEach((part, index) => {
          expect(part.durationSec).toBeLessThanOrEqual(target + ROUNDING_SEC);
          const isLast = index === parts.length - 1 && url !== undefined;
          const mayBeLast = index === parts.length - 1 && url === undefined;
          if (!part.independent && !isLast && !mayBeLast)
            expect(part.durationSec).toBeGreaterThanOrEqual(0.85 * target - ROUNDING_SEC);
        });
      }
    }
  });

  it('18: the parts of a segment are its bytes and last as long, counted from 0', async () => {
    for (const track of followed) {
      const [, ...parents] = [...closedParents(track).values()].slice(-4);
      for (const { url, durationSec, parts } of parents) {
        const bytes = Buffer.concat(await Promise.all(parts.map((part) => bytesOf(part.url))));
        expect(sha256(bytes)).toBe(sha256(await bytesOf(url)));
        const lasts = parts.reduce((sum, part) => sum + part.durationSec, 0);
        expect(Math.abs(lasts - durationSec)).toBeLessThan(0.001 * (parts.length + 1));
        expect(parts.map((part) => new URL(part.url).pathname.split('.').at(-2))).toEqual(parts.map((_, i) => `${i}`));
      }
    }
  });

  it('19 and 22: the first part of a segment is INDEPENDENT, others only where they begin or hold a keyframe', async () => {
    for (const track of followed)
      for (const { parts } of closedParents(track).values()) expect(parts[0]!.independent).toBe(true);
    const [video, , audio] = followed;
    const later = [...closedParents(video!).values()].flatMap(({ parts }) => parts.slice(1));
    expect(later.some((part) => !part.independent)).toBe(true);
    expect([...closedParents(audio!).values()].every(({ parts }) => parts.every((part) => part.independent))).toBe(
      true,
    );
  });

  it('20: MAP and PROGRAM-DATE-TIME of the segment in production precede its first part', () => {
    const open = replies().flatMap(({ playlist }) => playlist.segments.filter(({ url }) => url === undefined));
    expect(open.length).toBeGreaterThan(0);
    for (const { contextTags } of open)
      expect(contextTags.some((tag) => tag.startsWith('#EXT-X-PROGRAM-DATE-TIME:'))).toBe(true);
    for (const { playlist } of replies()) {
      const map = playlist.fetched.text.indexOf('#EXT-X-MAP:');
      expect(map).toBeGreaterThan(0);
      expect(map).toBeLessThan(playlist.fetched.text.indexOf('#EXT-X-PART:'));
    }
  });

  it('21: part tags go after three target durations, part URLs stay', async () => {
    const last = followed[0]!.at(-1)!.playlist;
    const target = targetSec(last.fetched);
    const closed = last.segments.filter(({ url }) => url !== undefined);
    let fromEndSec = 0;
    for (const { parts, durationSec } of closed.toReversed()) {
      if (fromEndSec > 3 * target + last.partTargetSec! * 20) expect(parts).toEqual([]);
      fromEndSec += durationSec!;
    }
    const untagged = [...closedParents(followed[0]!).values()][0]!;
    expect(last.segments.flatMap(({ parts }) => parts.map((part) => part.url))).not.toContain(untagged.parts[0]!.url);
    for (const part of untagged.parts) expect((await fetch(part.url)).status).toBe(200);
  });

  it('23 and 24: hold-backs and the skip boundary are as long as they must be, the same in all lists at all times', () => {
    const controls = new Set(
      replies().map(({ playlist }) => JSON.stringify([[...playlist.serverControl], playlist.partTargetSec])),
    );
    expect(controls.size).toBe(1);
    const { serverControl, partTargetSec, fetched } = replies()[0]!.playlist;
    const target = targetSec(fetched);
    expect(serverControl.get('CAN-BLOCK-RELOAD')).toBe('YES');
    expect(Number(serverControl.get('HOLD-BACK'))).toBeGreaterThanOrEqual(3 * target);
    expect(Number(serverControl.get('PART-HOLD-BACK'))).toBeGreaterThanOrEqual(3 * partTargetSec! - ROUNDING_SEC);
    expect(Number(serverControl.get('CAN-SKIP-UNTIL'))).toBeGreaterThanOrEqual(6 * target);
  });

  it('37 and 38: the next part is hinted, held until it is whole, and is then what the list names', async () => {
    for (const [index, track] of followed.entries()) {
      track.forEach(({ playlist }, at) => {
        const hints = playlist.hints.filter((hint) => hint.get('TYPE') === 'PART');
        expect(hints).toHaveLength(1);
        const hinted = new URL(hints[0]!.get('URI')!, urls[index]).href;
        const next = track[at + 1]?.playlist.segments.flatMap(({ parts }) => parts.map((part) => part.url));
        // shaka-player takes a hinted part that never comes for a fatal error.
        if (next !== undefined) expect(next).toContain(hinted);
      });
    }
    const before = await live(urls[0]!);
    const hinted = new URL(before.hints[0]!.get('URI')!, urls[0]).href;
    const response = await fetch(hinted);
    expect(response.status).toBe(200);
    const headAtMs = performance.now();
    const bytes = Buffer.from(await response.arrayBuffer());
    // The rest follows the first byte at once: a part is not sent as it is produced.
    expect(performance.now() - headAtMs).toBeLessThan(150);
    expect(Number(response.headers.get('content-length'))).toBe(bytes.length);
    const edge = edgeOf(before);
    const after = await live(urls[0]!, { msn: edge.mediaSequence, part: edge.partIndex + 1 });
    expect(after.segments.flatMap(({ parts }) => parts.map((part) => part.url))).toContain(hinted);
    expect(sha256(await bytesOf(hinted))).toBe(sha256(bytes));
  });

  it('39: a part that neither exists nor is hinted is 404, with CORS', async () => {
    const { mediaSequence } = edgeOf(await live(urls[0]!));
    for (const name of [`${mediaSequence + 40}.0.m4s`, `${mediaSequence + 40}.m4s`]) {
      const answer = await fetch(new URL(`1/${name}`, urls[0]).href);
      expect(answer.status).toBe(404);
      expect(answer.headers.get('access-control-allow-origin')).toBe('*');
    }
  });

  it('40: a range of a part up to 2^53 − 1 is its rest', async () => {
    const [parent] = [...closedParents(followed[0]!).values()].slice(-1);
    const { url } = parent!.parts[0]!;
    const whole = await bytesOf(url);
    const rest = await fetch(url, { headers: { range: `bytes=100-${MAX_SAFE_BYTE}` } });
    expect(rest.status).toBe(206);
    expect(Buffer.from(await rest.arrayBuffer()).equals(whole.subarray(100))).toBe(true);
  });

  it('41: each list reports every other one, no older than what that one said before', () => {
    const merged = followed
      .flatMap((track, index) => track.map((reply) => ({ ...reply, url: urls[index]! })))
      .toSorted((a, b) => a.answeredAtMs - b.answeredAtMs);
    for (const { playlist, url, askedAtMs } of merged) {
      const reported = new Map(playlist.reports.map((report) => [new URL(report.get('URI')!, url).href, report]));
      expect([...reported.keys()].toSorted()).toEqual(urls.filter((other) => other !== url).toSorted());
      for (const [other, report] of reported) {
        const earlier = merged.filter((reply) => reply.url === other && reply.answeredAtMs < askedAtMs).at(-1);
        if (earlier === undefined) continue;
        const edge = edgeOf(earlier.playlist);
        const lastMsn = Number(report.get('LAST-MSN'));
        expect(lastMsn).toBeGreaterThanOrEqual(edge.partIndex === -1 ? edge.mediaSequence - 1 : edge.mediaSequence);
      }
    }
  });

  it('A1: PROGRAM-DATE-TIME is in every list, INDEPENDENT-SEGMENTS in the multivariant and all media playlists', async () => {
    expect((await fetchText(multivariant)).text).toContain('#EXT-X-INDEPENDENT-SEGMENTS\n');
    for (const { playlist } of replies()) {
      expect(playlist.fetched.text).toContain('#EXT-X-INDEPENDENT-SEGMENTS\n');
      expect(playlist.fetched.text).toContain('#EXT-X-PROGRAM-DATE-TIME:');
    }
  });

  it('A2: variants say CODECS, RESOLUTION, FRAME-RATE and both bandwidths, and the peak is within 25 % of the one', async () => {
    const top = (await fetchText(multivariant)).text;
    const variants = [...top.matchAll(/#EXT-X-STREAM-INF:(.*)\n(.*)/g)].map((match) => ({
      attributes: attributesOf(match[1]!),
      url: new URL(match[2]!, multivariant).href,
    }));
    const audioPeak = await peakOf(urls[2]!);
    expect(variants).toHaveLength(2);
    for (const { attributes, url } of variants) {
      for (const name of ['CODECS', 'RESOLUTION', 'FRAME-RATE', 'BANDWIDTH', 'AVERAGE-BANDWIDTH'])
        expect(attributes.has(name)).toBe(true);
      const said = Number(attributes.get('BANDWIDTH'));
      expect(Math.abs((await peakOf(url)) + audioPeak - said) / said).toBeLessThanOrEqual(0.25);
      expect(Number(attributes.get('AVERAGE-BANDWIDTH'))).toBeLessThanOrEqual(said);
    }
  });

  it('A3: the I-frame list names a byte range for each keyframe, from its movie fragment to its end', async () => {
    const top = (await fetchText(multivariant)).text;
    const streams = [...top.matchAll(/#EXT-X-I-FRAME-STREAM-INF:(.*)/g)].map((match) => attributesOf(match[1]!));
    expect(streams).toHaveLength(2);
    const list = await fetchText(new URL(streams[0]!.get('URI')!, multivariant).href);
    expect(list.text).toContain('#EXT-X-I-FRAMES-ONLY');
    const [, length, offset, uri] = /#EXT-X-BYTERANGE:(\d+)@(\d+)\n([^#\n]+)/.exec(list.text)!;
    const last = Number(offset) + Number(length) - 1;
    const frame = await fetch(new URL(uri!, list.url), { headers: { range: `bytes=${offset}-${last}` } });
    expect(frame.status).toBe(206);
    const bytes = Buffer.from(await frame.arrayBuffer());
    const fragment = boxesAt(Buffer.concat([bytes, Buffer.alloc(8)]).subarray(0, bytes.length), 'moof');
    expect(fragment).toHaveLength(1);
  });
});

/** Bits per second of the heaviest listed segment. */
async function peakOf(url: string): Promise<number> {
  const rates = (await live(url)).segments.flatMap((segment) =>
    segment.url === undefined
      ? []
      : [bytesOf(segment.url).then((bytes) => (8 * bytes.length) / (segment.durationSec ?? Infinity))],
  );
  return Math.max(...(await Promise.all(rates)));
}
