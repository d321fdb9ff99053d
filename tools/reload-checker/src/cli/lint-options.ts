import { parseArgs } from 'node:util';
import { isSelected, ruleBook } from '../rule-book.ts';

/** What the command line asks for. */
export interface LintOptions {
  readonly url: string;
  readonly forMs: number;
  readonly json: boolean;
  readonly lowLatency: 'auto' | 'off' | 'required';
  readonly selectors: readonly string[];
  readonly headers: Readonly<Record<string, string>>;
  readonly toleranceMs: number;
  readonly media: boolean;
  readonly probes: boolean;
}

/** A command line that cannot be understood; the message says why. */
export class LintUsageError extends Error {
  override readonly name = 'LintUsageError';
}

/** Text of `--help`. */
export const lintUsage = `Usage: headwater lint <playlist-url> [options]

Watches a live HLS or Low-Latency HLS stream as a player does and says which rules of rfc8216bis it breaks.

  --for DURATION      how long to watch, such as 30s or 2m (default 30s)
  --only RULES        only these rules, by line number or id: 25,26,36-merge
  --low-latency       the stream must offer Low-Latency HLS
  --no-low-latency    poll, also where blocking reload is offered
  --no-media          playlists only, no segments and parts
  --no-probes         no requests that a player would not send
  --tolerance TIME    what network and machines may take before something is late (default 500ms)
  --header NAME:VALUE sent with each request; may be given again
  --json              the report as JSON on standard output
  --rules             list the rules
  --help              this text

Exit code: 0 when no rule failed, 1 when one did, 2 when nothing could be watched.`;

const UNITS: Readonly<Record<string, number>> = { ms: 1, s: 1000, m: 60_000, h: 3_600_000 };

const options = {
  for: { type: 'string', default: '30s' },
  only: { type: 'string', default: '' },
  'low-latency': { type: 'boolean' },
  media: { type: 'boolean', default: true },
  probes: { type: 'boolean', default: true },
  tolerance: { type: 'string', default: '500ms' },
  header: { type: 'string', multiple: true, default: [] as string[] },
  json: { type: 'boolean', default: false },
  rules: { type: 'boolean', default: false },
  help: { type: 'boolean', default: false },
} as const;

/** Reads the command line; throws LintUsageError. */
export function parseLintOptions(args: readonly string[]): LintOptions | 'help' | 'rules' {
  const { values, positionals } = parse(args);
  if (values.help) return 'help';
  if (values.rules) return 'rules';
  const lowLatency = values['low-latency'];
  return {
    url: urlOf(positionals),
    forMs: durationMsOf('--for', values.for),
    json: values.json,
    lowLatency: lowLatency === undefined ? 'auto' : lowLatency ? 'required' : 'off',
    selectors: selectorsOf(values.only),
    headers: Object.fromEntries(values.header.map(headerOf)),
    toleranceMs: durationMsOf('--tolerance', values.tolerance),
    media: values.media,
    probes: values.probes,
  };
}

// oxlint-disable-next-line typescript/explicit-function-return-type -- the type is that of the options above
function parse(args: readonly string[]) {
  try {
    return parseArgs({ args: [...args], options, allowPositionals: true, allowNegative: true, strict: true });
  } catch (error) {
    throw new LintUsageError(error instanceof Error ? error.message : String(error), { cause: error });
  }
}

function urlOf(positionals: readonly string[]): string {
  const [url = '', ...others] = positionals;
  const isHttp = URL.canParse(url) && /^https?:$/.test(new URL(url).protocol);
  if (!isHttp || others.length > 0) {
    throw new LintUsageError(`expected one http or https URL of a playlist, got "${positionals.join(' ')}"`);
  }
  return url;
}

function durationMsOf(name: string, text: string): number {
  const [, value = '', unit = 's'] = /^(\d+(?:\.\d+)?)(ms|s|m|h)?$/.exec(text) ?? [];
  if (value === '') throw new LintUsageError(`${name}: expected a duration such as 30s or 500ms, got "${text}"`);
  return Number(value) * (UNITS[unit] ?? 1);
}

function selectorsOf(text: string): string[] {
  const selectors = text.split(',').filter((selector) => selector !== '');
  const unknown = selectors.find((selector) => !ruleBook.some((rule) => isSelected(rule, [selector])));
  if (unknown !== undefined) throw new LintUsageError(`--only: expected rules of --rules, got "${unknown}"`);
  return selectors;
}

function headerOf(text: string): [string, string] {
  const colon = text.indexOf(':');
  if (colon < 1) throw new LintUsageError(`--header: expected NAME:VALUE, got "${text}"`);
  return [text.slice(0, colon).trim().toLowerCase(), text.slice(colon + 1).trim()];
}
