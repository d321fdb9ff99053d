import { randomInt } from 'node:crypto';
import { Chance } from '../ports.ts';

/** The machine's clock and its cryptographic random numbers. */
export class SystemChance extends Chance {
  override readonly randomInt = (limit: number): number => randomInt(limit);

  override nowMs(): number {
    return Date.now();
  }
}
