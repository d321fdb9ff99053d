import { z } from 'zod';
import { Fence } from './primitives.ts';

/** KV bucket `leases`, key = `{role}.{partition}`, and `{role}.member-{holder}` for the presence of a process. Renewed by compare-and-set; an unchanged row past its term is free. */
export const Lease = z.object({
  holder: z.string(),
  /** Set at acquisition, kept by renewals, higher than any before it. */
  fence: Fence,
  renewals: z.number().int().min(0),
  released: z.boolean(),
});
export type Lease = z.output<typeof Lease>;
