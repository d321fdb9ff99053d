import { connect } from 'node:net';
import { connect as connectTls } from 'node:tls';

const replyLimitBytes = 64 * 1024;

/**
 * Sends `request` (if any) and resolves with what `isComplete` accepts of the reply.
 * @param {URL} url
 * @param {{ request?: string, isComplete: (reply: string) => boolean, tls?: boolean, timeoutMs?: number }} options
 * @returns {Promise<string>}
 */
function ask(url, { request, isComplete, tls = false, timeoutMs = 3000 }) {
  return new Promise((resolve, reject) => {
    const target = { host: url.hostname.replace(/^\[|\]$/g, ''), port: Number(url.port) };
    const socket = tls ? connectTls({ ...target, servername: url.hostname }) : connect(target);
    let reply = '';
    const fail = (error) => {
      socket.destroy();
      reject(error);
    };
    socket.setTimeout(timeoutMs, () => fail(new Error(`no answer from ${url.host} within ${timeoutMs} ms`)));
    socket.once('error', fail);
    socket.once('close', () => fail(new Error(`${url.host} closed the connection`)));
    socket.once(tls ? 'secureConnect' : 'connect', () => request && socket.write(request));
    socket.on('data', (chunk) => {
      reply += chunk;
      if (reply.length > replyLimitBytes) fail(new Error(`${url.host} answered more than ${replyLimitBytes} bytes`));
      else if (isComplete(reply)) {
        resolve(reply);
        socket.destroy();
      }
    });
  });
}

/** @param {string} text @param {number} defaultPort */
function parseUrl(text, defaultPort) {
  const url = new URL(text.includes('://') ? text : `tcp://${text}`);
  if (!url.port) url.port = String(defaultPort);
  return url;
}

/** A server list may be given to NATS; the first is asked. @param {string} text @returns {Promise<{ version: string, jetstream: boolean }>} */
export async function probeNats(text) {
  // The INFO line comes first and in clear text, whatever the server's TLS and authentication.
  const reply = await ask(parseUrl(text.split(',')[0].trim(), 4222), { isComplete: (line) => line.includes('\r\n') });
  const match = /^INFO (\{.*\})\s*\r\n/.exec(reply);
  if (!match) throw new Error(`a NATS INFO line was expected, got "${reply.slice(0, 40)}"`);
  const info = JSON.parse(match[1]);
  return { version: String(info.version), jetstream: info.jetstream === true };
}

const respCommand = (...words) =>
  `*${words.length}\r\n${words.map((word) => `$${Buffer.byteLength(word)}\r\n${word}\r\n`).join('')}`;

/** @param {string} text a redis:// or rediss:// URL @returns {Promise<{ version: string }>} */
export async function probeRedis(text) {
  const url = parseUrl(text, 6379);
  const credentials = [url.username, url.password].filter(Boolean).map(decodeURIComponent);
  const login = url.password ? respCommand('AUTH', ...credentials) : '';
  const reply = await ask(url, {
    request: `${login}${respCommand('INFO', 'server')}`,
    isComplete: (answer) => /redis_version:\S+\r\n/.test(answer) || /^-/m.test(answer),
    tls: url.protocol === 'rediss:',
  });
  const version = /redis_version:(\S+)/.exec(reply)?.[1];
  if (!version) throw new Error(`INFO was answered with "${reply.slice(0, 80).trim()}"`);
  return { version };
}
