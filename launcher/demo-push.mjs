/** Pushes the demo's test picture into a running origin: `node launcher/demo-push.mjs --url http://…/publish/<input> --key <stream key>`. */
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { parseArgs } from 'node:util';
import { demoProcess } from './lib/demo.mjs';
import { interruption } from './lib/interrupt.mjs';
import { logTail } from './lib/log-file.mjs';
import { findTool } from './lib/tools.mjs';

const usage = 'usage: node launcher/demo-push.mjs --url http://HOST:PORT/publish/INPUT --key STREAM_KEY [--seconds N]';

function parseOptions() {
  const { values } = parseArgs({
    options: { url: { type: 'string' }, key: { type: 'string' }, seconds: { type: 'string' } },
  });
  const match = /^(https?:\/\/[^/]+)\/publish\/([^/?]+)$/.exec(values.url ?? '');
  if (!match || !values.key) throw new Error(usage);
  const [, ingestUrl = '', inputId = ''] = match;
  return {
    ingestUrl,
    input: { id: inputId, inputId, streamKey: values.key },
    durationS: values.seconds ? Number(values.seconds) : undefined,
  };
}

async function main() {
  const options = parseOptions();
  const tool = await findTool('ffmpeg', { say: console.error });
  if (!('command' in tool)) throw new Error(`package ${tool.missing} cannot be had: ${tool.reason}`);
  const runDir = await mkdtemp(join(tmpdir(), 'headwater-push-'));
  const encoder = await demoProcess({ ...options, runDir, ffmpeg: tool.command });
  const ended = new Promise((resolve) => {
    encoder.once('exit', ({ code }) => resolve(code ?? 0));
  });
  const interrupted = interruption(() => process.exit(130)).then(() => encoder.stop());
  await encoder.start();
  const code = await Promise.race([ended, interrupted.then(() => 0)]);
  if (code !== 0) console.error(logTail(encoder.spec.logFile));
  await rm(runDir, { recursive: true, force: true });
  return code;
}

main().then(
  (code) => process.exit(code),
  (error) => {
    console.error(error.message);
    process.exit(1);
  },
);
