import { crc32 } from 'node:zlib';
import { ByteReader } from './byte-reader.ts';
import { ByteWriter } from './byte-writer.ts';
import { epochUs, hourOf, mergeEntries, US_PER_HOUR, type SegmentEntry } from './segment-entry.ts';
import { TimelineError } from './timeline-error.ts';

// Layout, big-endian: magic u32, version u8, hour u32, tables of object keys and init hashes (count u16 each), run count u32,
// runs, CRC-32 of all before it. A run is a row sequence of one track in which only media sequence and position move on.
const MAGIC = 0x48_57_54_4c;
const VERSION = 1;
const CRC_BYTES = 4;
/** Start in the hour u32, duration u32, size u32, object u16, offset u32: 18 bytes, and the hash. */
const ROW_BYTES = 18 + 32;

interface Tables {
  objectKeys: readonly string[];
  initHashes: readonly string[];
}

type RunFacts = Pick<SegmentEntry, 'trackId' | 'epoch' | 'discontinuitySequence' | 'initSha256' | 'mediaSequence'>;

/** Packs the entries of one hour: 18 bytes and the hash per segment. The bytes do not depend on the order of the entries. Throws TimelineError when they are of several hours or a value is out of range (sizes and offsets 32 bits, durations 4,294 s). */
export function encodeHourBlob(entries: readonly SegmentEntry[]): Uint8Array {
  const sorted = mergeEntries(entries, []);
  const [first] = sorted;
  const hour = first === undefined ? 0 : hourOf(first.startEpochMs);
  const tables = tablesOf(sorted);
  const runs = runsOf(sorted);
  const writer = new ByteWriter();
  writer.uint('magic', MAGIC, 4);
  writer.uint('version', VERSION, 1);
  writer.uint('hour', hour, 4);
  writer.uint('object count', tables.objectKeys.length, 2);
  for (const objectKey of tables.objectKeys) writer.text('objectKey', objectKey);
  writer.uint('init count', tables.initHashes.length, 2);
  for (const initSha256 of tables.initHashes) writer.sha256('initSha256', initSha256);
  writer.uint('run count', runs.length, 4);
  writeRuns(writer, runs, { hour, tables });
  writer.uint('checksum', crc32(writer.written()), CRC_BYTES);
  return writer.written();
}

function tablesOf(entries: readonly SegmentEntry[]): Tables {
  return {
    objectKeys: [...new Set(entries.map((entry) => entry.objectKey))],
    initHashes: [...new Set(entries.map((entry) => entry.initSha256))],
  };
}

function runsOf(sorted: readonly SegmentEntry[]): SegmentEntry[][] {
  const runs: SegmentEntry[][] = [];
  for (const entry of sorted) {
    const run = runs.at(-1);
    const last = run?.at(-1);
    if (run !== undefined && last !== undefined && continuesRun(last, entry)) run.push(entry);
    else runs.push([entry]);
  }
  return runs;
}

function continuesRun(last: SegmentEntry, next: SegmentEntry): boolean {
  return (
    next.trackId === last.trackId &&
    next.mediaSequence === last.mediaSequence + 1 &&
    next.epoch === last.epoch &&
    next.discontinuitySequence === last.discontinuitySequence &&
    next.initSha256 === last.initSha256
  );
}

function writeRuns(
  writer: ByteWriter,
  runs: readonly SegmentEntry[][],
  { hour, tables }: { hour: number; tables: Tables },
): void {
  const objectIndex = new Map(tables.objectKeys.map((objectKey, index) => [objectKey, index]));
  const initIndex = new Map(tables.initHashes.map((initSha256, index) => [initSha256, index]));
  for (const run of runs) {
    const [first] = run;
    if (first === undefined) continue;
    writer.uint('trackId', first.trackId, 4);
    writer.safeUint('epoch', first.epoch);
    writer.safeUint('discontinuitySequence', first.discontinuitySequence);
    writer.safeUint('mediaSequence', first.mediaSequence);
    writer.uint('init index', initIndex.get(first.initSha256) ?? -1, 2);
    writer.uint('run length', run.length, 4);
    for (const entry of run) writeRow(writer, entry, { hour, objectIndex: objectIndex.get(entry.objectKey) ?? -1 });
  }
}

function writeRow(
  writer: ByteWriter,
  entry: SegmentEntry,
  { hour, objectIndex }: { hour: number; objectIndex: number },
): void {
  const startInHourUs = epochUs(entry.startEpochMs) - hour * US_PER_HOUR;
  if (startInHourUs < 0 || startInHourUs >= US_PER_HOUR) {
    throw new TimelineError(`hour blob: expected entries of hour ${hour}, got one of ${hourOf(entry.startEpochMs)}`);
  }
  writer.uint('start in hour', startInHourUs, 4);
  writer.uint('duration in microseconds', Math.round(entry.durationMs * 1000), 4);
  writer.uint('sizeBytes', entry.sizeBytes, 4);
  writer.uint('object index', objectIndex, 2);
  writer.uint('offsetBytes', entry.offsetBytes, 4);
  writer.sha256('sha256', entry.sha256);
}

/** Unpacks an hour blob; entries come ascending by track and media sequence. Throws TimelineError on anything encodeHourBlob cannot have written, above all a wrong checksum. */
export function decodeHourBlob(bytes: Uint8Array): SegmentEntry[] {
  const reader = new ByteReader(checkedBody(bytes));
  expectField('magic', reader.uint('magic', 4), MAGIC);
  expectField('version', reader.uint('version', 1), VERSION);
  const hour = reader.uint('hour', 4);
  const tables = {
    objectKeys: Array.from({ length: reader.uint('object count', 2) }, () => reader.text('objectKey')),
    initHashes: Array.from({ length: reader.uint('init count', 2) }, () => reader.sha256('initSha256')),
  };
  const entries: SegmentEntry[] = [];
  const runCount = reader.uint('run count', 4);
  for (let run = 0; run < runCount; run++) readRun(reader, { hour, tables }, entries);
  expectField('bytes after the last run', reader.remainingBytes, 0);
  return entries;
}

function checkedBody(bytes: Uint8Array): Uint8Array {
  if (bytes.length < CRC_BYTES) {
    throw new TimelineError(`hour blob: expected at least ${CRC_BYTES} bytes, got ${bytes.length}`);
  }
  const body = bytes.subarray(0, -CRC_BYTES);
  expectField('checksum', new ByteReader(bytes.subarray(-CRC_BYTES)).uint('checksum', CRC_BYTES), crc32(body));
  return body;
}

function readRun(reader: ByteReader, blob: { hour: number; tables: Tables }, entries: SegmentEntry[]): void {
  const facts: RunFacts = {
    trackId: reader.uint('trackId', 4),
    epoch: reader.safeUint('epoch'),
    discontinuitySequence: reader.safeUint('discontinuitySequence'),
    mediaSequence: reader.safeUint('mediaSequence'),
    initSha256: tableEntry('init', blob.tables.initHashes, reader.uint('init index', 2)),
  };
  const length = reader.uint('run length', 4);
  if (length * ROW_BYTES > reader.remainingBytes) {
    throw new TimelineError(`run: expected ${length} rows, got ${reader.remainingBytes} bytes`);
  }
  for (let row = 0; row < length; row++) {
    entries.push(readRow(reader, blob, facts));
    facts.mediaSequence++;
  }
}

function readRow(reader: ByteReader, blob: { hour: number; tables: Tables }, facts: RunFacts): SegmentEntry {
  const startInHourUs = reader.uint('start in hour', 4);
  // Written out: a spread makes this the slowest line of the library by far.
  return {
    trackId: facts.trackId,
    epoch: facts.epoch,
    mediaSequence: facts.mediaSequence,
    // One division of a whole number of microseconds gives back the very double that was packed.
    startEpochMs: (blob.hour * US_PER_HOUR + startInHourUs) / 1000,
    durationMs: reader.uint('duration in microseconds', 4) / 1000,
    discontinuitySequence: facts.discontinuitySequence,
    initSha256: facts.initSha256,
    sizeBytes: reader.uint('sizeBytes', 4),
    objectKey: tableEntry('object', blob.tables.objectKeys, reader.uint('object index', 2)),
    offsetBytes: reader.uint('offsetBytes', 4),
    sha256: reader.sha256('sha256'),
  };
}

function tableEntry(table: string, values: readonly string[], index: number): string {
  const value = values[index];
  if (value !== undefined) return value;
  throw new TimelineError(`${table} index: expected less than ${values.length}, got ${index}`);
}

function expectField(field: string, actual: number, expected: number): void {
  if (actual !== expected) throw new TimelineError(`${field} of hour blob: expected ${expected}, got ${actual}`);
}
