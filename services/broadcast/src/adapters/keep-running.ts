import { setTimeout as sleep } from 'node:timers/promises';

const RETRY_MS = 500;

/** A loop that goes on until it is stopped. */
export interface Running {
  stop(): Promise<void>;
}

/** Reads for ever: a consumer that is lost, or a bus that went away, is asked again. */
export function keepRunning<S extends { close(): Promise<unknown> }>(steps: {
  open: () => Promise<S>;
  read: (source: S) => Promise<void>;
  onError: (error: unknown) => void;
}): Running {
  const stopping = new AbortController();
  let source: S | undefined;
  const round = async (): Promise<void> => {
    source = await steps.open();
    // Stopped while opening: nobody else knows of this source.
    if (stopping.signal.aborted) await source.close();
    else await steps.read(source);
  };
  const run = async (): Promise<void> => {
    while (!stopping.signal.aborted) {
      await round().catch(steps.onError);
      await sleep(RETRY_MS, undefined, { signal: stopping.signal }).catch(() => undefined);
    }
  };
  const done = run();
  return {
    stop: async () => {
      stopping.abort();
      await source?.close();
      await done;
    },
  };
}
