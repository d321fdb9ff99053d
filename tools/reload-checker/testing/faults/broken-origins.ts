import { playlistFaults } from './playlist-faults.ts';
import { partFaults } from './part-faults.ts';
import { successionFaults } from './succession-faults.ts';
import { reloadFaults } from './reload-faults.ts';
import { deltaFaults, reportFaults } from './delta-faults.ts';
import { answerFaults } from './answer-faults.ts';
import { mediaFaults } from './media-faults.ts';
import type { BrokenOrigin } from './mutation.ts';

/** Every broken origin. */
export const brokenOrigins: readonly BrokenOrigin[] = [
  ...playlistFaults,
  ...partFaults,
  ...successionFaults,
  ...reloadFaults,
  ...deltaFaults,
  ...reportFaults,
  ...answerFaults,
  ...mediaFaults,
];
