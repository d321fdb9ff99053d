import { accessSync, constants, existsSync, mkdirSync } from 'node:fs';
import { userInfo } from 'node:os';
import { join } from 'node:path';

/** @param {string | undefined} path */
function isWritable(path) {
  if (!path) return false;
  try {
    accessSync(path, constants.W_OK);
    return true;
  } catch {
    return false;
  }
}

function passwdHome() {
  try {
    return userInfo().homedir;
  } catch {
    // A uid without a passwd entry.
    return undefined;
  }
}

/**
 * Environment in which npm can work: where HOME is unset or not writable it gets a home and a cache inside the project.
 * @param {string} root project folder
 * @param {NodeJS.ProcessEnv} env
 * @param {string} [ownHome]
 * @returns {NodeJS.ProcessEnv}
 */
export function npmEnvironment(root, env, ownHome = passwdHome()) {
  const home = [env.HOME, ownHome].find(isWritable);
  const cache = join(root, '.cache', 'npm');
  const extra = {};
  if (home) {
    extra.HOME = home;
    if (existsSync(join(home, '.npm')) && !isWritable(join(home, '.npm'))) extra.npm_config_cache = cache;
  } else {
    extra.HOME = join(root, '.cache', 'home');
    extra.npm_config_cache = cache;
    mkdirSync(extra.HOME, { recursive: true });
  }
  return { ...env, ...extra };
}
