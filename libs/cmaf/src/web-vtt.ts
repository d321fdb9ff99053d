import { BoxCursor, fourcc, viewOf } from './box-cursor.ts';
import { CmafError } from './cmaf-error.ts';
import { cursorOn, findBox, findChild, readInitLayout } from './init-layout.ts';
import { readInit } from './init-facts.ts';
import type { TrackFacts } from './model.ts';
import { samplesOf, type SampleFacts } from './samples.ts';

interface Cue {
  id: string;
  settings: string;
  text: string;
  /** From the first sample of the segment. */
  startTicks: bigint;
  endTicks: bigint;
}

const VTTC = fourcc('vttc');
const IDEN = fourcc('iden');
const STTG = fourcc('sttg');
const PAYL = fourcc('payl');
const VSID = fourcc('vsid');

const MPEG_TS_HZ = 90_000n;
/** Presentation timestamps of MPEG-2 transport streams have 33 bits. */
const MPEG_TS_WRAP = 1n << 33n;
/** Content of a plain text sample entry ahead of its boxes. */
const SAMPLE_ENTRY_BYTES = 8;

/**
 * The WebVTT file of a `wvtt` segment (ISO/IEC 14496-30, 7) for players that take no CMAF text. Its local time 0 is the first
 * sample's decode time; X-TIMESTAMP-MAP says where that is on the timeline of the presentation (rfc8216bis, 3.1.4).
 * Samples that go on with the same cue are one cue again; one that spans segments is in each of them, cut at the bounds.
 * @throws CmafError `unsupported_codec` when the track is not `wvtt`, `init_malformed`, `fragment_malformed`
 */
export function webVttOf(initBytes: Uint8Array, segmentBytes: Uint8Array): string {
  const [facts] = readInit(initBytes).tracks;
  if (facts?.codec !== 'wvtt') {
    throw new CmafError('unsupported_codec', `expected a track of WebVTT samples (wvtt), got ${facts?.codec}`);
  }
  const { startTicks, cues } = readCues(segmentBytes, facts);
  const mpegTs = ((startTicks * MPEG_TS_HZ) / BigInt(facts.timescale)) % MPEG_TS_WRAP;
  const head = ['WEBVTT', `X-TIMESTAMP-MAP=MPEGTS:${mpegTs},LOCAL:00:00:00.000`, ...readHeader(initBytes)].join('\n');
  return `${[head, ...cues.map((cue) => renderCue(cue, facts.timescale))].join('\n\n')}\n`;
}

function readCues(segmentBytes: Uint8Array, facts: TrackFacts): { startTicks: bigint; cues: Cue[] } {
  const cues: Cue[] = [];
  let startTicks: bigint | undefined;
  let showing = new Map<string, Cue>();
  for (const sample of samplesOf(segmentBytes, facts)) {
    startTicks ??= sample.decodeTimeTicks;
    showing = continueCues(showing, cuesOfSample(segmentBytes, sample, startTicks), cues);
  }
  return { startTicks: startTicks ?? 0n, cues: cues.filter((cue) => cue.text !== '' && cue.endTicks > cue.startTicks) };
}

/** What shows after this sample; cues that were not showing before it are added to `cues`. */
function continueCues(
  showing: ReadonlyMap<string, Cue>,
  next: ReadonlyMap<string, Cue>,
  cues: Cue[],
): Map<string, Cue> {
  const shown = new Map<string, Cue>();
  for (const [identity, cue] of next) {
    const earlier = showing.get(identity);
    if (earlier) earlier.endTicks = cue.endTicks;
    else cues.push(cue);
    shown.set(identity, earlier ?? cue);
  }
  return shown;
}

/** The cues of one sample by what makes them the same in the next: source id, identifier, settings and text. */
function cuesOfSample(bytes: Uint8Array, sample: SampleFacts, baseTicks: bigint): Map<string, Cue> {
  const cues = new Map<string, Cue>();
  const startTicks = sample.decodeTimeTicks - baseTicks;
  const endTicks = startTicks + BigInt(sample.durationTicks);
  const boxes = new BoxCursor(viewOf(bytes), sample.start, sample.end, 'fragment_malformed');
  while (boxes.next()) {
    if (boxes.type !== VTTC) continue;
    const { sourceId, ...content } = readCueBox(boxes.children());
    cues.set(JSON.stringify([sourceId, content]), { ...content, startTicks, endTicks });
  }
  return cues;
}

function readCueBox(boxes: BoxCursor): Pick<Cue, 'id' | 'settings' | 'text'> & { sourceId: number } {
  const cue = { id: '', settings: '', text: '', sourceId: -1 };
  while (boxes.next()) {
    if (boxes.type === IDEN) cue.id = oneLine(contentText(boxes));
    else if (boxes.type === STTG) cue.settings = oneLine(contentText(boxes));
    else if (boxes.type === PAYL) cue.text = cueText(contentText(boxes));
    else if (boxes.type === VSID && boxes.end - boxes.payload >= 4) cue.sourceId = boxes.view.getUint32(boxes.payload);
  }
  return cue;
}

const contentText = (box: BoxCursor): string => new TextDecoder().decode(box.bytes().subarray(box.payload - box.start));

/** A blank line would end the cue and an arrow begin another: no source may do that to the file. */
const cueText = (text: string): string =>
  linesOf(text)
    .filter((line) => line !== '')
    .join('\n')
    .replaceAll('-->', '--&gt;');

const oneLine = (text: string): string => linesOf(text).join(' ').replaceAll('-->', ' ').trim();

const linesOf = (text: string): string[] => text.replaceAll('\0', '\u{FFFD}').split(/\r\n|\r|\n/);

/** Styles and regions after the first line of the track's WebVTT header (`vttC`). */
function readHeader(initBytes: Uint8Array): string[] {
  const trak = readInitLayout(initBytes).tracks[0]?.trak;
  const entry = trak && findBox(cursorOn(trak), ['mdia', 'minf', 'stbl', 'stsd']).children(8);
  const config = entry?.next() ? findChild(entry, 'vttC', SAMPLE_ENTRY_BYTES) : undefined;
  const [signature = '', ...lines] = config ? linesOf(contentText(config)) : [];
  if (!signature.startsWith('WEBVTT')) return [];
  const kept = lines.filter((line) => !line.startsWith('X-TIMESTAMP-MAP') && !line.includes('-->'));
  while (kept.at(-1) === '') kept.pop();
  return kept;
}

function renderCue({ id, settings, text, startTicks, endTicks }: Cue, timescale: number): string {
  const interval = `${clockText(startTicks, timescale)} --> ${clockText(endTicks, timescale)}`;
  const timing = settings === '' ? interval : `${interval} ${settings}`;
  return [...(id === '' ? [] : [id]), timing, text].join('\n');
}

/** `hh:mm:ss.ttt`; hours have as many digits as they need. */
function clockText(ticks: bigint, timescale: number): string {
  const ms = Math.round((Number(ticks) * 1000) / timescale);
  return `${padded(ms / 3_600_000)}:${padded((ms / 60_000) % 60)}:${padded((ms / 1000) % 60)}.${padded(ms % 1000, 3)}`;
}

const padded = (value: number, digits = 2): string => String(Math.floor(value)).padStart(digits, '0');
