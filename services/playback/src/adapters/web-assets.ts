import { createHash } from 'node:crypto';
import { existsSync, readFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { WebAssets } from '../ports.ts';
import type { Resource } from '../domain/answer.ts';

// A page always asks whether its assets are still the same; they are small, and 304 is cheap.
const REVALIDATE = 'no-cache';
const PAGE_POLICY = [
  "default-src 'none'",
  "script-src 'self'",
  "style-src 'self'",
  "img-src 'self' data:",
  "connect-src 'self'",
  "media-src 'self' blob:",
  "worker-src 'self' blob:",
  "base-uri 'none'",
  "form-action 'self'",
].join('; ');

const FILES: ReadonlyArray<{ name: string; file: string; contentType: string }> = [
  { name: 'index.html', file: 'index.html', contentType: 'text/html; charset=utf-8' },
  { name: 'player.css', file: 'player.css', contentType: 'text/css; charset=utf-8' },
  { name: 'player.js', file: 'player.js', contentType: 'text/javascript; charset=utf-8' },
  { name: 'stream-player.js', file: 'stream-player.js', contentType: 'text/javascript; charset=utf-8' },
  { name: 'time-format.js', file: 'time-format.js', contentType: 'text/javascript; charset=utf-8' },
  { name: 'timeline-bar.js', file: 'timeline-bar.js', contentType: 'text/javascript; charset=utf-8' },
  { name: 'icon.svg', file: 'icon.svg', contentType: 'image/svg+xml' },
];

/** The player page and hls.js, read once at boot and served from this origin. */
export class FileWebAssets extends WebAssets {
  readonly #assets = new Map<string, Resource>();

  constructor() {
    super();
    const folder = join(packageRoot(), 'services/playback/web');
    for (const { name, file, contentType } of FILES) this.#add(name, contentType, readFileSync(join(folder, file)));
    const hlsJs = createRequire(import.meta.url).resolve('hls.js/dist/hls.min.mjs');
    this.#add('hls.mjs', 'text/javascript; charset=utf-8', readFileSync(hlsJs));
  }

  find(name: string): Resource | undefined {
    return this.#assets.get(name);
  }

  #add(name: string, contentType: string, body: Buffer): void {
    this.#assets.set(name, {
      contentType,
      body,
      cacheControl: REVALIDATE,
      etag: `"${createHash('sha256').update(body).digest('hex').slice(0, 32)}"`,
      acceptsRanges: false,
      extraHeaders: {
        'x-content-type-options': 'nosniff',
        ...(name === 'index.html' ? { 'content-security-policy': PAGE_POLICY, 'referrer-policy': 'no-referrer' } : {}),
      },
    });
  }
}

/** The folder of package.json: the page is not compiled, so it is not beside this file in a build. */
function packageRoot(): string {
  let folder = dirname(fileURLToPath(import.meta.url));
  while (!existsSync(join(folder, 'package.json'))) {
    const parent = dirname(folder);
    if (parent === folder) throw new Error('package.json: expected in a folder above this module, found none');
    folder = parent;
  }
  return folder;
}
