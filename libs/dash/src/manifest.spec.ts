import {
  audio,
  manifest,
  parseWithOracle,
  period,
  segment,
  segments,
  START_EPOCH_MS,
  video,
} from '../test/dash-model.ts';
import { ManifestError } from './manifest-error.ts';
import type { DashManifest, DashMarker, DashTrack, LatencyTarget } from './manifest-model.ts';
import { renderManifest } from './manifest.ts';

const render = (tracks: DashTrack[], changes: Partial<DashManifest> = {}): string =>
  renderManifest(manifest([period(tracks)], changes));
const elements = (text: string, name: string): string[] => text.match(new RegExp(`<${name}[ />].*`, 'g')) ?? [];
const attribute = (element: string | undefined, name: string): string | undefined =>
  new RegExp(` ${name}="([^"]*)"`).exec(element ?? '')?.[1];
const values = (text: string, name: string, of: string): (string | undefined)[] =>
  elements(text, name).map((element) => attribute(element, of));

describe('renderManifest', () => {
  it('writes a live manifest element for element', () => {
    const utcTiming = { kind: 'http-iso', uri: '../../time' } as const;
    const text = render([video(1), audio(2, { language: 'eng' })], { utcTiming });
    expect(text).toBe(`<?xml version="1.0" encoding="UTF-8"?>
<MPD xmlns="urn:mpeg:dash:schema:mpd:2011" profiles="urn:mpeg:dash:profile:isoff-live:2011" type="dynamic" availabilityStartTime="1970-01-01T00:00:00Z" publishTime="2026-11-21T12:00:20.000Z" minimumUpdatePeriod="PT2S" timeShiftBufferDepth="PT30S" maxSegmentDuration="PT2S" minBufferTime="PT2S" suggestedPresentationDelay="PT6S">
<Period id="0" start="PT1795262400S">
<AdaptationSet id="1" contentType="video" mimeType="video/mp4" segmentAlignment="true" startWithSAP="1">
<Representation id="1" codecs="avc1.64001f" bandwidth="3000000" width="1280" height="720" frameRate="30">
<SegmentTemplate timescale="90000" presentationTimeOffset="0" startNumber="7" initialization="1/init-a1.mp4" media="1/$Number$.m4s">
<SegmentTimeline>
<S t="1260000" d="180000" r="2"/>
</SegmentTimeline>
</SegmentTemplate>
</Representation>
</AdaptationSet>
<AdaptationSet id="2" contentType="audio" mimeType="audio/mp4" lang="en" segmentAlignment="true" startWithSAP="1">
<Representation id="2" codecs="mp4a.40.2" bandwidth="128000" audioSamplingRate="48000">
<AudioChannelConfiguration schemeIdUri="urn:mpeg:mpegB:cicp:ChannelConfiguration" value="2"/>
<SegmentTemplate timescale="90000" presentationTimeOffset="0" startNumber="7" initialization="2/init-a1.mp4" media="2/$Number$.m4s">
<SegmentTimeline>
<S t="1260000" d="180000" r="2"/>
</SegmentTimeline>
</SegmentTemplate>
</Representation>
</AdaptationSet>
</Period>
<UTCTiming schemeIdUri="urn:mpeg:dash:utc:http-iso:2014" value="../../time"/>
</MPD>
`);
    expect(parseWithOracle(text).playlists[0]?.segments.map(({ uri }) => uri)).toEqual([
      '1/7.m4s',
      '1/8.m4s',
      '1/9.m4s',
    ]);
  });

  it('puts tracks that a player may switch between in one set, smallest first', () => {
    const text = render([
      video(1),
      video(4, { peakBitrate: 800_000 }),
      video(5, { codec: 'hvc1.1.6.L93.B0' }),
      audio(2, { language: 'eng' }),
      audio(3, { language: 'deu' }),
      audio(6, { language: 'eng', channels: 6 }),
    ]);
    const sets = text.split('<AdaptationSet').slice(1);
    expect(sets.map((set) => values(set, 'Representation', 'id'))).toEqual([['4', '1'], ['2'], ['3'], ['5'], ['6']]);
    expect(values(text, 'AdaptationSet', 'lang')).toEqual([undefined, 'en', 'de', undefined, 'en']);
  });

  it('describes subtitles, unusual frame rates and channel configurations', () => {
    const text = render([
      video(1, { frameRate: 30_000 / 1001 }),
      video(2, { frameRate: 12.5 }),
      video(3, { frameRate: 50 }),
      audio(4, { channels: 8 }),
      audio(5, { channels: 11 }),
      video(6, { kind: 'text', codec: 'wvtt', language: 'und' }),
    ]);
    expect(values(text, 'Representation', 'frameRate').slice(0, 3)).toEqual(['30000/1001', '12500/1000', '50']);
    expect(values(text, 'AudioChannelConfiguration', 'value')).toEqual(['12']);
    expect(values(text, 'AdaptationSet', 'mimeType').at(-1)).toBe('application/mp4');
    expect(values(text, 'Role', 'value')).toEqual(['subtitle']);
  });

  it('claims alignment and decodable starts only where they hold', () => {
    const late = { segments: segments(7, 9).map((each) => ({ ...each, decodeTimeTicks: each.decodeTimeTicks + 1n })) };
    const kiloHertz = {
      timescale: 1000,
      segments: [8, 9, 10].map((msn) => segment(msn, { decodeTimeTicks: BigInt(msn) * 2000n, durationTicks: 2000n })),
    };
    const cut = { segments: [segment(7, { independent: false })] };
    const claims = (tracks: DashTrack[]): unknown[] =>
      ['segmentAlignment', 'startWithSAP'].map((name) => values(render(tracks), 'AdaptationSet', name)[0]);
    expect(claims([video(1), video(2, kiloHertz)])).toEqual(['true', '1']);
    expect(claims([video(1), video(2, late)])).toEqual([undefined, '1']);
    expect(claims([video(1, cut)])).toEqual(['true', undefined]);
  });

  it('lists the open segment of a low-latency stream, available part by part', () => {
    const latency: LatencyTarget = {
      ...{ targetMs: 1500, minMs: 1000, maxMs: 6000.4, minPlaybackRate: 0.96, maxPlaybackRate: 1.04 },
    };
    const text = render([video(1, { open: segment(10), availabilityTimeOffsetMs: 1500 }), audio(2)], { latency });
    expect(values(text, 'S', 'r')).toEqual(['3', '2']);
    expect(values(text, 'SegmentTemplate', 'availabilityTimeOffset')).toEqual(['1.5', undefined]);
    expect(values(text, 'SegmentTemplate', 'availabilityTimeComplete')).toEqual(['false', undefined]);
    expect(text).toContain(`<ServiceDescription id="0">
<Latency target="1500" min="1000" max="6000"/>
<PlaybackRate min="0.96" max="1.04"/>
</ServiceDescription>
<Period `);
    expect(attribute(text, 'profiles')).toMatch(/,http:\/\/www\.dashif\.org\/guidelines\/low-latency-live-v5$/);
    expect(parseWithOracle(text).playlists[0]?.segments.at(-1)?.uri).toBe('1/10.m4s');
  });

  it('keeps the numbers right across lost segments: lists what came after the last loss, or all before it while nothing has come', () => {
    const lost = [8, 9].map((msn) => segment(msn, { gap: true }));
    const after = render([video(1, { segments: [segment(7), ...lost, segment(10), segment(11)] })]);
    expect(parseWithOracle(after).playlists[0]?.segments.map(({ uri }) => uri)).toEqual(['1/10.m4s', '1/11.m4s']);
    const atTheEdge = render([video(1, { segments: [segment(6), segment(7), ...lost] })]);
    expect(parseWithOracle(atTheEdge).playlists[0]?.segments.map(({ uri }) => uri)).toEqual(['1/6.m4s', '1/7.m4s']);
    const openAfter = render([video(1, { segments: [segment(7), ...lost], open: segment(10) })]);
    expect(values(openAfter, 'SegmentTemplate', 'startNumber')).toEqual(['10']);
    const allLost = render([video(1, { segments: lost }), audio(2)]);
    expect(values(allLost, 'Representation', 'id')).toEqual(['2']);
  });

  it('writes a period per timeline, each from its own decode time on', () => {
    const restarted = period([video(1, { segments: [segment(10, { decodeTimeTicks: 900_007n })] })], {
      id: '1',
      startEpochMs: START_EPOCH_MS + 60_000.5,
      anchorEpochMs: START_EPOCH_MS + 50_000.394,
    });
    const text = renderManifest(manifest([period([video(1)]), period([], { id: 'empty' }), restarted]));
    expect(values(text, 'Period', 'start')).toEqual(['PT1795262400S', 'PT1795262460.0005S']);
    expect(values(text, 'SegmentTemplate', 'presentationTimeOffset')).toEqual(['0', '900010']);
    expect(parseWithOracle(text).timelineStarts.map(({ start }) => start)).toEqual([1795262400, 1795262460.0005]);
  });

  it('says how long a presentation was that is over, and asks for no updates', () => {
    const text = render([video(1)], { endEpochMs: START_EPOCH_MS + 20_000 });
    expect(text).toContain(' mediaPresentationDuration="PT1795262420S"');
    expect(text).not.toMatch(/minimumUpdatePeriod|timeShiftBufferDepth/);
  });

  it('writes the clock as an instant or a URL', () => {
    const timing = (utcTiming: DashManifest['utcTiming']): string =>
      elements(render([video(1)], utcTiming === undefined ? {} : { utcTiming }), 'UTCTiming').join();
    expect(timing({ kind: 'direct', epochMs: START_EPOCH_MS })).toBe(
      '<UTCTiming schemeIdUri="urn:mpeg:dash:utc:direct:2014" value="2026-11-21T12:00:00.000Z"/>',
    );
    expect(timing({ kind: 'http-head', uri: '/time' })).toContain('urn:mpeg:dash:utc:http-head:2014');
    expect(timing(undefined)).toBe('');
  });

  it('hands markers on as events of the period they begin in', () => {
    const marker = (id: string, afterMs: number, changes: Partial<DashMarker> = {}): DashMarker => ({
      ...{ id, schemeIdUri: 'urn:scte:scte35:2013:bin', value: '', startEpochMs: START_EPOCH_MS + afterMs },
      ...changes,
    });
    const markers = [
      marker('before', -1),
      marker('a', 1500.4, { durationMs: 30_000, messageData: '/DAl' }),
      marker('b', 60_000, { schemeIdUri: 'urn:x', value: '<"1">' }),
      marker('c', 2000),
    ];
    const later = period([video(1)], { id: '1', startEpochMs: START_EPOCH_MS + 60_000 });
    const text = renderManifest(manifest([period([video(1)]), later], { markers }));
    const [first = '', second = ''] = text.split('<Period').slice(1);
    expect(first).toContain(`<EventStream schemeIdUri="urn:scte:scte35:2013:bin" value="" timescale="1000">
<Event presentationTime="1500" duration="30000" id="3826002220" contentEncoding="base64">
/DAl</Event>
<Event presentationTime="2000" id="3859557458"/>
</EventStream>
<AdaptationSet `);
    expect(second).toContain('<EventStream schemeIdUri="urn:x" value="&lt;&quot;1&quot;&gt;" timescale="1000">');
    expect(elements(second, 'Event')).toHaveLength(1);
    expect(() => parseWithOracle(text)).not.toThrow();
  });

  it('escapes what a URI carries, for XML and for the template', () => {
    const suffix = '?token=a$b&sid="1"';
    const track = video(1, {
      initUri: `1/init.mp4${suffix}`,
      segmentUri: { beforeNumber: '1/', afterNumber: `.m4s${suffix}` },
    });
    const text = render([track]);
    expect(text).toContain('initialization="1/init.mp4?token=a$$b&amp;sid=&quot;1&quot;"');
    expect(text).toContain('media="1/$Number$.m4s?token=a$$b&amp;sid=&quot;1&quot;"');
    const first = parseWithOracle(text).playlists[0]?.segments[0];
    expect([first?.uri, first?.map.uri]).toEqual([`1/7.m4s${suffix}`, `1/init.mp4${suffix}`]);
  });

  it.each<[string, Partial<DashManifest>, RegExp]>([
    [
      'nothing to list',
      { periods: [period([video(1, { segments: [] })])] },
      /expected a track with segments, got none/,
    ],
    [
      'periods out of order',
      { periods: [period([video(1)]), period([video(1)], { id: '1', startEpochMs: START_EPOCH_MS - 1 })] },
      /startEpochMs of period 1: expected at least 1795262400000, got 1795262399999/,
    ],
    [
      'a period that begins before decode time 0',
      { periods: [period([video(1)], { anchorEpochMs: START_EPOCH_MS + 1 })] },
      /start of the period: expected milliseconds of at least 0, got -1/,
    ],
    [
      'a jump in media sequence',
      { periods: [period([video(1, { segments: [segment(1), segment(3)] })])] },
      /mediaSequence: expected 2, got 3/,
    ],
    [
      'a segment of no length',
      { periods: [period([video(1, { segments: [segment(1, { durationTicks: 0n })] })])] },
      /segment 1: expected .* a duration of at least 1, got 180000 and 0/,
    ],
    [
      'a decode time below 0',
      { periods: [period([video(1, { segments: [segment(1, { decodeTimeTicks: -1n })] })])] },
      /segment 1: expected a decode time of at least 0/,
    ],
    [
      'a timescale of nothing',
      { periods: [period([video(1, { timescale: 0 })])] },
      /timescale of track 1: expected an integer of at least 1, got 0/,
    ],
    [
      'a bitrate that is not known',
      { periods: [period([video(1, { peakBitrate: 0 })])] },
      /bandwidth: expected .* got 0/,
    ],
    ['a frame rate of nothing', { periods: [period([video(1, { frameRate: 0 })])] }, /frameRate: expected .* got 0/],
    ['an instant that is none', { publishEpochMs: Number.NaN }, /publishEpochMs: expected .* got NaN/],
    ['a duration below 0', { minBufferMs: -1 }, /minBufferMs: expected milliseconds of at least 0, got -1/],
  ])('refuses %s', (_, changes, message) => {
    const model = manifest([period([video(1)])], changes);
    expect(() => renderManifest(model)).toThrow(ManifestError);
    expect(() => renderManifest(model)).toThrow(message);
  });
});
