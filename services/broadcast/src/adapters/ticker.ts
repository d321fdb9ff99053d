/** Runs a task again and again, never twice at once. `stop` resolves when it no longer runs. */
export class Ticker {
  #timer: NodeJS.Timeout | undefined;
  #running: Promise<void> = Promise.resolve();
  #isRunning = false;

  constructor(
    private readonly periodMs: number,
    private readonly task: () => Promise<void>,
    private readonly onError: (error: unknown) => void,
  ) {}

  start(): void {
    this.#timer = setInterval(() => {
      if (!this.#isRunning) this.#running = this.#run();
    }, this.periodMs);
  }

  async stop(): Promise<void> {
    clearInterval(this.#timer);
    await this.#running;
  }

  async #run(): Promise<void> {
    this.#isRunning = true;
    await this.task().catch(this.onError);
    this.#isRunning = false;
  }
}
