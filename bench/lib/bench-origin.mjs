import { rm } from 'node:fs/promises';
import { join } from 'node:path';
import { readSecrets } from '../../launcher/lib/secrets.mjs';
import { bringUpServers } from '../../launcher/lib/servers.mjs';
import { serviceNames } from '../../launcher/lib/service-names.mjs';
import {
  chooseServicePorts,
  publicUrls,
  serviceEnvironment,
  spawnService,
  waitUntilServiceReady,
} from '../../launcher/lib/services.mjs';
import { waitFor } from '../../launcher/lib/wait.mjs';

const firstServicePort = 18_600;
const firstServerPort = 18_640;
// An input at rest must not turn into an ended one in the middle of a row; a minute of playlist is about 3 KB.
// Each input is archived once in any 20 s, so that a measurement of that length holds its share of the archive: more objects than by default, of the same bytes.
const settings = { RECONNECT_WINDOW_MS: '3600000', PLAYLIST_WINDOW_MS: '60000', FLUSH_INTERVAL_MS: '20000' };
const playableTimeoutMs = 40_000;

/**
 * @typedef {{ id: string, externalId: string, streamKey: string, publishUrl: string, playlistUrl: string }} BenchInput
 */

/** Five services and their three servers, on ports and data of the bench's own. */
export class BenchOrigin {
  /** @param {{ servers: import('../../launcher/lib/servers.d.mts').Servers, services: Map<string, import('../../launcher/lib/managed-process.mjs').ManagedProcess>, urls: Record<string, string>, secrets: import('../../launcher/lib/secrets.mjs').Secrets }} parts */
  constructor({ servers, services, urls, secrets }) {
    this.servers = servers;
    this.services = services;
    this.urls = urls;
    this.secrets = secrets;
  }

  /** Process group of a service. @param {string} name @returns {number} */
  groupOf(name) {
    const pid = this.services.get(name)?.pid;
    if (pid === undefined) throw new Error(`${name} was expected to run, it does not`);
    return pid;
  }

  /** Process groups of the whole path by name. Throws when one is out of sight, since a sum without it would flatter. @returns {Map<string, number>} */
  groups() {
    const groups = new Map(serviceNames.map((name) => [name, this.groupOf(name)]));
    for (const [name, { pid, source }] of Object.entries(this.servers.handles)) {
      if (pid === undefined || source === 'Docker')
        throw new Error(
          `CPU time of ${name} cannot be read: a process of the bench's own was expected, it is from ${source}`,
        );
      groups.set(name, pid);
    }
    return groups;
  }

  /** @param {Record<string, unknown>} [extra] further fields of streams.liveInputs.create @returns {Promise<BenchInput>} */
  async createInput(extra = {}) {
    const response = await fetch(`${this.urls.broadcast}/api/trpc/streams.liveInputs.create`, {
      method: 'POST',
      headers: { 'content-type': 'application/json', authorization: `Bearer ${this.secrets.apiKey}` },
      body: JSON.stringify({ orgId: this.secrets.orgId, name: 'bench', ingest: 'fmp4', ...extra }),
      signal: AbortSignal.timeout(10_000),
    });
    const text = await response.text();
    if (!response.ok)
      throw new Error(`streams.liveInputs.create: 200 was expected, got ${response.status} ${text.slice(0, 200)}`);
    const { id, external_input_id: externalId, stream_key_cleartext: streamKey } = JSON.parse(text).result.data;
    return {
      id,
      externalId,
      streamKey,
      publishUrl: `${this.urls.ingest}/publish/${externalId}`,
      playlistUrl: `${this.urls.playback}/live/${externalId}/index.m3u8`,
    };
  }
}

/** Ids that were just made are known to ingest a moment later, so the first bytes must wait for it. */
export async function untilPlayable(input, { tracks, segments }) {
  const attempt = async () => {
    const lists = await mediaPlaylists(input);
    return (
      lists.length >= tracks && lists.every(({ text }) => (text.match(/^#EXTINF/gm) ?? []).length >= segments) && lists
    );
  };
  return waitFor(attempt, {
    timeoutMs: playableTimeoutMs,
    intervalMs: 100,
    what: `${tracks} playlists with ${segments} segments`,
  });
}

async function fetchText(url) {
  const response = await fetch(url, { signal: AbortSignal.timeout(15_000) });
  const text = await response.text();
  if (response.status !== 200)
    throw new Error(`${new URL(url).pathname} answers ${response.status}: ${text.slice(0, 200)}`);
  return text;
}

/**
 * Media playlists of an input: variants, then renditions.
 * @param {BenchInput} input
 * @returns {Promise<{ url: string, kind: 'video' | 'audio', text: string }[]>}
 */
export async function mediaPlaylists({ playlistUrl }) {
  const multivariant = await fetchText(playlistUrl);
  const variants = multivariant.split('\n').filter((line) => line !== '' && !line.startsWith('#'));
  const renditions = [...multivariant.matchAll(/^#EXT-X-MEDIA:.*URI="([^"]+)"/gm)].map(([, uri]) => uri);
  /** @type {{ uri: string, kind: 'video' | 'audio' }[]} */
  const found = [
    ...variants
      .filter((uri) => !renditions.includes(uri))
      .map((uri) => ({ uri, kind: /** @type {const} */ ('video') })),
    ...renditions.map((uri) => ({ uri, kind: /** @type {const} */ ('audio') })),
  ];
  return Promise.all(
    found.map(async ({ uri, kind }) => {
      const url = new URL(uri, playlistUrl).href;
      return { url, kind, text: await fetchText(url) };
    }),
  );
}

/** @returns {Promise<[string, import('../../launcher/lib/managed-process.mjs').ManagedProcess]>} */
async function startService(name, { runDir, facts, progress, onProcess }) {
  const step = progress.step(name);
  const managed = spawnService({ name, runDir, env: serviceEnvironment(name, { ...facts, extra: settings }) });
  onProcess(managed);
  await managed.start();
  await waitUntilServiceReady(managed, facts.ports.ops[name], () => (managed.running ? undefined : 'it ended'));
  step.done(`ready, pid ${managed.pid}`);
  return [name, managed];
}

/**
 * Starts an origin with empty data. `onProcess` sees each process before it starts; who gets them ends them.
 * @param {{ runDir: string, progress: import('../../launcher/lib/progress.mjs').Progress, onProcess: (process: import('../../launcher/lib/managed-process.mjs').ManagedProcess) => void }} options
 */
export async function startBenchOrigin({ runDir, progress, onProcess }) {
  await rm(join(runDir, 'data'), { recursive: true, force: true });
  const servers = await bringUpServers({
    runDir,
    basePort: firstServerPort,
    bucket: 'headwater-bench',
    progress,
    onProcess,
  });
  const secrets = await readSecrets(join(runDir, 'secrets.json'));
  const ports = await chooseServicePorts(firstServicePort, (text) => progress.line(text));
  const facts = { servers, ports, secrets };
  const services = await Promise.all(
    serviceNames.map((name) => startService(name, { runDir, facts, progress, onProcess })),
  );
  return new BenchOrigin({ servers, services: new Map(services), urls: publicUrls(ports), secrets });
}
