import { chmod, mkdir, readdir, rename, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { fetchPackages, libraryFolders, readOwnSuite } from './debian-packages.mjs';
import { withFileLock } from './file-lock.mjs';
import { defaultToolsDir, findOnPath } from './paths.mjs';
import { lastLines, runCommand } from './run-command.mjs';

/**
 * `binary` is the program inside the unpacked package. nginx is never installed into the system: its package starts a daemon on port 80,
 * and holding that back takes a change that an interrupted run would leave behind. docker-compose would bring half of Docker.
 */
const tools = {
  ffmpeg: { packages: ['ffmpeg'], binary: 'usr/bin/ffmpeg', versionArgs: ['-version'], installable: true },
  ffprobe: { packages: ['ffmpeg'], binary: 'usr/bin/ffprobe', versionArgs: ['-version'], installable: true },
  nginx: { packages: ['nginx'], binary: 'usr/sbin/nginx', versionArgs: ['-v'], installable: false },
  chromium: {
    packages: ['chromium', 'fonts-dejavu-core'],
    binary: 'usr/lib/chromium/chromium',
    versionArgs: ['--version'],
    installable: true,
  },
  // Debian's own, which needs no engine to check a file.
  'docker-compose': {
    packages: ['docker-compose'],
    binary: 'usr/bin/docker-compose',
    versionArgs: ['version'],
    installable: false,
  },
};

/** Names that `findTool` knows. */
export const toolNames = Object.freeze(Object.keys(tools));

const installTimeoutMs = 600_000;

/** Resolves when the program can be loaded and run at all. */
const works = (command, { versionArgs }) => runCommand(command, versionArgs, { timeoutMs: 30_000 });

async function fromPath(name, tool) {
  const command = findOnPath(name);
  if (!command) throw new Error('not on PATH');
  await works(command, tool);
  return command;
}

async function fromSystemInstall(name, tool, { toolsDir, say }) {
  if (process.getuid?.() !== 0) throw new Error('not root');
  if (!tool.installable) throw new Error('its package is not for this system');
  const env = { ...process.env, DEBIAN_FRONTEND: 'noninteractive', LC_ALL: 'C' };
  const apt = (...args) =>
    runCommand('apt-get', ['-q', '-o', 'DPkg::Lock::Timeout=120', ...args], { env, timeoutMs: installTimeoutMs });
  const install = () => apt('install', '-y', '--no-install-recommends', ...tool.packages);
  await withFileLock(join(toolsDir, 'apt-install.lock'), { timeoutMs: installTimeoutMs }, async () => {
    say(`installing ${tool.packages.join(', ')} with apt-get`);
    try {
      await install();
    } catch {
      say('reading the package lists');
      await apt('update');
      await install();
    }
  });
  return fromPath(name, tool);
}

/** Fonts of the unpacked tree beside those of the machine; without a configuration of its own fontconfig would know neither. */
async function writeFontConfiguration(root) {
  const path = join(root, 'fonts.conf');
  const folders = [join(root, 'usr/share/fonts'), '/usr/share/fonts'].map((dir) => `<dir>${dir}</dir>`).join('');
  const cache = `<cachedir>${join(root, 'var/cache/fontconfig')}</cachedir>`;
  await writeFile(
    path,
    `<?xml version="1.0"?><!DOCTYPE fontconfig SYSTEM "fonts.dtd"><fontconfig>${folders}${cache}</fontconfig>\n`,
  );
  return path;
}

/** @param {string} text */
const shellQuoted = (text) => `'${text.replaceAll("'", String.raw`'\''`)}'`;

/** A script that runs an unpacked program with the libraries it was unpacked with. */
async function writeWrapper({ name, root, binary, toolsDir }) {
  const settings = {
    LD_LIBRARY_PATH: (await libraryFolders(root)).join(':'),
    FONTCONFIG_FILE: await writeFontConfiguration(root),
  };
  const lines = Object.entries({ ...settings, PYTHONPATH: join(root, 'usr/lib/python3/dist-packages') }).map(
    ([variable, value]) => `export ${variable}=${shellQuoted(value)}`,
  );
  const path = join(toolsDir, 'bin', name);
  await mkdir(join(toolsDir, 'bin'), { recursive: true });
  const draft = `${path}.${process.pid}`;
  await writeFile(draft, ['#!/bin/sh', ...lines, `exec ${shellQuoted(join(root, binary))} "$@"`, ''].join('\n'));
  await chmod(draft, 0o755);
  await rename(draft, path);
  return path;
}

async function fromPackages(name, tool, { toolsDir, say }) {
  const suite = await readOwnSuite();
  const root = await fetchPackages(
    { name: tool.packages[0], suite, packages: tool.packages, mode: 'closure' },
    { toolsDir, say },
  );
  const command = await writeWrapper({ name, root, binary: tool.binary, toolsDir });
  await works(command, tool);
  return command;
}

const ways = [
  { source: 'PATH', find: fromPath },
  { source: 'apt-get', find: fromSystemInstall },
  { source: 'Debian packages', find: fromPackages },
];

/**
 * A command that just works: PATH → apt-get as root → packages unpacked without root. Never rejects for a tool that cannot be had.
 * @param {string} name one of toolNames
 * @param {{ toolsDir?: string, say?: (text: string) => void, sources?: string[] }} [options] `sources` narrows the ways (tests)
 * @returns {Promise<{ command: string, env: Record<string, string>, source: string } | { missing: string, reason: string }>}
 */
export async function findTool(name, { toolsDir = defaultToolsDir, say = () => {}, sources } = {}) {
  const tool = tools[name];
  if (!tool) throw new RangeError(`a tool of ${toolNames.join(', ')} was expected, got "${name}"`);
  const reasons = [];
  for (const { source, find } of ways.filter((way) => !sources || sources.includes(way.source))) {
    try {
      return { command: await find(name, tool, { toolsDir, say }), env: {}, source };
    } catch (error) {
      reasons.push(`${source}: ${lastLines(error.message, 3)}`);
    }
  }
  return { missing: tool.packages[0], reason: reasons.join('; ') };
}

/** A TrueType font for text in the picture: monospaced if there is one; undefined when the machine has none. @returns {Promise<string | undefined>} */
export async function findFont(folders = ['/usr/share/fonts', '/usr/local/share/fonts']) {
  for (const folder of folders) {
    const names = await readdir(folder, { recursive: true }).catch(() => []);
    const fonts = names.filter((name) => name.endsWith('.ttf')).toSorted((a, b) => a.localeCompare(b));
    const font = fonts.find((name) => /mono[^/]*\.ttf$/i.test(name)) ?? fonts[0];
    if (font) return join(folder, font);
  }
  return undefined;
}
