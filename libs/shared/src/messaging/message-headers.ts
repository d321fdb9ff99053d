import { headers, type MsgHdrs } from '@nats-io/transport-node';
import { z } from 'zod';

/** Encodes typed facts as NATS headers; throws when a fact does not fit its schema. */
export function toHeaders<S extends z.ZodObject>(schema: S, facts: z.output<S>): MsgHdrs {
  const encoded = z.encode(schema, facts) as Record<string, string>;
  const result = headers();
  for (const [name, value] of Object.entries(encoded)) result.set(name, value);
  return result;
}

/** Decodes NATS headers by their schema; throws a ZodError that names the header. */
export function headersFrom<S extends z.ZodObject>(schema: S, from: MsgHdrs | undefined): z.output<S> {
  const raw: Record<string, string> = {};
  for (const name of Object.keys(schema.shape)) {
    if (from?.has(name) === true) raw[name] = from.get(name);
  }
  return schema.parse(raw);
}
