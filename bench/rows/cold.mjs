import { setTimeout as delay } from 'node:timers/promises';
import { startHeavyStreams } from '../lib/heavy-streams.mjs';
import { listedSegments } from '../lib/listed-segments.mjs';
import { commandCounts } from '../lib/redis-reads.mjs';

const requests = 100;
const mediaMs = 8000;
/** Commands by which playback reads the bytes of parts. */
const readCommands = ['mget', 'get', 'getrange', 'getbuffer', 'mgetbuffer'];

/** A segment that nobody has asked for yet, asked for by everybody at once. @type {import('../lib/run-rows.mjs').Row} */
export const coldRow = {
  name: 'cold',
  title: `${requests} cold requests for one segment`,
  limitMs: 60_000,
  async run(context) {
    const undo = [];
    const [stream] = await startHeavyStreams({ ...context, onEnd: (work) => undo.push(work) }, 1);
    if (stream === undefined) throw new Error('a stream was expected, there is none');
    await Promise.race([delay(mediaMs), stream.failure]);
    const text = await (await fetch(stream.listUrl)).text();
    // The packager reads as well while media comes; nobody else is to be counted.
    for (const work of undo) await work();
    await delay(2000);
    const url = new URL(listedSegments(text).at(-3)?.uri ?? '', stream.listUrl);
    const { url: redis } = context.origin.servers.redis;
    const before = await commandCounts(redis);
    const answers = await Promise.all(
      Array.from({ length: requests }, async () => {
        const answer = await fetch(url);
        return { status: answer.status, sizeBytes: (await answer.arrayBuffer()).byteLength };
      }),
    );
    const after = await commandCounts(redis);
    const sizes = new Set(answers.map(({ sizeBytes }) => sizeBytes));
    if (sizes.size !== 1 || answers.some(({ status }) => status !== 200))
      throw new Error(`${url.pathname}: 200 and one length were expected, got ${JSON.stringify(answers.slice(0, 3))}`);
    const reads = readCommands.reduce((sum, name) => sum + (after.get(name) ?? 0) - (before.get(name) ?? 0), 0);
    if (reads === 0)
      throw new Error(`${url.pathname}: a segment that playback does not hold was expected, it read none`);
    return {
      measures: [{ what: 'reads of Redis', value: `${reads}`, goal: '1', met: reads <= 1 }],
      notes: ['Counted by the server itself (INFO commandstats) once nothing else reads.'],
    };
  },
};
