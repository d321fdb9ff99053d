import { encodeCmcd } from '@svta/cml-cmcd';
import fc from 'fast-check';
import { readCmcd } from './cmcd-report.ts';

const request = (query: string, headers: Record<string, string> = {}) => ({
  method: 'GET',
  path: '/live/x/1.m3u8',
  query,
  headers,
  remoteAddress: '',
  connection: {},
});

/** The example of CTA-5004, 3.4. */
const EXAMPLE = 'bl=1200,br=3200,bs,cid="faec5fc2",d=4004,dl=900,mtp=25400,ot=v,sf=h,sid="6e2fb550",st=l,su,tb=6000';
const EXAMPLE_REPORT = {
  sessionId: '6e2fb550',
  contentId: 'faec5fc2',
  streamType: 'l',
  streamingFormat: 'h',
  objectType: 'v',
  encodedBitrateKbps: 3200,
  topBitrateKbps: 6000,
  bufferLengthMs: 1200,
  measuredThroughputKbps: 25400,
  deadlineMs: 900,
  objectDurationMs: 4004,
  bufferStarved: true,
  startup: true,
};

describe('readCmcd', () => {
  it('reads the query parameter, wherever it stands', () => {
    const parameter = `CMCD=${encodeURIComponent(EXAMPLE)}`;
    const expected = { kind: 'report', report: EXAMPLE_REPORT };
    expect(readCmcd(request(parameter))).toEqual(expected);
    expect(readCmcd(request(`tok=a&${parameter}&sid=b`))).toEqual(expected);
  });

  it('reads the four headers as one report', () => {
    const headers = {
      'cmcd-request': 'bl=1200,dl=900,mtp=25400,su',
      'cmcd-object': 'br=3200,d=4004,ot=v,tb=6000',
      'cmcd-status': 'bs',
      'cmcd-session': 'cid="faec5fc2",sf=h,sid="6e2fb550",st=l',
    };
    expect(readCmcd(request('', headers))).toEqual({ kind: 'report', report: EXAMPLE_REPORT });
  });

  it('reads version 2, where figures are lists', () => {
    const reading = readCmcd(
      request(`CMCD=${encodeURIComponent('bl=(1200;v 800;a),br=(3200;v),ltc=2100,sid="a",v=2')}`),
    );
    expect(reading).toMatchObject({
      report: { bufferLengthMs: 1200, encodedBitrateKbps: 3200, liveLatencyMs: 2100, sessionId: 'a' },
    });
  });

  it('reads what the encoder of the Common Media Library writes', () => {
    fc.assert(
      fc.property(
        fc.record({ bl: fc.nat(1000), br: fc.nat(99_999), bs: fc.boolean(), sid: fc.uuid() }),
        fc.constantFrom(1, 2),
        (said, version) => {
          const text = encodeCmcd({ ...said, bl: [said.bl * 100], br: [said.br] }, { version: version === 1 ? 1 : 2 });
          expect(readCmcd(request(`CMCD=${encodeURIComponent(text)}`))).toMatchObject({
            kind: 'report',
            report: { bufferStarved: said.bs, bufferLengthMs: said.bl * 100, sessionId: said.sid },
          });
        },
      ),
    );
  });

  it('says nothing of a request without it', () => {
    expect(readCmcd(request('', { range: 'bytes=0-' }))).toEqual({ kind: 'none' });
    expect(readCmcd(request('XCMCD=a&sid=b'))).toEqual({ kind: 'none' });
  });

  it.each(['%', '%22', 'br%3D', 'br%3D(1', ',', 'sid%3D%22', `x%3D${'1'.repeat(4000)}`])(
    'takes %s for malformed',
    (value) => {
      expect(readCmcd(request(`CMCD=${value}`))).toEqual({ kind: 'malformed' });
    },
  );

  it('leaves out what is not of the kind or size that the key has', () => {
    const text = `bl="long",br=-5,cid="${'c'.repeat(65)}",mtp=?1,ot=v`;
    expect(readCmcd(request(`CMCD=${encodeURIComponent(text)}`))).toEqual({
      kind: 'report',
      report: { objectType: 'v', bufferStarved: false, startup: false },
    });
  });

  it('never throws, whatever comes', () => {
    fc.assert(
      fc.property(fc.string(), fc.string(), (query, header) => {
        expect(['none', 'malformed', 'report']).toContain(
          readCmcd(request(`CMCD=${query}`, { 'cmcd-session': header })).kind,
        );
      }),
    );
  });
});
