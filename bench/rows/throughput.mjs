import { createHash } from 'node:crypto';
import { mkdir, rm, writeFile } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { findOnPath } from '../../launcher/lib/paths.mjs';
import { findFreePort } from '../../launcher/lib/ports.mjs';
import { runCommand } from '../../launcher/lib/run-command.mjs';
import { findTool } from '../../launcher/lib/tools.mjs';
import { untilPlayable } from '../lib/bench-origin.mjs';
import { readCmafTrack } from '../lib/cmaf-file.mjs';
import { listedSegments } from '../lib/listed-segments.mjs';
import { allowedCores } from '../lib/machine.mjs';
import { nginxProcess, untilNginxListens } from '../lib/nginx.mjs';
import { PacedSender } from '../lib/paced-sender.mjs';
import { compare, median, orderOf } from '../lib/statistics.mjs';

const loadClient = fileURLToPath(new URL('../load-client.mjs', import.meta.url));
const nginxPort = 18_680;
const mediaSec = 64;
const speed = 8;
const leastSegments = 28;
const targetsPerKind = 8;
const full = { rounds: 6, warmUpMs: 400, measureMs: 1500, connections: 8 };
const short = { rounds: 2, warmUpMs: 200, measureMs: 500, connections: 8 };

/** `goal`: requests per second against nginx (performance.md). */
const kinds = [
  { name: 'segment ≥ 500 KB', goal: 1, pick: ({ video }) => segmentsOf(video, { least: 500_000, most: 700_000 }) },
  { name: 'segment of 60–70 KB', goal: 0.75, pick: ({ audio }) => segmentsOf(audio, { least: 60_000, most: 70_000 }) },
  { name: 'media playlist', goal: 0.8, pick: ({ video }) => [video.url] },
];

const sha256 = (bytes) => createHash('sha256').update(bytes).digest('hex');

function segmentsOf({ url, text, sizes }, { least, most }) {
  const urls = listedSegments(text).map(({ uri }) => new URL(uri, url).href);
  return urls
    .filter((candidate) => sizes.get(candidate) >= least && sizes.get(candidate) <= most)
    .slice(0, targetsPerKind);
}

async function fetchBytes(url) {
  const response = await fetch(url, { signal: AbortSignal.timeout(5000), headers: { 'accept-encoding': 'identity' } });
  const bytes = Buffer.from(await response.arrayBuffer());
  if (response.status !== 200) throw new Error(`${url}: 200 was expected, got ${response.status}`);
  return bytes;
}

const upTo = ({ init, chunks }, limitSec) => ({ init, chunks: chunks.filter(({ endSec }) => endSec <= limitSec) });

/** A stream that has come to rest: its playlist and segments do not change while they are asked for. */
async function publishMedia({ origin, fixtures, onEnd }) {
  const input = await origin.createInput({ segmentTargetMs: 2000 });
  const tracks = [
    { name: 'v.cmfv', track: upTo(await readCmafTrack(fixtures.path('video-500.cmfv')), mediaSec) },
    { name: 'a.cmfa', track: upTo(await readCmafTrack(fixtures.path('audio256.cmfa')), mediaSec) },
  ];
  const senders = tracks.map((options) => new PacedSender({ ...input, ...options, speed }));
  onEnd(() => senders.forEach((sender) => sender.stop()));
  const startMs = performance.now();
  await Promise.all(senders.map((sender) => sender.send(startMs)));
  return untilPlayable(input, { tracks: 2, segments: leastSegments });
}

async function withSizes(list) {
  const urls = listedSegments(list.text).map(({ uri }) => new URL(uri, list.url).href);
  const sizes = new Map();
  for (const url of urls) sizes.set(url, (await fetchBytes(url)).length);
  return { ...list, sizes };
}

/** Writes what playback serves as files, and makes sure that nginx then serves the same bytes. */
async function copyToNginx(urls, { dir, port }) {
  const targets = [];
  for (const url of urls) {
    const bytes = await fetchBytes(url);
    const path = new URL(url).pathname;
    const file = join(dir, 'files', path);
    await mkdir(dirname(file), { recursive: true });
    await writeFile(file, bytes);
    const served = await fetchBytes(`http://127.0.0.1:${port}${path}`);
    if (sha256(served) !== sha256(bytes))
      throw new Error(`${path}: nginx was expected to serve the bytes of playback, it serves others`);
    targets.push({ path, sizeBytes: bytes.length });
  }
  return targets;
}

/** Pins every thread of a running process; the cores it may use come back when the row ends. */
async function pin({ taskset, pid, core, onEnd }) {
  await runCommand(taskset, ['-a', '-c', '-p', `${core}`, `${pid}`]);
  onEnd(() => runCommand(taskset, ['-a', '-c', '-p', allowedCores().join(','), `${pid}`]));
}

async function load({ taskset, core }, plan) {
  const timeoutMs = plan.warmUpMs + plan.measureMs + 10_000;
  const output = await runCommand(taskset, ['-c', `${core}`, process.execPath, loadClient, JSON.stringify(plan)], {
    timeoutMs,
  });
  return JSON.parse(output);
}

async function measureKind({ client, targets, servers, plan }) {
  const rounds = [];
  for (let round = 0; round < plan.rounds; round += 1) {
    const results = {};
    for (const side of orderOf(round)) {
      const { port, group } = servers[side];
      results[side] = await load(client, { host: '127.0.0.1', port, targets, serverGroup: group, ...plan });
    }
    rounds.push(results);
  }
  return rounds;
}

const perSecond = ({ requests, elapsedMs }) => (requests * 1000) / elapsedMs;
const cpuMicros = ({ requests, serverCpuMs }) => (serverCpuMs * 1000) / requests;
const busyShare =
  (cpu) =>
  ({ elapsedMs, ...result }) =>
    (result[cpu] / elapsedMs) * 100;

const show = ({ medianOfRatios, bestAgainstBest }) => `${medianOfRatios.toFixed(2)} / ${bestAgainstBest.toFixed(2)}`;

function describeKind({ name, goal }, targets, rounds) {
  const both = (value, better) =>
    compare(
      rounds.map(({ a, b }) => ({ a: value(a), b: value(b) })),
      better,
    );
  const middle = (side, value, digits = 0) => median(rounds.map((round) => value(round[side]))).toFixed(digits);
  const speedRatio = both(perSecond, 'higher');
  const cpuRatio = both(cpuMicros, 'lower');
  const bytes = median(targets.map(({ sizeBytes }) => sizeBytes));
  const busy = ['a', 'b'].map(
    (side) => `${middle(side, busyShare('serverCpuMs'))} % / ${middle(side, busyShare('clientCpuMs'))} %`,
  );
  return [
    {
      what: `${name} (${(bytes / 1000).toFixed(1)} KB): requests/s against nginx, median of ratios / best against best`,
      value: show(speedRatio),
      goal: `≥ ${goal}`,
      met: speedRatio.medianOfRatios >= goal && speedRatio.bestAgainstBest >= goal,
    },
    { what: '— server CPU per request against nginx', value: show(cpuRatio) },
    { what: '— requests/s, playback and nginx', value: `${middle('a', perSecond)} and ${middle('b', perSecond)}` },
    {
      what: '— server CPU µs per request, playback and nginx',
      value: `${middle('a', cpuMicros, 1)} and ${middle('b', cpuMicros, 1)}`,
    },
    { what: '— server core / client core busy, playback and nginx', value: busy.join(' and ') },
  ];
}

async function prepare({ origin, runDir, spawn, onEnd }) {
  const [serverCore, clientCore] = allowedCores();
  if (clientCore === undefined)
    throw new Error('two cores were expected, one for the server and one for the client; there is one');
  const taskset = findOnPath('taskset');
  if (!taskset) throw new Error('taskset (package util-linux) was expected on PATH');
  const nginx = await findTool('nginx');
  if (!('command' in nginx)) throw new Error(`package ${nginx.missing} cannot be had (${nginx.reason})`);
  const dir = join(runDir, 'nginx');
  await rm(dir, { recursive: true, force: true });
  const port = await findFreePort(nginxPort);
  const managed = await nginxProcess({ nginx: nginx.command, taskset, core: serverCore, dir, port });
  await spawn(managed);
  await untilNginxListens(managed, port);
  const playback = origin.groupOf('playback');
  await pin({ taskset, pid: playback, core: serverCore, onEnd });
  const servers = {
    a: { port: Number(new URL(origin.urls.playback).port), group: playback },
    b: { port, group: managed.pid },
  };
  return { servers, client: { taskset, core: clientCore }, files: { dir, port } };
}

/** What playback sends per second and what it costs, against nginx with the same bytes as files on the same core. @type {import('../lib/run-rows.mjs').Row} */
export const throughputRow = {
  name: 'throughput',
  title:
    'Playback against nginx serving the same bytes as files, HTTP/1.1 keep-alive, one core each for server and client',
  limitMs: 150_000,
  async run(context) {
    const lists = await publishMedia(context);
    const [video, audio] = await Promise.all(
      ['video', 'audio'].map((kind) => withSizes(lists.find((list) => list.kind === kind))),
    );
    const { servers, client, files } = await prepare(context);
    const plan = context.quick ? short : full;
    const measures = [];
    for (const kind of kinds) {
      const urls = kind.pick({ video, audio });
      if (urls.length === 0)
        throw new Error(`${kind.name}: such a resource was expected in the playlists, there is none`);
      const targets = await copyToNginx(urls, files);
      measures.push(...describeKind(kind, targets, await measureKind({ client, targets, servers, plan })));
    }
    return {
      measures,
      notes: [
        `${plan.rounds} rounds of ${plan.measureMs / 1000} s for each server, order A B, B A, …; ${plan.connections} connections; up to ${targetsPerKind} segments in turn. Status, length and SHA-256 were checked before, status and length of every answer. Where the client core is busy to the end, requests/s say nothing and CPU per request decides.`,
      ],
    };
  },
};
