import { HttpTransport } from '../watch/http-transport.ts';
import { NotWatchableError } from '../watch/presentation.ts';
import { systemClock } from '../watch/system-clock.ts';
import { watch, type Watching } from '../watch/watch.ts';
import { LintUsageError, lintUsage, parseLintOptions, type LintOptions } from './lint-options.ts';
import { reportJson, reportText, rulesText } from './lint-report.ts';

/** Where a command writes its lines: results, and what only the one who waits wants to know. */
export interface CommandOutput {
  out(line: string): void;
  error(line: string): void;
}

const PROGRESS_MS = 5000;

/** Runs `headwater lint`; resolves with the exit code: 0 no rule failed, 1 one did, 2 nothing could be watched. */
export async function lintCommand(args: readonly string[], output: CommandOutput): Promise<number> {
  try {
    const options = parseLintOptions(args);
    if (options === 'help' || options === 'rules') {
      output.out(options === 'help' ? lintUsage : rulesText());
      return 0;
    }
    return await lint(options, output);
  } catch (error) {
    if (!(error instanceof LintUsageError) && !(error instanceof NotWatchableError)) throw error;
    output.error(`lint: ${error.message}`);
    if (error instanceof LintUsageError) output.error(lintUsage);
    return 2;
  }
}

async function lint(options: LintOptions, output: CommandOutput): Promise<number> {
  const { lowLatency, ...rest } = options;
  const watching = watch(
    { ...rest, lowLatency: lowLatency === 'off' ? 'off' : 'auto' },
    { clock: systemClock, transport: new HttpTransport(() => systemClock.nowMs()) },
  );
  const progress = setInterval(() => output.error(progressLine(watching, options)), PROGRESS_MS);
  const report = await watching.report.finally(() => clearInterval(progress));
  if (lowLatency === 'required' && !watching.progress().hasParts) {
    throw new NotWatchableError(`${options.url}: expected Low-Latency HLS, got no EXT-X-PART`);
  }
  output.out(options.json ? reportJson(report) : reportText(report));
  return report.failed.length === 0 ? 0 : 1;
}

function progressLine(watching: Watching, { forMs }: LintOptions): string {
  const { elapsedMs, playlists, failedRules } = watching.progress();
  return `${Math.round(elapsedMs / 1000)} s of ${Math.round(forMs / 1000)} s, ${playlists} playlists, ${failedRules} rules failed`;
}
