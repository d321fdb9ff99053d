import { readCmafTrack } from '../lib/cmaf-file.mjs';
import { compare, median } from '../lib/statistics.mjs';

const rounds = 7;
const iterations = 20_000;
const oracleIterations = 300;
const goalMicros = 1;

/** What each file holds is said in fixtures.mjs. */
const kinds = [
  { file: 'video-200.cmfv', what: 'video, 5 samples' },
  { file: 'video-gop.cmfv', what: 'video, 25 samples' },
  { file: 'audio128.cmfa', what: 'audio, 24 samples' },
];

const micros = (times, work) => {
  const startMs = performance.now();
  for (let time = 0; time < times; time += 1) work(time);
  return ((performance.now() - startMs) * 1000) / times;
};

/** The movie fragment of a chunk, which is all that is looked at. */
function moofOf(bytes) {
  const at = bytes.indexOf('moof', 0, 'latin1') - 4;
  return bytes.subarray(at, at + bytes.readUInt32BE(at));
}

/** What mp4box needs for the same: an ISOFile that parses the bytes. */
function parseWithMp4box({ createFile, MP4BoxBuffer }, bytes) {
  const copy = bytes.buffer.slice(bytes.byteOffset, bytes.byteOffset + bytes.length);
  const file = createFile();
  file.appendBuffer(MP4BoxBuffer.fromArrayBuffer(copy, 0));
  file.flush();
  return file;
}

/** The cost of reading the timing of one chunk. @type {import('../lib/run-rows.mjs').Row} */
export const inspectRow = {
  name: 'inspect',
  title: 'Inspection of one chunk',
  limitMs: 60_000,
  async run({ fixtures }) {
    // The built code, as the services run it.
    const built = new URL('../../dist/libs/cmaf/src/index.js', import.meta.url).href;
    const [{ inspectChunk, readInit }, mp4box] = await Promise.all([import(built), import('mp4box')]);
    const measures = [];
    for (const { file, what } of kinds) {
      const { init, chunks } = await readCmafTrack(fixtures.path(file));
      const tracks = new Map(readInit(init).tracks.map((facts) => [facts.trackId, facts]));
      const moofs = chunks.map(({ bytes }) => moofOf(bytes));
      const pairs = Array.from({ length: rounds }, () => ({
        a: micros(iterations, (time) => inspectChunk(moofs[time % moofs.length], tracks)),
        b: micros(oracleIterations, (time) => parseWithMp4box(mp4box, moofs[time % moofs.length])),
      }));
      const ours = median(pairs.map(({ a }) => a));
      const { medianOfRatios } = compare(pairs, 'lower');
      measures.push(
        { what, value: `${ours.toFixed(2)} µs`, goal: `≤ ${goalMicros} µs`, met: ours <= goalMicros },
        { what: '— against mp4box', value: `${(1 / medianOfRatios).toFixed(0)} × cheaper` },
      );
    }
    return { measures, notes: ['That both read the same is a property test of libs/cmaf.'] };
  },
};
