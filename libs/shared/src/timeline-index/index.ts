export { TimelineIndex } from './timeline-index.ts';
export { unite } from './generations.ts';
