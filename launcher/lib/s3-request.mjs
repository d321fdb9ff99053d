import { createHash, createHmac } from 'node:crypto';
import { request as httpRequest } from 'node:http';
import { request as httpsRequest } from 'node:https';

/** @typedef {{ endpoint: string, accessKey: string, secretKey: string, bucket: string, region: string }} S3Connection */

const sha256 = (text) => createHash('sha256').update(text).digest('hex');
const hmac = (key, text) => createHmac('sha256', key).update(text).digest();

/**
 * Headers of an AWS Signature Version 4 request without a body and without a query.
 * @param {S3Connection} s3
 * @param {{ method: string, url: URL, now: Date }} request
 * @returns {Record<string, string>}
 */
export function signS3Request(s3, { method, url, now }) {
  const timestamp = now.toISOString().replace(/[-:]|\.\d{3}/g, '');
  const scope = `${timestamp.slice(0, 8)}/${s3.region}/s3/aws4_request`;
  const bodyHash = sha256('');
  const signed = { host: url.host, 'x-amz-content-sha256': bodyHash, 'x-amz-date': timestamp };
  const names = Object.keys(signed).join(';');
  const headerLines = Object.entries(signed).map(([name, value]) => `${name}:${value}\n`);
  const canonical = [method, url.pathname, '', headerLines.join(''), names, bodyHash].join('\n');
  const toSign = ['AWS4-HMAC-SHA256', timestamp, scope, sha256(canonical)].join('\n');
  const startKey = /** @type {import('node:crypto').BinaryLike} */ (`AWS4${s3.secretKey}`);
  const key = scope.split('/').reduce((secret, part) => hmac(secret, part), startKey);
  const signature = createHmac('sha256', key).update(toSign).digest('hex');
  return {
    ...signed,
    authorization: `AWS4-HMAC-SHA256 Credential=${s3.accessKey}/${scope}, SignedHeaders=${names}, Signature=${signature}`,
  };
}

/** @param {S3Connection} s3 @param {string} method @param {string} path @returns {Promise<{ status: number, server: string, body: string }>} */
function send(s3, method, path) {
  const url = new URL(path, s3.endpoint);
  const headers = signS3Request(s3, { method, url, now: new Date() });
  return new Promise((resolve, reject) => {
    const request = (url.protocol === 'https:' ? httpsRequest : httpRequest)(
      url,
      { method, headers, timeout: 5000 },
      (response) => {
        let body = '';
        response.setEncoding('utf8');
        response.on('data', (chunk) => {
          body = (body + chunk).slice(-4096);
        });
        response.once('error', reject);
        const server = response.headers['x-trans-id'] ? 'OpenStack Swift' : String(response.headers.server ?? 'S3');
        response.once('end', () => resolve({ status: response.statusCode ?? 0, server, body }));
      },
    );
    request.once('timeout', () => request.destroy(new Error(`no answer from ${url.host} within 5 s`)));
    request.once('error', reject);
    request.end();
  });
}

/**
 * Makes sure that the bucket exists and that the keys may use it.
 * @param {S3Connection} s3
 * @returns {Promise<{ server: string }>} what the store calls itself
 */
export async function ensureBucket(s3) {
  const path = `/${encodeURIComponent(s3.bucket)}`;
  const head = await send(s3, 'HEAD', path);
  if (head.status === 200) return { server: head.server };
  if (head.status !== 404) throw new Error(`HEAD ${path} was answered with ${head.status}`);
  const put = await send(s3, 'PUT', path);
  if (put.status === 200 || put.status === 409) return { server: put.server };
  throw new Error(`PUT ${path} was answered with ${put.status}: ${put.body.slice(0, 200)}`);
}
