import { mkdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { ManagedProcess } from '../../launcher/lib/managed-process.mjs';
import { isPortFree } from '../../launcher/lib/ports.mjs';
import { waitFor } from '../../launcher/lib/wait.mjs';

/**
 * The anchor: one worker, sendfile, nothing logged, connections kept as long as the bench wants.
 * @param {{ port: number, root: string, isRoot: boolean }} options
 */
export function renderNginxConfiguration({ port, root, isRoot }) {
  const folders = ['client_body', 'proxy', 'fastcgi', 'uwsgi', 'scgi'].map(
    (name) => `  ${name}_temp_path temp/${name};`,
  );
  return [
    // A worker of another user could not read the run folder.
    ...(isRoot ? ['user root;'] : []),
    'worker_processes 1;',
    'daemon off;',
    'pid nginx.pid;',
    'error_log stderr warn;',
    'events { worker_connections 256; }',
    'http {',
    '  access_log off;',
    '  sendfile on;',
    '  tcp_nopush on;',
    '  keepalive_requests 100000000;',
    '  types { video/mp4 m4s mp4; application/vnd.apple.mpegurl m3u8; text/html html; text/javascript js; }',
    ...folders,
    `  server { listen 127.0.0.1:${port}; root ${JSON.stringify(root)}; }`,
    '}',
    '',
  ].join('\n');
}

/**
 * Makes nginx serve a folder, pinned to one core; not started yet.
 * @param {{ nginx: string, taskset: string, core: number, dir: string, port: number }} options `dir` gets configuration and log; what is served lies in `dir`/files
 */
export async function nginxProcess({ nginx, taskset, core, dir, port }) {
  await mkdir(join(dir, 'temp'), { recursive: true });
  const configuration = join(dir, 'nginx.conf');
  const isRoot = process.getuid?.() === 0;
  await writeFile(configuration, renderNginxConfiguration({ port, root: join(dir, 'files'), isRoot }));
  const args = ['-c', `${core}`, nginx, '-p', dir, '-c', configuration, '-e', 'stderr'];
  return new ManagedProcess({ name: 'nginx', command: taskset, args, logFile: join(dir, 'nginx.log') });
}

/** Resolves when it listens. @param {ManagedProcess} managed @param {number} port */
export async function untilNginxListens(managed, port) {
  const giveUp = () => (managed.running ? undefined : `it ended; see ${managed.spec.logFile}`);
  await waitFor(async () => !(await isPortFree(port)), { timeoutMs: 5000, what: 'nginx', giveUp });
}
