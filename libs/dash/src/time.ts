import { ManifestError } from './manifest-error.ts';

const MAX_EPOCH_MS = Date.UTC(9999, 11, 31, 23, 59, 59, 999);
const US_PER_SECOND = 1_000_000n;

/** xs:duration, to the microsecond. */
export function isoDuration(name: string, durationMs: number): string {
  return `PT${decimalSeconds(name, durationMs)}S`;
}

/** Milliseconds as decimal seconds, to the microsecond. */
export function decimalSeconds(name: string, durationMs: number): string {
  // Exponents begin below 1e-6, which is one microsecond.
  checkDuration(name, durationMs);
  return String(Math.round(durationMs * 1000) / 1_000_000);
}

/** xs:dateTime in UTC, to the millisecond. */
export function isoDateTime(name: string, epochMs: number): string {
  if (epochMs >= 0 && epochMs <= MAX_EPOCH_MS) return new Date(epochMs).toISOString();
  throw new ManifestError(`${name}: expected milliseconds of the years 1970 to 9999, got ${epochMs}`);
}

/** A length of time in ticks, exact to half a tick also where its microseconds are more than a double can count: decode times may begin anywhere. */
export function ticksOf(name: string, durationMs: number, timescale: number): bigint {
  checkDuration(name, durationMs);
  const wholeMs = Math.floor(durationMs);
  const durationUs = BigInt(wholeMs) * 1000n + BigInt(Math.round((durationMs - wholeMs) * 1000));
  return (durationUs * BigInt(timescale) + US_PER_SECOND / 2n) / US_PER_SECOND;
}

function checkDuration(name: string, durationMs: number): void {
  if (durationMs >= 0 && durationMs < Infinity) return;
  throw new ManifestError(`${name}: expected milliseconds of at least 0, got ${durationMs}`);
}
