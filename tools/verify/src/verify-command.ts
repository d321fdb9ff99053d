import { parseArgs } from 'node:util';
import { PlaylistVerifier } from './playlist-verifier.ts';
import { PlaylistUnreadableError } from './read-playlist.ts';
import { verdictText } from './verdict.ts';
import { UnexpectedAnswerError, WebClient } from './web-client.ts';

/** Where a command writes, a line at a time. */
export interface CommandOutput {
  out(line: string): void;
  error(line: string): void;
}

/** What `headwater verify --help` prints. */
export const VERIFY_HELP = `Usage: headwater verify <playlist-url> [--key <public key>]… [--json]

Fetches a multivariant or media playlist of a Headwater origin and every segment it lists, and verifies them
against the origin's provenance reports: bytes, hash chain and signatures.

  --key <base64url>  trust this Ed25519 public key and no other; may be repeated.
                     Without it the keys that the origin publishes are trusted.
  --json             print the whole verdict as JSON

Exit code: 0 all verified, 1 something failed, 2 nothing could be judged.`;

/** Runs the command; resolves with its exit code: 0 all verified, 1 something failed, 2 nothing could be judged. */
export async function verifyCommand(args: readonly string[], output: CommandOutput): Promise<number> {
  try {
    return await run(args, output);
  } catch (error) {
    if (!isCallersFault(error)) throw error;
    output.error(`headwater verify: ${error.message}`);
    return 2;
  }
}

async function run(args: readonly string[], output: CommandOutput): Promise<number> {
  const { values, positionals } = parseArgs({
    args: [...args],
    allowPositionals: true,
    options: {
      help: { type: 'boolean', short: 'h', default: false },
      json: { type: 'boolean', default: false },
      key: { type: 'string', multiple: true, default: [] },
    },
  });
  if (values.help) {
    output.out(VERIFY_HELP);
    return 0;
  }
  const [url, ...rest] = positionals;
  if (url === undefined || rest.length > 0) throw new RangeError('expected one playlist URL; --help says more');
  if (!URL.canParse(url) || !/^https?:$/.test(new URL(url).protocol)) {
    throw new RangeError(`expected an http or https URL of a playlist, got ${url}`);
  }
  const verdict = await new PlaylistVerifier({ web: new WebClient(), pinnedKeys: values.key }).verify(url);
  output.out(values.json ? JSON.stringify(verdict, null, 2) : verdictText(verdict));
  if (verdict.verified + verdict.failed === 0) throw new PlaylistUnreadableError(`${url}: no segment is listed`);
  return verdict.failed === 0 ? 0 : 1;
}

/** An argument, address or answer that a verdict cannot be made of; anything else is a defect of the command. */
function isCallersFault(error: unknown): error is Error {
  if (error instanceof UnexpectedAnswerError || error instanceof PlaylistUnreadableError) return true;
  if (error instanceof RangeError) return true;
  return (
    typeof error === 'object' && error !== null && 'code' in error && String(error.code).startsWith('ERR_PARSE_ARGS')
  );
}
