import { coldRow } from './cold.mjs';
import { cpuRow } from './cpu.mjs';
import { delayRow } from './delay.mjs';
import { inspectRow } from './inspect.mjs';
import { parkedRow } from './parked.mjs';
import { playersRow } from './players.mjs';
import { reloadRow } from './reload.mjs';
import { streamsRow } from './streams.mjs';
import { throughputRow } from './throughput.mjs';

/** Every row, in the order in which a whole run takes them. @type {import('../lib/run-rows.mjs').Row[]} */
export const rows = [
  cpuRow,
  delayRow,
  reloadRow,
  parkedRow,
  streamsRow,
  coldRow,
  inspectRow,
  throughputRow,
  playersRow,
];
