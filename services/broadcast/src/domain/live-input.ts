import { createHash } from 'node:crypto';
import { z } from 'zod';
import type { CallCreated, LiveInputRow } from '#shared/contracts';
import { newExternalInputId, newLiveInputId, type RandomInt } from './ids.ts';

const org = { orgId: z.string({ error: 'orgId: expected the id of an organisation' }).min(1).max(200) };
const name = z.string().trim().min(1, 'name: expected a name that is not empty').max(200);
const pathName = z.string().regex(/^[A-Za-z0-9_-]{1,64}$/, 'expected 1 to 64 letters, digits, "_" or "-"');

/** Input of `streams.liveInputs.create`; the optional fields after `ingest` are this origin's own. */
export const CreateLiveInput = z.object({
  ...org,
  name,
  ingest: z.enum(['fmp4', 'whip', 'rtmp', 'srt']).default('fmp4'),
  segmentTargetMs: z.number().min(500).max(20_000).optional(),
  partTargetMs: z.number().min(50).max(5000).optional(),
  maxBitrateBps: z.number().min(1000).max(1e9).optional(),
  redundancy: z.enum(['refuse', 'takeover', 'redundant']).default('refuse'),
  identities: z.array(z.string().min(1).max(300)).max(20).default([]),
  retentionDays: z.number().int().min(1).max(30).default(7),
  app: pathName.default('live'),
  stream: pathName.optional(),
});
export type CreateLiveInput = z.output<typeof CreateLiveInput>;

/** Input of the procedures on one live input; both of its ids are good. */
export const LiveInputRef = z.object({ ...org, id: z.string().min(1).max(100) });
/** Input of `streams.liveInputs.list` (streams.md, decision 6). */
export const ListLiveInputs = z.object({
  ...org,
  page: z.number().int().min(1, 'page: expected 1 or more').default(1),
  perPage: z.number().int().min(1).max(100, 'perPage: expected at most 100').default(50),
});

/** A SHA-256 as lowercase hexadecimal; what is kept of stream keys and API keys. */
export const sha256Hex = (text: string): string => createHash('sha256').update(text).digest('hex');

/** The row of a live input that somebody asked for. */
export function newLiveInput(
  request: CreateLiveInput,
  made: { streamKey: string; random: RandomInt; nowMs: number },
): LiveInputRow {
  const { segmentTargetMs, partTargetMs, maxBitrateBps, stream, ...facts } = request;
  return {
    ...facts,
    ...(segmentTargetMs === undefined ? {} : { segmentTargetMs }),
    ...(partTargetMs === undefined ? {} : { partTargetMs }),
    ...(maxBitrateBps === undefined ? {} : { maxBitrateBps }),
    ...(stream === undefined ? {} : { stream }),
    id: newLiveInputId(made.random),
    externalId: newExternalInputId(made.random),
    streamKeySha256: sha256Hex(made.streamKey),
    createdAtMs: made.nowMs,
    available: true,
  };
}

/** The row of the live input that a call owns. */
export const liveInputOfCall = (event: CallCreated): LiveInputRow => ({
  id: event.inputId,
  externalId: event.externalInputId,
  orgId: event.orgId,
  name: `${event.type}:${event.id}`,
  ingest: 'fmp4',
  streamKeySha256: event.streamKeySha256,
  createdAtMs: event.atMs,
  available: true,
  identities: [],
  app: 'live',
  redundancy: 'refuse',
  retentionDays: 7,
});

/** What two inputs may not share: an identity, or the place `/{app}/{stream}.m3u8`. Undefined when they share nothing. */
export function sharedName(a: LiveInputRow, b: LiveInputRow): string | undefined {
  const identity = a.identities.find((candidate) => b.identities.includes(candidate));
  if (identity !== undefined) return `identity ${identity}`;
  return placeOf(a) === placeOf(b) ? `place ${placeOf(a)}` : undefined;
}

const placeOf = ({ app, stream, externalId }: LiveInputRow): string => `/${app}/${stream ?? externalId}`;

/** The row as the control plane shows it: mixed case, as its clients expect. */
export const liveInputView = (row: LiveInputRow, status: 'idle' | 'live' | 'errored'): Record<string, unknown> => ({
  id: row.id,
  external_input_id: row.externalId,
  name: row.name,
  status,
  ingest: row.ingest,
  createdAt: new Date(row.createdAtMs).toISOString(),
});

/** Whether a key's scopes cover a needed one: the same, or a `*` in place of its last parts. */
export const coversScope = (scopes: readonly string[], needed: string): boolean =>
  scopes.some((scope) => scope === needed || (scope.endsWith(':*') && needed.startsWith(scope.slice(0, -1))));
