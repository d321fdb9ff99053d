import { headers, type MsgHdrs } from '@nats-io/transport-node';
import { z } from 'zod';

/** Encodes typed facts as NATS headers; throws when a fact does not fit its schema. */
export function toHeaders<S extends z.ZodObject>(schema: S, facts: z.output<S>): MsgHdrs {
  const encoded = z.encode(schema, facts) as Record<string, string>;
  const result = headers();
  for (const [name, value] of Object.entries(encoded)) result.append(name, value);
  return result;
}

/** Decodes NATS headers by their schema; throws a ZodError that names the header. */
export function headersFrom<S extends z.ZodObject>(schema: S, from: MsgHdrs | undefined): z.output<S> {
  // By iteration: looking a name up goes through all of them.
  return schema.parse(Object.fromEntries([...(from ?? [])].map(([name, [value]]) => [name, value])));
}
