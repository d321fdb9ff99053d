import { Clock } from '../ports.ts';

/** The clock of this machine. */
export class SystemClock extends Clock {
  nowMs(): number {
    return Date.now();
  }
}
