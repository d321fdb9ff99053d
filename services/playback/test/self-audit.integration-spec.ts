import { EVENTS_STREAM, InputEvent, inputEventSubject } from '#shared/contracts';
import { eventually } from '#shared/testing';
import { liveSource, VIDEO, type LiveSource } from './support/live-source.ts';
import { startPlaybackUnderTest, type PlaybackUnderTest } from './support/playback-under-test.ts';
import { connectServers, type Servers } from './support/servers.ts';

const RULE = '5-target-duration';
const METRIC = 'playback_audit_findings_total';

let servers: Servers;
const started: PlaybackUnderTest[] = [];

beforeAll(async () => {
  servers = await connectServers();
});

afterAll(async () => {
  await Promise.all(started.map((playback) => playback.close()));
  await servers.close();
});

async function playbackWith(environment: Record<string, string>): Promise<PlaybackUnderTest> {
  const playback = await startPlaybackUnderTest(environment);
  started.push(playback);
  return playback;
}

/** An input one of whose segments is longer than the target duration that its playlist states. */
async function brokenSource(): Promise<LiveSource> {
  const source = await liveSource(servers, 10);
  await source.appendPart(VIDEO, { durationMs: 3000 });
  await source.closeOpen(VIDEO);
  return source;
}

async function auditEvent({ row }: LiveSource): Promise<InputEvent | undefined> {
  const subject = inputEventSubject.format({ inputId: row.id, fact: 'audit_failed' });
  const message = await servers.bus.manager.direct.getMessage(EVENTS_STREAM, { last_by_subj: subject });
  return message === null ? undefined : InputEvent.parse(message.json());
}

const findings = async (playback: PlaybackUnderTest): Promise<string[]> =>
  (await (await fetch(`${playback.opsUrl}/metrics`)).text())
    .split('\n')
    .filter((line) => line.startsWith(`headwater_${METRIC}{`) && line.includes(RULE));

describe('the audit of the own playlists', () => {
  it('counts a broken rule and tells it as an event, of the named input that breaks it', async () => {
    const [broken, sound] = [await brokenSource(), await liveSource(servers, 10)];
    const playback = await playbackWith({ SELF_AUDIT_INPUTS: `${broken.row.id}, ${sound.row.id}` });
    const event = await eventually(() => auditEvent(broken), { what: 'an audit event' });
    expect(event).toMatchObject({ fact: 'audit_failed', inputId: broken.row.id });
    await eventually(async () => (await findings(playback)).length > 0, { what: RULE });
    expect(await auditEvent(sound)).toBeUndefined();
  });

  it('follows what somebody watches when told *', async () => {
    const broken = await brokenSource();
    const playback = await playbackWith({ SELF_AUDIT_INPUTS: '*' });
    await playback.get(`/live/${broken.row.id}/index.m3u8`);
    await eventually(() => auditEvent(broken), { what: 'an audit event' });
  });

  it('is off unless it is asked for', async () => {
    const broken = await brokenSource();
    const playback = await playbackWith({});
    const answer = await playback.get(`/live/${broken.row.id}/index.m3u8`);
    expect(answer.status).toBe(200);
    expect(await playback.metric(METRIC)).toBe(0);
    expect(await playback.metric('playback_requests_total')).toBe(1);
  });
});
