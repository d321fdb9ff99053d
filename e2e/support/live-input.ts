import type { Origin } from './origin.ts';

/** A live input as its creator sees it, stream key included. */
export interface CreatedInput {
  readonly id: string;
  readonly externalId: string;
  readonly streamKey: string;
}

/** Creates a live input through the public control plane. */
export async function createInput(origin: Origin, extra: Record<string, unknown> = {}): Promise<CreatedInput> {
  const response = await fetch(`${origin.broadcast}/api/trpc/streams.liveInputs.create`, {
    method: 'POST',
    headers: { 'content-type': 'application/json', authorization: `Bearer ${origin.apiKey}` },
    body: JSON.stringify({ orgId: origin.orgId, name: 'e2e', ingest: 'fmp4', ...extra }),
  });
  const body = (await response.json()) as {
    result?: { data: { id: string; external_input_id: string; stream_key_cleartext: string } };
  };
  if (body.result === undefined)
    throw new Error(`create: expected a row, got ${response.status} ${JSON.stringify(body)}`);
  const { id, external_input_id: externalId, stream_key_cleartext: streamKey } = body.result.data;
  return { id, externalId, streamKey };
}

/** The row id of an input by its external id, from the public list. */
export async function inputIdOf(origin: Origin, externalId: string): Promise<string> {
  const input = encodeURIComponent(JSON.stringify({ orgId: origin.orgId, perPage: 100 }));
  const response = await fetch(`${origin.broadcast}/api/trpc/streams.liveInputs.list?input=${input}`, {
    headers: { authorization: `Bearer ${origin.apiKey}` },
  });
  const { result } = (await response.json()) as { result: { data: Array<{ id: string; external_input_id: string }> } };
  const row = result.data.find((one) => one.external_input_id === externalId);
  if (row === undefined) throw new Error(`list: expected a row of ${externalId}, got ${result.data.length} others`);
  return row.id;
}
