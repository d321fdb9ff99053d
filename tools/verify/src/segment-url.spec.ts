import { addressOf } from './segment-url.ts';

describe('addressOf', () => {
  it('says where the bytes of a live segment and the reports of its track are', () => {
    expect(addressOf('https://cdn.example/a/live/lv_abc/3/41.m4s?token=t')).toEqual({
      input: 'lv_abc',
      trackId: 3,
      mediaSequence: 41,
      mediaUrl: 'https://cdn.example/a/live/lv_abc/3/41.m4s?token=t',
      keysUrl: 'https://cdn.example/a/provenance/keys.json?token=t',
      trackReportUrl: 'https://cdn.example/a/provenance/lv_abc/3.json?token=t',
      segmentReportUrl: 'https://cdn.example/a/provenance/lv_abc/3/41.json?token=t',
    });
  });

  it('knows time-shifted segments', () => {
    const address = addressOf('http://127.0.0.1:8080/shift/li_abc/1/498123-7.m4s');
    expect(address).toMatchObject({ input: 'li_abc', trackId: 1, mediaSequence: 7 });
    expect(address?.mediaUrl).toBe('http://127.0.0.1:8080/shift/li_abc/1/498123-7.m4s');
    expect(address?.segmentReportUrl).toBe('http://127.0.0.1:8080/provenance/li_abc/1/7.json');
  });

  it('takes the captions of which a WebVTT file was made', () => {
    expect(addressOf('http://h/live/li_abc/5/7.vtt')?.mediaUrl).toBe('http://h/live/li_abc/5/7.m4s');
  });

  it.each([
    'http://h/xrpc/x?seg=1.m4s',
    'http://h/live/li_abc/1/7.0.m4s',
    'http://h/other/li_abc/1/7.m4s',
    'http://h/live/li_abc/0/7.m4s',
  ])('finds none in %s', (url) => {
    expect(addressOf(url)).toBeUndefined();
  });
});
