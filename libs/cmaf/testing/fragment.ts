import { box, concat, fullBox, u32, u64 } from './boxes.ts';

export interface TestSample {
  durationTicks: number;
  flags: number;
  compositionTicks: number;
  data: Uint8Array;
}

export interface TestTraf {
  trackId: number;
  decodeTimeTicks: bigint;
  runs: readonly (readonly TestSample[])[];
  /** Fields written for each sample; the others are constants of the first sample in `tfhd`, or left to `trex`. */
  perSample: { duration: boolean; size: boolean; flags: boolean; composition: boolean };
  defaults?: 'tfhd' | 'trex';
  firstSampleFlags?: number;
  tfdtVersion?: 0 | 1;
  trunVersion?: 0 | 1;
  addressing?: 'moof' | 'previous' | 'absolute';
  /** Children of `traf` to be kept as they are. */
  extra?: readonly Uint8Array[];
}

export interface FragmentOptions {
  leading?: readonly Uint8Array[];
  /** Children of `moof` that are no `traf`. */
  moofExtra?: readonly Uint8Array[];
  /** Position of the first byte in the source's stream. */
  streamOffset?: number;
  /** All runs of one track together, so that only its first one needs a data offset. */
  contiguous?: boolean;
}

interface Layout {
  /** Position of each traf's and run's samples in the mdat content. */
  offsets: number[][];
  content: Uint8Array;
}

const runBytes = (run: readonly TestSample[]): Uint8Array => concat(...run.map(({ data }) => data));

function layOut(trafs: readonly TestTraf[], contiguous: boolean): Layout {
  const offsets: number[][] = trafs.map(() => []);
  const pieces: Uint8Array[] = [];
  let position = 0;
  const place = (trafIndex: number, runIndex: number) => {
    const run = trafs[trafIndex]?.runs[runIndex];
    if (!run) return;
    offsets[trafIndex]![runIndex] = position;
    const bytes = runBytes(run);
    pieces.push(bytes);
    position += bytes.length;
  };
  const runCount = Math.max(0, ...trafs.map(({ runs }) => runs.length));
  if (contiguous) trafs.forEach(({ runs }, traf) => runs.forEach((_, run) => place(traf, run)));
  else for (let run = 0; run < runCount; run++) trafs.forEach((_, traf) => place(traf, run));
  return { offsets, content: concat(...pieces) };
}

/** Fields that are there or not, and the flags that say so. */
function optionalFields(fields: readonly (readonly [flag: number, value: Uint8Array | undefined])[]) {
  const present = fields.filter(([, value]) => value !== undefined);
  return {
    flags: present.reduce((flags, [flag]) => flags | flag, 0),
    bytes: present.flatMap(([, value]) => value ?? []),
  };
}

const when = (condition: boolean, value: number): Uint8Array | undefined => (condition ? u32(value >>> 0) : undefined);

function trun(
  traf: TestTraf,
  run: readonly TestSample[],
  runIndex: number,
  dataOffset: number | undefined,
): Uint8Array {
  const { perSample } = traf;
  const firstFlags = runIndex === 0 && !perSample.flags ? traf.firstSampleFlags : undefined;
  const head = optionalFields([
    [0x1, when(dataOffset !== undefined, dataOffset ?? 0)],
    [0x4, when(firstFlags !== undefined, firstFlags ?? 0)],
  ]);
  const recordOf = (sample: TestSample | undefined) =>
    optionalFields([
      [0x100, when(perSample.duration, sample?.durationTicks ?? 0)],
      [0x200, when(perSample.size, sample?.data.length ?? 0)],
      [0x400, when(perSample.flags, sample?.flags ?? 0)],
      [0x800, when(perSample.composition, sample?.compositionTicks ?? 0)],
    ]);
  const records = run.flatMap((sample) => recordOf(sample).bytes);
  const flags = head.flags | recordOf(undefined).flags;
  return fullBox('trun', traf.trunVersion ?? 1, flags, u32(run.length), ...head.bytes, ...records);
}

const NO_SAMPLE: TestSample = { durationTicks: 0, flags: 0, compositionTicks: 0, data: new Uint8Array(0) };

function tfhd(traf: TestTraf, baseDataOffset: number): Uint8Array {
  const { perSample, addressing = 'moof' } = traf;
  const inTfhd = (traf.defaults ?? 'tfhd') === 'tfhd';
  const first = traf.runs.flat()[0] ?? NO_SAMPLE;
  const fields = optionalFields([
    [0x1, addressing === 'absolute' ? u64(BigInt(baseDataOffset)) : undefined],
    [0x8, when(inTfhd && !perSample.duration, first.durationTicks)],
    [0x10, when(inTfhd && !perSample.size, first.data.length)],
    [0x20, when(inTfhd && !perSample.flags, first.flags)],
  ]);
  const flags = fields.flags | (addressing === 'moof' ? 0x20000 : 0);
  return fullBox('tfhd', 0, flags, u32(traf.trackId), ...fields.bytes);
}

/** Leading boxes, `moof` and `mdat`; the trafs' runs interleaved in the `mdat` unless `contiguous`. */
export function fragment(trafs: readonly TestTraf[], options: FragmentOptions = {}): Uint8Array {
  const { leading = [], moofExtra = [], streamOffset = 0, contiguous = false } = options;
  const { offsets, content } = layOut(trafs, contiguous);
  const lead = concat(...leading);
  const build = (moofBytes: number): Uint8Array => {
    const payload = moofBytes + 8;
    let previousEnd = 0;
    const built = trafs.map((traf, trafIndex) => {
      const base = traf.addressing === 'previous' ? previousEnd : 0;
      const truns = traf.runs.map((run, runIndex) => {
        const at = payload + offsets[trafIndex]![runIndex]!;
        const follows = contiguous && (runIndex > 0 || (traf.addressing === 'previous' && trafIndex > 0));
        previousEnd = at + runBytes(run).length;
        return trun(traf, run, runIndex, follows ? undefined : at - base);
      });
      const tfdt =
        (traf.tfdtVersion ?? 1) === 1
          ? fullBox('tfdt', 1, 0, u64(traf.decodeTimeTicks))
          : fullBox('tfdt', 0, 0, u32(Number(traf.decodeTimeTicks)));
      return box('traf', tfhd(traf, streamOffset + lead.length), tfdt, ...(traf.extra ?? []), ...truns);
    });
    return box('moof', fullBox('mfhd', 0, 0, u32(1)), ...moofExtra, ...built);
  };
  return concat(lead, build(build(0).length), box('mdat', content));
}
