import { signS3Request } from './s3-request.mjs';

describe('a signed S3 request', () => {
  const s3 = {
    endpoint: 'http://127.0.0.1:9000',
    accessKey: 'AKIDEXAMPLE',
    secretKey: 'secret',
    bucket: 'b',
    region: 'us-east-1',
  };
  const request = {
    method: 'HEAD',
    url: new URL('http://127.0.0.1:9000/b'),
    now: new Date('2026-11-21T01:02:03.456Z'),
  };

  it('carries the basic-format time and the scope of its day', () => {
    const headers = signS3Request(s3, request);
    expect(headers['x-amz-date']).toBe('20261121T010203Z');
    expect(headers.authorization).toMatch(
      /^AWS4-HMAC-SHA256 Credential=AKIDEXAMPLE\/20261121\/us-east-1\/s3\/aws4_request, SignedHeaders=host;x-amz-content-sha256;x-amz-date, Signature=[0-9a-f]{64}$/,
    );
  });

  it('changes with the method, so that a read cannot become a write', () => {
    const put = signS3Request(s3, { ...request, method: 'PUT' });
    expect(put.authorization).not.toBe(signS3Request(s3, request).authorization);
  });
});
