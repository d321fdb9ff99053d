import { refusal, type SimulatedRequest } from '../simulated-origin.ts';
import { reachAt } from '../simulated-stream.ts';
import { type BrokenOrigin, LONG_MS, LATER_MS, isOf, answers, early, blocking, isNear, withPart } from './mutation.ts';

const asksFor =
  (name: string, value: string) =>
  ({ query, path }: SimulatedRequest): boolean =>
    query.get(name) === value && path.includes('/high');

/** Faults of answers to delivery directives. */
export const reloadFaults: readonly BrokenOrigin[] = [
  {
    name: 'a segment answered before it is whole',
    mutation: early((request) => isNear(request) && !request.query.has('_HLS_part')),
    fails: ['25-held-for-segment'],
  },
  {
    name: 'a part answered before it is there',
    mutation: early((request) => isNear(request) && withPart(request)),
    fails: ['26-held-for-part'],
  },
  {
    name: 'a blocking request that is never answered',
    options: { forMs: LONG_MS },
    mutation: (request, origin) =>
      withPart(request) && isOf('high')(request) && origin.clock.nowMs() > LATER_MS
        ? origin.clock.sleep(1e6).then(() => refusal(503))
        : origin.answer(request),
    fails: ['30-hold-bounded', '11-part-in-time'],
  },
  {
    name: '400 for a segment that is gone',
    mutation: answers(
      (request) => isOf('high')(request) && Number(request.query.get('_HLS_msn') ?? Infinity) < 116,
      () => refusal(400),
    ),
    fails: ['27-old-segment-at-once'],
  },
  {
    name: '200 for a part without segment',
    mutation: early((request) => request.query.has('_HLS_part') && !blocking(request)),
    fails: ['28-part-needs-segment'],
  },
  { name: '200 for a malformed number', mutation: early(asksFor('_HLS_msn', 'soon')), fails: ['28-malformed'] },
  {
    name: '200 for a segment far away',
    mutation: early((request) => Number(request.query.get('_HLS_msn') ?? 0) > 1000),
    fails: ['29-far-refused'],
  },
  {
    name: '400 for a high part of the next segment',
    mutation: (request, origin) =>
      isOf('high')(request) &&
      request.query.get('_HLS_part') === '3' &&
      reachAt(origin.clock.nowMs(), Infinity).parts < 3
        ? origin.clock.sleep(5).then(() => refusal(400))
        : origin.answer(request),
    fails: ['29-high-part-served'],
  },
  {
    name: 'directives that count after ENDLIST',
    options: { forMs: LONG_MS },
    mutation: answers(
      (request) => isOf('high')(request) && Number(request.query.get('_HLS_msn') ?? 0) > 1000,
      () => refusal(400),
    ),
    fails: ['31-ended-at-once'],
  },
  {
    name: '400 for an unknown directive',
    mutation: answers(
      (request) => request.query.has('_HLS_reload_checker'),
      () => refusal(400),
    ),
    fails: ['31-unknown-tolerated'],
  },
];
