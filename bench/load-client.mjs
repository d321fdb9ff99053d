/** Runs as a process of its own, on a core of its own: asks as fast as it can and prints what it counted. Its plan is the one argument, as JSON. */
import { cpuBetween, readGroupCpu } from './lib/cpu-time.mjs';
import { KeepAliveConnection } from './lib/keep-alive-connection.mjs';

/**
 * @typedef {object} LoadPlan
 * @property {string} host
 * @property {number} port
 * @property {{ path: string, sizeBytes: number }[]} targets asked for in turn
 * @property {number} connections
 * @property {number} warmUpMs
 * @property {number} measureMs
 * @property {number} serverGroup process group whose CPU time is read
 *
 * @typedef {{ requests: number, elapsedMs: number, serverCpuMs: number, clientCpuMs: number }} LoadResult
 */

const wait = (ms) => new Promise((resolve) => setTimeout(resolve, ms));
const ownCpuMs = () => {
  const { user, system } = process.cpuUsage();
  return (user + system) / 1000;
};

/** @param {LoadPlan} plan @returns {Promise<LoadResult>} */
async function run(plan) {
  let requests = 0;
  let fault;
  const connections = Array.from({ length: plan.connections }, () => new KeepAliveConnection(plan));
  const ask = (connection, index) => {
    const { path, sizeBytes } = plan.targets[index % plan.targets.length];
    connection.get(path, (error, received) => {
      if (error || received.status !== 200 || received.sizeBytes !== sizeBytes) {
        fault ??=
          error ??
          new Error(
            `${path}: 200 with ${sizeBytes} bytes was expected, got ${received.status} with ${received.sizeBytes}`,
          );
        return;
      }
      requests += 1;
      ask(connection, index + 1);
    });
  };
  for (const [index, connection] of connections.entries()) ask(connection, index);
  await wait(plan.warmUpMs);
  const before = { requests, atMs: performance.now(), cpu: readGroupCpu(plan.serverGroup), ownCpuMs: ownCpuMs() };
  await wait(plan.measureMs);
  const result = {
    requests: requests - before.requests,
    elapsedMs: performance.now() - before.atMs,
    serverCpuMs: cpuBetween(before.cpu, readGroupCpu(plan.serverGroup)),
    clientCpuMs: ownCpuMs() - before.ownCpuMs,
  };
  for (const connection of connections) connection.close();
  if (fault) throw fault;
  return result;
}

run(JSON.parse(process.argv[2])).then(
  (result) => console.log(JSON.stringify(result)),
  (error) => {
    console.error(error.message);
    process.exitCode = 1;
  },
);
