import { KeysReport, TrackReport, trustedKeys, verifyBytes, verifyLinks } from '#provenance';
import { initFileName } from '../src/domain/route.ts';
import { ORIGIN_KEY, publishOriginKey, writeJournal } from './support/chain.ts';
import { AUDIO, LiveSource, liveSource, VIDEO } from './support/live-source.ts';
import { startPlaybackUnderTest, type PlaybackUnderTest } from './support/playback-under-test.ts';
import { connectServers, INITS, type Servers } from './support/servers.ts';

const IMMUTABLE = 'public, max-age=31536000, immutable';
const TRUSTED = trustedKeys([ORIGIN_KEY.publicKey]);
/** A `uuid` box with the extended type of C2PA. */
const C2PA_BOX = Buffer.from(`00000018${Buffer.from('uuid').toString('hex')}d8fec3d61b0e483c92975828877ec481`, 'hex');

let servers: Servers;
let playback: PlaybackUnderTest;

beforeAll(async () => {
  servers = await connectServers();
  await publishOriginKey(servers);
  playback = await startPlaybackUnderTest();
});

afterAll(async () => {
  await playback.close();
  await servers.close();
});

async function reportAt(path: string): Promise<{ report: TrackReport; response: Response }> {
  const response = await playback.get(path);
  expect({ path, status: response.status }).toEqual({ path, status: 200 });
  return { report: TrackReport.parse(await response.json()), response };
}

async function bytesAt(path: string): Promise<Buffer> {
  const response = await playback.get(path);
  expect({ path, status: response.status }).toEqual({ path, status: 200 });
  return Buffer.from(await response.arrayBuffer());
}

/** A source whose window begins at a segment after the first. */
async function slidSource(journal: boolean): Promise<LiveSource> {
  const source = await liveSource(servers, 6);
  if (journal) await writeJournal(servers, source.window(VIDEO));
  await source.close([VIDEO], 1, { keep: 3 });
  return source;
}

describe('the keys of an origin', () => {
  it('are public', async () => {
    const response = await playback.get('/provenance/keys.json');
    expect(response.headers.get('access-control-allow-origin')).toBe('*');
    expect(response.headers.get('content-type')).toBe('application/json; charset=utf-8');
    const { keys } = KeysReport.parse(await response.json());
    const { keyId, publicKey } = ORIGIN_KEY;
    expect(keys).toContainEqual({ keyId, publicKey, algorithm: 'Ed25519', createdAtMs: 1 });
  });
});

describe('the report of a track', () => {
  it('can be verified against what is served, gaps and epochs among it', async () => {
    const source = await liveSource(servers, 3);
    await source.closeGap(VIDEO);
    await source.beginEpoch(VIDEO, INITS.otherVideo);
    await source.close([VIDEO], 2);
    const { report, response } = await reportAt(`/provenance/${source.row.externalId}/${VIDEO}.json`);
    expect(report.segments.map(({ mediaSequence }) => mediaSequence)).toEqual([0, 1, 2, 3, 4, 5]);
    expect(report).toMatchObject({ inputId: source.row.id, trackId: VIDEO, chainStartsAt: 'upload' });
    expect(response.headers.get('cache-control')).toBe('public, max-age=1');
    expect(verifyLinks(report, TRUSTED)).toEqual([]);
    const folder = `/live/${source.row.id}/${VIDEO}`;
    for (const segment of report.segments.filter(({ gap }) => gap === undefined)) {
      const init = await bytesAt(`${folder}/${initFileName(segment.init.sha256)}`);
      const media = await bytesAt(`${folder}/${segment.mediaSequence}.m4s`);
      expect(verifyBytes({ init, media }, segment)).toEqual([]);
    }
    expect(report.segments[3]).toMatchObject({ gap: true, chunks: [], sizeBytes: 0 });
  });

  it('follows the window, and is the same for everybody until it moves', async () => {
    const source = await liveSource(servers, 2);
    const path = `/provenance/${source.row.id}/${AUDIO}.json`;
    const first = await reportAt(path);
    const etag = first.response.headers.get('etag') ?? '';
    expect((await playback.get(path, { headers: { 'if-none-match': etag } })).status).toBe(304);
    await source.close([AUDIO], 1);
    await playback.textOnce(path, (text) => (JSON.parse(text) as TrackReport).segments.length === 3);
  });

  it('begins with the value that the journal knows of the segment before the window', async () => {
    const source = await slidSource(true);
    const { report } = await reportAt(`/provenance/${source.row.id}/${VIDEO}.json`);
    expect(report.segments.map(({ mediaSequence }) => mediaSequence)).toEqual([4, 5, 6]);
    expect(verifyLinks(report, TRUSTED)).toEqual([]);
  });

  it('says so where nobody knows it', async () => {
    const source = await slidSource(false);
    const { report } = await reportAt(`/provenance/${source.row.id}/${VIDEO}.json`);
    expect(report.segments[0]?.previousChain).toBeNull();
    expect(verifyLinks(report, TRUSTED)).toEqual([expect.objectContaining({ mediaSequence: 4, code: 'chain_broken' })]);
  });

  it('says that the chain of a multiplexed upload starts where it was split', async () => {
    const source = await LiveSource.create(servers);
    await source.addTrack(VIDEO, INITS.video);
    await source.addTrack(AUDIO, INITS.audio);
    for (const trackId of [VIDEO, AUDIO]) source.window(trackId).track.name = 'stream';
    await source.close([VIDEO, AUDIO], 1);
    const { report } = await reportAt(`/provenance/${source.row.id}/${AUDIO}.json`);
    expect(report.chainStartsAt).toBe('split');
  });

  it('says that an init segment carries content credentials', async () => {
    const source = await LiveSource.create(servers);
    await source.addTrack(VIDEO, Buffer.concat([INITS.video, C2PA_BOX]));
    await source.close([VIDEO], 1);
    const { report } = await reportAt(`/provenance/${source.row.id}/${VIDEO}.json`);
    expect(report.segments[0]).toMatchObject({ init: { contentCredentials: true }, contentCredentials: false });
  });
});

describe('the report of a segment', () => {
  it('is that of the track, and never changes', async () => {
    const source = await liveSource(servers, 4);
    const whole = await reportAt(`/provenance/${source.row.id}/${VIDEO}.json`);
    const { report, response } = await reportAt(`/provenance/${source.row.id}/${VIDEO}/2.json`);
    expect(report.segments).toEqual([whole.report.segments[2]]);
    expect(verifyLinks(report, TRUSTED)).toEqual([]);
    expect(response.headers.get('cache-control')).toBe(IMMUTABLE);
  });

  it('is the same from the journal once the segment has left the window', async () => {
    const source = await liveSource(servers, 6);
    const before = await Promise.all(
      [0, 1, 2, 3].map((at) => reportAt(`/provenance/${source.row.id}/${VIDEO}/${at}.json`)),
    );
    await writeJournal(servers, source.window(VIDEO));
    await source.close([VIDEO], 1, { keep: 3 });
    await playback.textOnce(
      `/provenance/${source.row.id}/${VIDEO}.json`,
      (text) => !text.includes('"mediaSequence":3'),
    );
    for (const [at, { report }] of before.entries()) {
      const again = await reportAt(`/provenance/${source.row.id}/${VIDEO}/${at}.json`);
      expect(again.report).toEqual(report);
      expect(again.response.headers.get('cache-control')).toBe(IMMUTABLE);
    }
  });

  it('is found among the records of many tracks', async () => {
    const [one, other] = [await liveSource(servers, 40), await liveSource(servers, 40)];
    for (const trackId of [VIDEO, AUDIO]) {
      await writeJournal(servers, one.window(trackId));
      await writeJournal(servers, other.window(trackId));
    }
    const expected = new Map(one.window(AUDIO).segments.map(({ mediaSequence, chain }) => [mediaSequence, chain]));
    await one.close([AUDIO], 1, { keep: 1 });
    await playback.textOnce(`/provenance/${one.row.id}/${AUDIO}.json`, (text) => text.includes('"mediaSequence":40'));
    for (const [mediaSequence, chain] of expected) {
      const { report } = await reportAt(`/provenance/${one.row.id}/${AUDIO}/${mediaSequence}.json`);
      expect(report.segments[0]).toMatchObject({ mediaSequence, chain });
      expect(verifyLinks(report, TRUSTED)).toEqual([]);
    }
  });

  it.each([
    ['was not closed yet', `${VIDEO}/99.json`, 404, 'SegmentNotFound'],
    ['is of a track that is not there', '9/1.json', 404, 'SegmentNotFound'],
    ['is of a track whose report is asked for', '9.json', 404, 'TrackNotFound'],
    ['has a name that is no number', `${VIDEO}/x.json`, 404, 'NotFound'],
  ])('is refused when it %s', async (_, name, status, error) => {
    const source = await liveSource(servers, 1);
    const response = await playback.get(`/provenance/${source.row.id}/${name}`);
    expect(response.status).toBe(status);
    expect(await response.json()).toMatchObject({ error });
    expect(response.headers.get('access-control-allow-origin')).toBe('*');
  });

  it('is refused by its own name once the journal has forgotten it', async () => {
    const source = await liveSource(servers, 6);
    const window = source.window(VIDEO);
    await writeJournal(servers, { ...window, segments: window.segments.slice(2) });
    await source.close([VIDEO], 1, { keep: 1 });
    const path = `/provenance/${source.row.id}/${VIDEO}`;
    await playback.textOnce(`${path}.json`, (text) => text.includes('"mediaSequence":6'));
    expect(await (await playback.get(`${path}/1.json`)).json()).toMatchObject({ error: 'ProvenanceNotKept' });
    expect((await reportAt(`${path}/2.json`)).report.segments[0]?.previousChain).toBeNull();
  });

  it('is refused for the stream of a banned account', async () => {
    const source = await liveSource(servers, 1, { available: false });
    for (const name of [`${VIDEO}.json`, `${VIDEO}/0.json`]) {
      expect((await playback.get(`/provenance/${source.row.id}/${name}`)).status).toBe(403);
    }
  });
});
