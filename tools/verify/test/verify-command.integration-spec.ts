import { signingKeyOf, type SegmentReport } from '#provenance';
import { verifyCommand } from '../src/index.ts';
import type { Verdict } from '../src/verdict.ts';
import { HonestOrigin, INPUT, KEY, type Tamper } from './honest-origin.ts';

const FOREIGN = signingKeyOf(Buffer.alloc(32, 4).toString('base64url'));

let origin: HonestOrigin;

beforeAll(async () => {
  origin = await HonestOrigin.start();
});

beforeEach(() => {
  origin.tamper = (_, body) => body;
  origin.requested.length = 0;
});

afterAll(() => origin.close());

async function run(...args: string[]): Promise<{ code: number; out: string; error: string }> {
  const [out, error]: [string[], string[]] = [[], []];
  const code = await verifyCommand(args, { out: (line) => out.push(line), error: (line) => error.push(line) });
  return { code, out: out.join('\n'), error: error.join('\n') };
}

const playlistUrl = (): string => `${origin.url}/live/${INPUT}/index.m3u8`;

async function verdict(...args: string[]): Promise<{ code: number; verdict: Verdict }> {
  const { code, out } = await run(playlistUrl(), '--json', ...args);
  return { code, verdict: JSON.parse(out) as Verdict };
}

/** The faults of the first track, as number and code. */
async function faultsUnder(tamper: Tamper): Promise<{ code: number; faults: unknown[] }> {
  origin.tamper = tamper;
  const found = await verdict();
  const track = found.verdict.tracks.find(({ trackId }) => trackId === 1);
  const faults = (track?.faults ?? []).map((fault) => [fault.mediaSequence, fault.code]);
  return { code: found.code, faults };
}

/** Changes the bytes served at one path. */
const at =
  (path: string, change: (body: Buffer) => Buffer | undefined): Tamper =>
  (asked, body) =>
    asked === path ? change(body) : body;

/** Changes the report of one segment of the first track wherever it is given. */
const inReport =
  (mediaSequence: number, change: (segment: SegmentReport) => SegmentReport): Tamper =>
  (path, body) => {
    if (!path.startsWith(`/provenance/${INPUT}/1`)) return body;
    const report = JSON.parse(body.toString()) as { segments: SegmentReport[] };
    const segments = report.segments.map((segment) =>
      segment.mediaSequence === mediaSequence ? change(segment) : segment,
    );
    return Buffer.from(JSON.stringify({ ...report, segments }));
  };

const flipped = (body: Buffer): Buffer => Buffer.from(body.map((byte, index) => (index === 0 ? byte ^ 1 : byte)));
const media = (mediaSequence: number): string => `/live/${INPUT}/1/${mediaSequence}.m4s`;
const list = `/live/${INPUT}/1.m3u8`;
const without = (mediaSequence: number) => (body: Buffer) =>
  Buffer.from(body.toString().replace(`#EXTINF:2,\n1/${mediaSequence}.m4s\n`, ''));

describe('headwater verify', () => {
  it('verifies every segment that an honest origin lists', async () => {
    const { code, out } = await run(playlistUrl());
    expect(out).toBe(
      [
        `${INPUT} track 2, segments 2 to 7: 6 verified, 0 failed, chained from where the origin split the upload`,
        `${INPUT} track 1, segments 2 to 7: 6 verified, 0 failed, chained from where the origin split the upload, C2PA content credentials present`,
        `signed by key ${KEY.keyId} (as this origin publishes it; --key trusts no other)`,
        '12 segments verified, 0 failed',
      ].join('\n'),
    );
    expect(code).toBe(0);
  });

  it('verifies one media playlist, and hands a token on', async () => {
    const { code, out } = await run(`${origin.url}/live/${INPUT}/1.m3u8?token=t`);
    expect(out).toContain('6 segments verified, 0 failed');
    expect(code).toBe(0);
  });

  it('asks for the reports of what left the window one by one', async () => {
    await run(`${origin.url}/live/${INPUT}/1.m3u8`);
    const reports = origin.requested.filter((path) => path.startsWith('/provenance/'));
    expect(reports.toSorted()).toEqual(
      [
        ...[2, 3].map((segment) => `/provenance/${INPUT}/1/${segment}.json`),
        `/provenance/${INPUT}/1.json`,
        '/provenance/keys.json',
      ].toSorted(),
    );
  });

  it.each<[string, () => Tamper, unknown[]]>([
    ['a bit flipped', () => at(media(5), flipped), [[5, 'bytes_differ']]],
    ['bytes cut off', () => at(media(5), (body) => body.subarray(1)), [[5, 'bytes_differ']]],
    [
      'the bytes of another segment',
      () => at(media(5), () => Buffer.from('1.6.01.6.1')),
      [
        [5, 'bytes_differ'],
        [5, 'bytes_differ'],
      ],
    ],
    [
      'another init segment',
      () => at(`/live/${INPUT}/1/init.mp4`, flipped),
      [2, 4, 5, 6, 7].map((n) => [n, 'bytes_differ']),
    ],
    ['a segment that is not there', () => at(media(5), () => undefined), [[5, 'not_served']]],
    ['a segment left out of the list', () => at(list, without(5)), [[6, 'chain_broken']]],
    [
      'a segment hidden behind a gap',
      () => at(list, (body) => Buffer.from(body.toString().replace('#EXTINF:2,\n1/5', '#EXT-X-GAP\n#EXTINF:2,\n1/5'))),
      [[5, 'bytes_differ']],
    ],
    [
      'a gap filled',
      () => at(list, (body) => Buffer.from(body.toString().replace('#EXT-X-GAP\n', ''))),
      [[3, 'bytes_differ']],
    ],
    [
      'a list without its map',
      () => at(list, (body) => Buffer.from(body.toString().replace(/#EXT-X-MAP.*\n/, ''))),
      [2, 4, 5, 6, 7].map((n) => [n, 'bytes_differ']),
    ],
    [
      'a segment of somewhere else',
      () => at(list, (body) => Buffer.from(body.toString().replace('1/5.m4s', 'x.m4s'))),
      [[undefined, 'not_reported']],
    ],
    [
      'a segment without a report',
      () => inReport(5, (segment) => ({ ...segment, mediaSequence: 99 })),
      [[5, 'not_reported']],
    ],
    [
      'a value that is not that of its segment',
      () => inReport(7, (segment) => ({ ...segment, chain: segment.previousChain ?? '' })),
      [
        [7, 'chain_broken'],
        [7, 'signature_bad'],
      ],
    ],
    [
      'a signature of another key',
      () =>
        inReport(5, (segment) => ({ ...segment, signature: FOREIGN.sign({ inputId: INPUT, trackId: 1, ...segment }) })),
      [[5, 'signature_bad']],
    ],
    ['no signature', () => inReport(5, (segment) => ({ ...segment, signature: null })), [[5, 'signature_bad']]],
  ])('finds %s, by its number and name', async (_, tamper, faults) => {
    expect(await faultsUnder(tamper())).toEqual({ code: 1, faults });
  });

  it('counts a segment with several faults once and names it', async () => {
    origin.tamper = at(media(5), () => Buffer.from('1.6.01.6.1'));
    const { code, out } = await run(playlistUrl());
    expect(out).toContain('11 segments verified, 1 failed');
    expect(out).toMatch(/\n {2}segment 5: bytes differ: chunk 0: expected SHA-256 [0-9a-f]{64}, got [0-9a-f]{64}\n/);
    expect(code).toBe(1);
  });

  it('trusts the key it is given and no other, without asking the origin', async () => {
    expect(await verdict('--key', KEY.publicKey)).toMatchObject({
      code: 0,
      verdict: { verified: 12, failed: 0, keys: { ids: [KEY.keyId], pinned: true } },
    });
    expect(origin.requested).not.toContain('/provenance/keys.json');
    const foreign = await verdict('--key', FOREIGN.publicKey);
    expect(foreign).toMatchObject({ code: 1, verdict: { verified: 0, failed: 12 } });
    expect(foreign.verdict.tracks[0]?.faults[0]?.code).toBe('signature_bad');
    expect((await verdict('--key', FOREIGN.publicKey, '--key', KEY.publicKey)).code).toBe(0);
  });

  it('takes no report of another track for this one', async () => {
    const reports = new Map<string, Buffer>();
    origin.tamper = (path, body) => {
      reports.set(path, body);
      return body;
    };
    await verdict();
    const ofOtherTrack = (path: string): string => path.replace(`/provenance/${INPUT}/1`, `/provenance/${INPUT}/2`);
    const { code, faults } = await faultsUnder((path, body) => reports.get(ofOtherTrack(path)) ?? body);
    expect({ code, faults }).toEqual({
      code: 1,
      faults: expect.arrayContaining([2, 3].map((n) => [n, 'not_reported'])),
    });
  });

  it.each<[string, () => string[], RegExp]>([
    ['no URL', () => [], /expected one playlist URL/],
    ['two URLs', () => [playlistUrl(), playlistUrl()], /expected one playlist URL/],
    ['a path', () => ['archive/'], /expected an http or https URL of a playlist, got archive/],
    ['an unknown option', () => [playlistUrl(), '--fast'], /'--fast'/],
    ['a key that is none', () => [playlistUrl(), '--key', 'abc'], /expected a public key of 32 bytes/],
    ['a playlist that is not there', () => [`${origin.url}/live/none/index.m3u8`], /expected 200, got 404/],
    ['nobody who answers', () => ['http://127.0.0.1:1/x.m3u8'], /no answer/],
    ['something else than a playlist', () => [`${origin.url}${media(5)}`], /expected #EXTM3U first/],
  ])('cannot judge %s: exit code 2', async (_, args, message) => {
    const { code, error } = await run(...args());
    expect(error).toMatch(message);
    expect(code).toBe(2);
  });

  it('does not take an empty list for a verified one', async () => {
    origin.tamper = at(list, () => Buffer.from('#EXTM3U\n'));
    const { code, error } = await run(`${origin.url}${list}`);
    expect({ code, error }).toEqual({ code: 2, error: expect.stringContaining('no segment is listed') });
  });

  it('says how it is used', async () => {
    expect(await run('--help')).toMatchObject({ code: 0, out: expect.stringContaining('Usage: headwater verify') });
  });
});
