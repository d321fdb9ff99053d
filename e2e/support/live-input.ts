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
