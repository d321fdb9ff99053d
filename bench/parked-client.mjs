/** Runs as a process of its own: parks viewers on one blocked playlist, round after round, and prints when each was answered. Its plan is the one argument, as JSON. */
import { beginMsOf, blockedPath, edgeOf } from './lib/blocked-list.mjs';
import { KeepAliveConnection } from './lib/keep-alive-connection.mjs';

/** A list of a minute, and a small part of what 2,000 default buffers would be. */
const readBufferBytes = 16 * 1024;

/**
 * @typedef {{ listUrl: string, viewers: number, rounds: number }} ParkedPlan
 * @typedef {{ round: number, endMs: number, answeredAtMs: number[] }} ParkedRound `endMs`: media time of the part that ended the wait, from the start of the stream; `answeredAtMs`: since 1970
 */

const say = (message) => process.stdout.write(`${JSON.stringify(message)}\n`);

/** @param {ParkedPlan} plan */
async function run({ listUrl, viewers, rounds }) {
  const { hostname, port, pathname } = new URL(listUrl);
  const host = { host: hostname, port: Number(port) };
  const scout = new KeepAliveConnection({ ...host, keepBody: true });
  const read = async (path) => String((await scout.fetch(path)).body?.toString());
  const beginMs = beginMsOf(await read(pathname));
  const connections = Array.from({ length: viewers }, () => new KeepAliveConnection({ ...host, readBufferBytes }));
  for (let round = 0; round < rounds; round += 1) {
    const { next } = edgeOf(await read(pathname));
    // Two parts ahead, so that everybody is parked before it comes.
    const path = blockedPath(pathname, { msn: next.msn, part: next.part + 2 });
    const answering = connections.map(async (connection) => {
      const { status } = await connection.fetch(path);
      if (status !== 200) throw new Error(`${path}: 200 was expected, got ${status}`);
      return performance.timeOrigin + performance.now();
    });
    const first = edgeOf(await read(path));
    const answeredAtMs = await Promise.all(answering);
    say({ round, endMs: first.endMs - beginMs, answeredAtMs });
  }
  for (const connection of connections) connection.close();
  scout.close();
}

run(JSON.parse(process.argv[2])).catch((error) => {
  console.error(error.message);
  process.exitCode = 1;
});
