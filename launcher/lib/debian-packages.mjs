import { existsSync } from 'node:fs';
import { mkdir, readdir, readFile, rename, rm, stat, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { parseDeb822Sources, parseOneLineSources, renderSourcesFor } from './apt-sources.mjs';
import { withFileLock } from './file-lock.mjs';
import { defaultToolsDir, findOnPath } from './paths.mjs';
import { lastLines, runCommand } from './run-command.mjs';

/** Packages could not be had without root; the message says why. */
export class PackagesUnavailableError extends Error {
  name = 'PackagesUnavailableError';
}

const listsMaxAgeMs = 3_600_000;
const aptTimeoutMs = 600_000;

/** Code name of the machine's own suite, os-release(5). @returns {Promise<string>} */
export async function readOwnSuite(path = '/etc/os-release') {
  const text = await readFile(path, 'utf8').catch(() => '');
  const suite = /^VERSION_CODENAME="?([\w-]+)"?$/m.exec(text)?.[1];
  if (!suite) throw new PackagesUnavailableError(`no VERSION_CODENAME in ${path}: not a Debian release`);
  return suite;
}

/** All `deb` entries of the machine's apt configuration. @param {string} [etc] @returns {Promise<import('./apt-sources.mjs').AptSource[]>} */
export async function readAptSources(etc = '/etc/apt') {
  const parts = await readdir(join(etc, 'sources.list.d')).catch(() => []);
  const files = [
    'sources.list',
    ...parts.toSorted((a, b) => a.localeCompare(b)).map((name) => join('sources.list.d', name)),
  ];
  const sources = [];
  for (const file of files) {
    const text = await readFile(join(etc, file), 'utf8').catch(() => '');
    if (file.endsWith('.list')) sources.push(...parseOneLineSources(text));
    if (file.endsWith('.sources')) sources.push(...parseDeb822Sources(text));
  }
  return sources;
}

/**
 * Options for an apt-get of our own: private state and cache, the machine's signatures, proxies and credentials.
 * A file for `apt-get -c`: it is read last, and only a file can #clear the hooks that would need root.
 * @param {string} dir
 */
function renderAptConfiguration(dir) {
  const settings = {
    'Dir::Etc::SourceList': join(dir, 'sources.list'),
    'Dir::Etc::SourceParts': join(dir, 'empty'),
    'Dir::Etc::Preferences': join(dir, 'preferences'),
    'Dir::Etc::PreferencesParts': join(dir, 'empty'),
    'Dir::State::Lists': join(dir, 'lists'),
    'Dir::Cache': join(dir, 'cache'),
    'Dir::Cache::Archives': join(dir, 'archives'),
    'Dir::Log': dir,
    'Debug::NoLocking': 'true',
    'APT::Sandbox::User': 'root',
    'Acquire::Languages': 'none',
    'Acquire::GzipIndexes': 'true',
    // A mirror's copy of a newer suite may lag behind its Valid-Until; signatures are still checked.
    'Acquire::Check-Valid-Until': 'false',
    'Acquire::Retries': '3',
    'Acquire::http::Timeout': '30',
    'DPkg::Lock::Timeout': '0',
  };
  const hooks = [
    'APT::Update::Pre-Invoke',
    'APT::Update::Post-Invoke',
    'APT::Update::Post-Invoke-Success',
    'DPkg::Pre-Install-Pkgs',
    'DPkg::Post-Invoke',
  ];
  const lines = Object.entries(settings).map(([name, value]) => `${name} "${value}";`);
  return [
    ...hooks.map((hook) => `#clear ${hook};`),
    '#clear Acquire::IndexTargets::deb::Contents-deb;',
    ...lines,
    '',
  ].join('\n');
}

/** A private apt for one suite with fresh package lists. @returns {Promise<(args: string[], cwd?: string) => Promise<string>>} */
async function prepareApt(dir, suite, say) {
  const ownSuite = await readOwnSuite();
  const sources = renderSourcesFor(await readAptSources(), { suite, ownSuite });
  if (!sources) throw new PackagesUnavailableError(`no Debian archive of ${ownSuite} in this machine's apt sources`);
  for (const folder of ['lists/partial', 'archives/partial', 'cache', 'empty'])
    await mkdir(join(dir, folder), { recursive: true });
  await writeFile(join(dir, 'preferences'), '');
  await writeFile(join(dir, 'apt.conf'), renderAptConfiguration(dir));
  const env = { ...process.env, LC_ALL: 'C', DEBIAN_FRONTEND: 'noninteractive' };
  const apt = (args, cwd = dir) =>
    runCommand('apt-get', ['-q', '-c', join(dir, 'apt.conf'), ...args], { env, cwd, timeoutMs: aptTimeoutMs });
  const stamp = join(dir, 'updated');
  const known = await readFile(join(dir, 'sources.list'), 'utf8').catch(() => '');
  const age = await stat(stamp).then(
    (facts) => Date.now() - facts.mtimeMs,
    () => Infinity,
  );
  if (known !== sources || age > listsMaxAgeMs) {
    say(`reading the package lists of ${suite}`);
    await writeFile(join(dir, 'sources.list'), sources);
    // One unreachable archive among several must not end it: what is missing shows when the package is asked for.
    const output = await apt(['update']).catch((error) => error.output ?? error.message);
    if (/^E:/m.test(output)) await rm(stamp, { force: true });
    else await writeFile(stamp, '');
  }
  return apt;
}

/** @typedef {{ name: string, suite: string, packages: string[], mode: 'closure' | 'only' }} PackageSet `closure` adds every dependency that is not installed */

async function unpack(set, { toolsDir, target, say }) {
  const aptDir = join(toolsDir, '.apt', set.suite);
  await withFileLock(`${aptDir}.lock`, { timeoutMs: aptTimeoutMs }, async () => {
    const archives = join(aptDir, 'archives');
    await rm(archives, { recursive: true, force: true });
    const apt = await prepareApt(aptDir, set.suite, say);
    say(`fetching ${set.packages.join(', ')} from ${set.suite}`);
    const args = ['-y', '--no-install-recommends', '--download-only', 'install', ...set.packages];
    if (set.mode === 'closure') await apt(args);
    else await apt(['download', ...set.packages], archives);
    const draft = `${target}.draft`;
    await rm(draft, { recursive: true, force: true });
    await mkdir(draft, { recursive: true });
    const files = (await readdir(archives)).filter((file) => file.endsWith('.deb'));
    say(`unpacking ${files.length} packages`);
    for (const file of files) await runCommand('dpkg-deb', ['-x', join(archives, file), draft]);
    await rename(draft, target);
    await rm(archives, { recursive: true, force: true });
  });
}

/**
 * Folder into which the packages are unpacked, fetched without root when it does not exist yet. No system change, no maintainer script,
 * no daemon. Whole or absent: unpacked aside and renamed under a lock.
 * @param {PackageSet} set
 * @param {{ toolsDir?: string, say?: (text: string) => void }} [options]
 * @returns {Promise<string>}
 */
export async function fetchPackages(set, { toolsDir = defaultToolsDir, say = () => {} } = {}) {
  const target = join(toolsDir, `${set.name}-${set.suite}`);
  if (existsSync(target)) return target;
  for (const command of ['apt-get', 'dpkg-deb']) {
    if (!findOnPath(command))
      throw new PackagesUnavailableError(`${command} is not on PATH: Debian packages cannot be fetched`);
  }
  await mkdir(toolsDir, { recursive: true });
  const lock = {
    timeoutMs: aptTimeoutMs,
    onWait: (pid) => say(`waiting for process ${pid ?? '?'}, which fetches it already`),
  };
  await withFileLock(join(toolsDir, `${set.name}-${set.suite}.lock`), lock, async () => {
    if (existsSync(target)) return;
    try {
      await unpack(set, { toolsDir, target, say });
    } catch (error) {
      const reason = lastLines(error.output ?? error.message, 4);
      throw new PackagesUnavailableError(`${set.packages.join(', ')} from ${set.suite}: ${reason}`, { cause: error });
    }
  });
  return target;
}

/** @param {string} folder */
const namesIn = (folder) => readdir(folder).catch(() => []);

/**
 * Library folders of an unpacked tree, whatever the architecture: usr/lib/<multiarch triplet> and those below it that hold shared libraries
 * of their own (blas, lapack, pulseaudio), which an installed system finds through alternatives or run paths.
 * @param {string} root
 * @returns {Promise<string[]>}
 */
export async function libraryFolders(root) {
  const folders = [];
  for (const base of ['usr/lib', 'lib']) {
    const triplets = (await namesIn(join(root, base))).filter((name) => /-linux-gnu/.test(name));
    for (const triplet of triplets.map((name) => join(root, base, name))) {
      const below = (await namesIn(triplet)).map((name) => join(triplet, name));
      const holders = await Promise.all(
        below.map(async (folder) => (await namesIn(folder)).some((name) => /^lib.*\.so(\.\d|$)/.test(name))),
      );
      folders.push(triplet, ...below.filter((_, index) => holders[index]));
    }
  }
  return folders;
}
