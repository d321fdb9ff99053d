export { LiveWindowReader, LiveWindowWriter, type AppendOutcome, type WindowHead } from './live-window.ts';
export { RedisLiveWindow, WINDOW_BOUND_MS } from './redis-live-window.ts';
export { applyWindowFact } from './window-arithmetic.ts';
