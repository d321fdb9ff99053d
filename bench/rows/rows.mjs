import { cpuRow } from './cpu.mjs';
import { delayRow } from './delay.mjs';
import { throughputRow } from './throughput.mjs';

/** Every row, in the order in which a whole run takes them. @type {import('../lib/run-rows.mjs').Row[]} */
export const rows = [cpuRow, delayRow, throughputRow];
