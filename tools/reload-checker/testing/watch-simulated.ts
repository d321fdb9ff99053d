import { watch, type Report } from '../src/index.ts';
import { SimulatedOrigin, type Mutation, type SimulatedOptions } from './simulated-origin.ts';
import { SimulatedTransport } from './simulated-transport.ts';
import { VirtualClock } from './virtual-clock.ts';

/** When, in the stream's own time, the watch begins. */
export const WATCH_FROM_MS = 60_000;
const TOLERANCE_MS = 100;

/** Watches a simulated stream for a virtual minute and more. */
export async function watchSimulated(
  options: Partial<SimulatedOptions> & { forMs?: number; selectors?: string[] } = {},
  mutation?: Mutation,
): Promise<Report> {
  const clock = new VirtualClock(WATCH_FROM_MS);
  const origin = new SimulatedOrigin(clock, { lowLatency: true, endMs: WATCH_FROM_MS + 22_000, ...options });
  const transport = new SimulatedTransport(clock, (request) => mutation?.(request, origin) ?? origin.answer(request));
  const { report } = watch(
    {
      url: 'http://origin.test/live/index.m3u8',
      forMs: options.forMs ?? 26_000,
      toleranceMs: TOLERANCE_MS,
      selectors: options.selectors ?? [],
    },
    { transport, clock },
  );
  return clock.run(report);
}
