import { createHash } from 'node:crypto';
import { findOnPath } from './paths.mjs';
import { runCommand } from './run-command.mjs';

const probeTimeoutMs = 3000;
const pullTimeoutMs = 180_000;
let engine;

/** Whether a Docker engine answers; a client without an engine is common, and may hang. Asked once. @returns {Promise<boolean>} */
export function dockerAnswers() {
  engine ??= findOnPath('docker')
    ? runCommand('docker', ['version', '--format', '{{.Server.Version}}'], { timeoutMs: probeTimeoutMs }).then(
        () => true,
        () => false,
      )
    : Promise.resolve(false);
  return engine;
}

/**
 * What runs `image` in the foreground under a name of this run folder, published on 127.0.0.1 only. The container is removed when it ends.
 * @param {{ name: string, runDir: string, image: string, ports: Record<number, number>, volumes?: Record<string, string>, env?: Record<string, string>, args?: string[] }} container
 * `ports`: host port → container port; values of `env` travel by the client's environment, not its arguments
 */
export async function dockerSpec({ name, runDir, image, ports, volumes = {}, env = {}, args = [] }) {
  const container = `headwater-${createHash('sha256').update(runDir).digest('hex').slice(0, 8)}-${name}`;
  const known = await runCommand('docker', ['image', 'inspect', image], { timeoutMs: 10_000 }).catch(() => undefined);
  if (known === undefined) await runCommand('docker', ['pull', '-q', image], { timeoutMs: pullTimeoutMs });
  const remove = () => runCommand('docker', ['rm', '-f', container], { timeoutMs: 20_000 }).catch(() => {});
  const options = [
    ...Object.entries(ports).flatMap(([host, inner]) => ['-p', `127.0.0.1:${host}:${inner}`]),
    ...Object.entries(volumes).flatMap(([host, inner]) => ['-v', `${host}:${inner}`]),
    ...Object.keys(env).flatMap((key) => ['-e', key]),
    ...(process.getuid && process.getgid ? ['--user', `${process.getuid()}:${process.getgid()}`] : []),
  ];
  return {
    command: 'docker',
    args: ['run', '--rm', '--name', container, ...options, image, ...args],
    env,
    beforeStart: remove,
    afterExit: remove,
  };
}
