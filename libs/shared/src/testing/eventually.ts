/** Polls until the probe gives a value (not undefined or false); throws with the last reason when the time is over. */
export async function eventually<T>(
  probe: () => T | undefined | false | Promise<T | undefined | false>,
  options: { withinMs?: number; everyMs?: number; what?: string } = {},
): Promise<T> {
  const { withinMs = 10_000, everyMs = 25, what = 'the condition' } = options;
  const deadline = performance.now() + withinMs;
  let reason: unknown = 'never true';
  while (performance.now() < deadline) {
    try {
      const value = await probe();
      if (value !== undefined && value !== false) return value;
    } catch (error) {
      reason = error;
    }
    await new Promise((resolve) => {
      setTimeout(resolve, everyMs);
    });
  }
  throw new Error(`${what}: expected within ${withinMs} ms, got ${String(reason)}`);
}
