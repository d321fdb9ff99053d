import { readFileSync } from 'node:fs';
import { CmafReader } from '../src/cmaf-reader.ts';
import type { CmafUnit, TrackFacts } from '../src/model.ts';
import { readInit } from '../src/init-facts.ts';

export const LIMITS = { maxBoxBytes: 1 << 20, maxChunkBytes: 1 << 20, maxInitBytes: 1 << 16 };

/** The bytes of a file of fixtures/media. */
export const fixture = (name: string): Uint8Array =>
  new Uint8Array(readFileSync(new URL(`../../../fixtures/media/${name}`, import.meta.url)));

/** Every unit of a whole stream. */
export function unitsOf(bytes: Uint8Array): CmafUnit[] {
  const reader = new CmafReader(LIMITS);
  return [...reader.push(bytes), ...reader.end()];
}

export const initOf = (units: readonly CmafUnit[]): Uint8Array => units.find((unit) => unit.kind === 'init')!.bytes;

export const chunksOf = (units: readonly CmafUnit[]) => units.filter((unit) => unit.kind === 'chunk');

/** Facts by `track_ID`. */
export const tracksOf = (init: Uint8Array): Map<number, TrackFacts> =>
  new Map(readInit(init).tracks.map((track) => [track.trackId, track]));
