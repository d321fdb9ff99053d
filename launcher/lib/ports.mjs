import { createServer } from 'node:net';

/** Whether `port` can be listened on at `host`. @param {number} port @param {string} [host] @returns {Promise<boolean>} */
export function isPortFree(port, host = '127.0.0.1') {
  return new Promise((resolve) => {
    const server = createServer();
    server.once('error', () => resolve(false));
    server.listen({ port, host, exclusive: true }, () => server.close(() => resolve(true)));
  });
}

/**
 * First port from `preferred` on that is free and not in `taken`.
 * @param {number} preferred
 * @param {{ host?: string, taken?: Set<number>, attempts?: number }} [options]
 * @returns {Promise<number>}
 */
export async function findFreePort(preferred, { host = '127.0.0.1', taken = new Set(), attempts = 200 } = {}) {
  for (let port = preferred; port < Math.min(preferred + attempts, 65_536); port += 1) {
    if (!taken.has(port) && (await isPortFree(port, host))) return port;
  }
  throw new Error(`no free port on ${host} in ${preferred}..${preferred + attempts - 1}`);
}

/**
 * First base from `preferred` on, in steps, at which every offset is free.
 * @param {number} preferred
 * @param {number[]} offsets
 * @param {{ step?: number, attempts?: number }} [options]
 * @returns {Promise<number>}
 */
export async function findFreeBlock(preferred, offsets, { step = 20, attempts = 100 } = {}) {
  for (let attempt = 0; attempt < attempts; attempt += 1) {
    const base = preferred + attempt * step;
    const free = await Promise.all(offsets.map((offset) => isPortFree(base + offset)));
    if (free.every(Boolean)) return base;
  }
  throw new Error(`no free block of ports from ${preferred} on in ${attempts} attempts`);
}
