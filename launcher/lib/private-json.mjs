import { mkdir, readFile, rename, writeFile } from 'node:fs/promises';
import { dirname } from 'node:path';

/** Writes `value` whole or not at all, readable by the owner only. @param {string} path @param {unknown} value */
export async function writePrivateJson(path, value) {
  await mkdir(dirname(path), { recursive: true });
  const draft = `${path}.${process.pid}.draft`;
  await writeFile(draft, `${JSON.stringify(value, null, 2)}\n`, { mode: 0o600 });
  await rename(draft, path);
}

/** Content of a JSON file, or undefined when there is none. A file that is not JSON is an error that names it. @param {string} path */
export async function readJson(path) {
  const text = await readFile(path, 'utf8').catch((error) => {
    if (error.code === 'ENOENT') return undefined;
    throw error;
  });
  if (text === undefined) return undefined;
  try {
    return JSON.parse(text);
  } catch (cause) {
    throw new Error(`${path} should hold JSON but does not; remove it to have it made anew`, { cause });
  }
}

/**
 * @template T
 * @param {string} path
 * @param {() => T} create
 * @returns {Promise<T>}
 */
export async function readOrCreatePrivateJson(path, create) {
  const known = await readJson(path);
  if (known !== undefined) return known;
  const made = create();
  await writePrivateJson(path, made);
  return made;
}
