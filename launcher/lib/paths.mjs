import { accessSync, constants, statSync } from 'node:fs';
import { delimiter, join } from 'node:path';
import { fileURLToPath } from 'node:url';

/** Root folder of the project, without a trailing slash. */
export const projectRoot = fileURLToPath(new URL('../..', import.meta.url)).replace(/\/$/, '');

/** Folder of tools unpacked without root; shared by `npm start` and `npm test`. */
export const defaultToolsDir = join(projectRoot, '.cache', 'tools');

// Debian keeps servers in sbin folders, which are not on an ordinary user's PATH.
const serverFolders = ['/usr/local/sbin', '/usr/sbin', '/sbin'];

/** @param {string} path @returns {boolean} whether `path` is a file this user may execute */
export function isExecutable(path) {
  try {
    accessSync(path, constants.X_OK);
    return statSync(path).isFile();
  } catch {
    return false;
  }
}

/** Full path of `command` on PATH or in the system's server folders. @param {string} command @returns {string | undefined} */
export function findOnPath(command) {
  const folders = [...(process.env.PATH ?? '').split(delimiter).filter(Boolean), ...serverFolders];
  return folders.map((folder) => join(folder, command)).find(isExecutable);
}
