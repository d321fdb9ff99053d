import { createHash } from 'node:crypto';
import { CallInputError } from './call-errors.ts';

/** Which call of which app. */
export interface CallRef {
  readonly appKey: string;
  readonly type: string;
  readonly id: string;
}

const NAME = /^[A-Za-z0-9_-]{1,64}$/;

/** Throws CallInputError unless the id of a call is of the form it must have. */
export function assertCallId(id: string): void {
  if (!NAME.test(id))
    throw new CallInputError(`call id: expected 1 to 64 letters, digits, "_" or "-", got "${id.slice(0, 80)}"`);
}

/** One subject token per call: readable, and by its hash different for every app, type and id. */
export function callKeyOf({ appKey, type, id }: CallRef): string {
  return `${type}-${id}-${shortHash([appKey, type, id])}`;
}

/** One subject token per webhook destination, different for every app and hook. */
export const destinationIdOf = (appKey: string, hookId: string): string => shortHash([appKey, hookId]);

const shortHash = (parts: readonly string[]): string =>
  createHash('sha256').update(JSON.stringify(parts)).digest('hex').slice(0, 24);
