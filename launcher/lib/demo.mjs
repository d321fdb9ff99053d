import { join } from 'node:path';
import { demoArguments, writeKeyPreset } from './demo-encoder.mjs';
import { ManagedProcess } from './managed-process.mjs';
import { readJson, writePrivateJson } from './private-json.mjs';
import { findFont, findTool } from './tools.mjs';

const requestTimeoutMs = 10_000;

/** @typedef {{ id: string, inputId: string, streamKey: string }} DemoInput `id`: the row's; `inputId`: external, of publish and playback URLs */

/** @param {{ broadcastUrl: string, apiKey: string }} api @param {string} procedure */
function call({ broadcastUrl, apiKey }, procedure, init = {}) {
  const headers = { authorization: `Bearer ${apiKey}`, 'content-type': 'application/json' };
  return fetch(`${broadcastUrl}/api/trpc/${procedure}`, {
    ...init,
    headers,
    signal: AbortSignal.timeout(requestTimeoutMs),
  });
}

async function exists(api, orgId, id) {
  const query = new URLSearchParams({ input: JSON.stringify({ orgId, id }) });
  const response = await call(api, `streams.liveInputs.get?${query.toString()}`);
  if (response.status !== 200 && response.status !== 404)
    throw new Error(`streams.liveInputs.get answers ${response.status}`);
  return response.status === 200;
}

/** @returns {Promise<DemoInput>} */
async function create(api, orgId) {
  const response = await call(api, 'streams.liveInputs.create', {
    method: 'POST',
    body: JSON.stringify({ orgId, name: 'Demo', ingest: 'fmp4' }),
  });
  const text = await response.text();
  if (!response.ok) throw new Error(`streams.liveInputs.create answers ${response.status}: ${text.slice(0, 200)}`);
  const { id, external_input_id: inputId, stream_key_cleartext: streamKey } = JSON.parse(text).result.data;
  return { id, inputId, streamKey };
}

/**
 * The demo's live input, made once per run folder; its key is shown only when it is made, so it is kept (mode 0600).
 * @param {{ path: string, api: { broadcastUrl: string, apiKey: string }, orgId: string }} options
 * @returns {Promise<DemoInput>}
 */
export async function demoInput({ path, api, orgId }) {
  const known = await readJson(path);
  if (known && (await exists(api, orgId, known.id))) return known;
  const made = await create(api, orgId);
  await writePrivateJson(path, made);
  return made;
}

/**
 * The demo encoder as a process, not started yet.
 * @param {{ runDir: string, ingestUrl: string, input: DemoInput, ffmpeg: string, name?: string, durationS?: number }} options
 */
export async function demoProcess({ runDir, ingestUrl, input, ffmpeg, name = 'demo', durationS }) {
  const presetFile = await writeKeyPreset(runDir, input.streamKey);
  const fontFile = await findFont();
  const publishUrl = `${ingestUrl}/publish/${input.inputId}`;
  const args = () =>
    demoArguments({ publishUrl, presetFile, fontFile, durationS, originEpochS: Math.floor(Date.now() / 1000) });
  return new ManagedProcess({ name, command: ffmpeg, args, logFile: join(runDir, 'log', `${name}.log`) });
}

/** ffmpeg for the demo, or undefined after saying why there is none. @param {import('./progress.mjs').Step} step */
export async function findDemoEncoder(step) {
  const tool = await findTool('ffmpeg', { say: (text) => step.note(text) });
  if ('command' in tool) return tool.command;
  step.fail(`no demo: package ${tool.missing} cannot be had (${tool.reason})`);
  return undefined;
}
