import { fourccName, viewOf, type BoxCursor } from './box-cursor.ts';
import { CmafError } from './cmaf-error.ts';
import { snapFrameRate } from './frame-rate.ts';
import { cursorOn, findBox, findChild, readInitLayout, timeFieldsEnd, type TrackLayout } from './init-layout.ts';
import type { InitFacts, TrackFacts } from './model.ts';
import { readSampleEntry } from './sample-entry.ts';

/** Where each table of `stbl` keeps the number that must be 0 in an init segment. */
const SAMPLE_TABLES = [
  ['stts', 4],
  ['stsc', 4],
  ['stco', 4],
  ['co64', 4],
  ['stsz', 8],
  ['stz2', 8],
] as const;

/**
 * Reads brands and track facts of an init segment (`ftyp`, `moov`).
 * @throws CmafError `init_malformed`; `unsupported_codec` naming a sample entry this origin does not know
 */
export function readInit(bytes: Uint8Array): InitFacts {
  const { ftyp, tracks } = readInitLayout(bytes);
  const [majorBrand = '', , ...compatibleBrands] = brandsOf(ftyp);
  return { majorBrand, compatibleBrands, tracks: tracks.map(readTrack) };
}

/** Major brand, minor version, compatible brands: four bytes each. */
export function brandsOf(ftyp: Uint8Array): string[] {
  const { payload, end, view } = cursorOn(ftyp);
  return Array.from({ length: Math.floor((end - payload) / 4) }, (_, index) =>
    fourccName(view.getUint32(payload + index * 4)),
  );
}

function readTrack({ trackId, trak, trex }: TrackLayout): TrackFacts {
  const mdia = findBox(cursorOn(trak), ['mdia']);
  const stbl = findBox(mdia, ['minf', 'stbl']);
  refuseSamples(stbl, trackId);
  const entry = readSampleEntry(findBox(stbl, ['stsd']));
  const { timescale, language } = readMediaHeader(mdia);
  const defaults = readDefaults(trex);
  const frameRate =
    entry.kind === 'video' && defaults.defaultSampleDurationTicks > 0
      ? { frameRate: snapFrameRate(timescale / defaults.defaultSampleDurationTicks) }
      : {};
  return { trackId, timescale, language, ...entry, ...frameRate, ...defaults };
}

/** An init segment describes no samples (RFC 8216bis, 3.1.2); a `moov` that does belongs to a progressive file. */
function refuseSamples(stbl: BoxCursor, trackId: number): void {
  for (const [type, at] of SAMPLE_TABLES) {
    const table = findChild(stbl, type);
    if (!table) continue;
    table.need(at + 4);
    const count = table.view.getUint32(table.payload + at);
    if (count === 0) continue;
    throw new CmafError(
      'init_malformed',
      `expected no samples in the init of track_ID ${trackId}, ${type} has ${count}`,
    );
  }
}

function readMediaHeader(mdia: BoxCursor): { timescale: number; language: string } {
  const mdhd = findBox(mdia, ['mdhd']);
  const at = timeFieldsEnd(mdhd);
  const isWide = at > 12;
  const timescale = mdhd.view.getUint32(mdhd.payload + at);
  if (timescale === 0) throw new CmafError('init_malformed', 'expected a timescale above 0 in mdhd, got 0');
  const packed = mdhd.view.getUint16(mdhd.payload + at + (isWide ? 12 : 8));
  return { timescale, language: extendedLanguage(mdia) ?? unpackLanguage(packed) };
}

/** ISO 639-2/T in three times five bits; anything else is QuickTime's table or nothing. */
function unpackLanguage(packed: number): string {
  const letters = [packed >> 10, packed >> 5, packed].map((bits) => String.fromCharCode((bits & 0x1f) + 0x60));
  const language = letters.join('');
  return /^[a-z]{3}$/.test(language) ? language : 'und';
}

function extendedLanguage(mdia: BoxCursor): string | undefined {
  const elng = findChild(mdia, 'elng');
  if (!elng) return undefined;
  const text = String.fromCharCode(...elng.bytes().subarray(elng.payload - elng.start + 4, 64)).replace(/\0.*$/s, '');
  return /^[A-Za-z]{2,8}(-[A-Za-z0-9]{1,8})*$/.test(text) ? text : undefined;
}

function readDefaults(
  trex: Uint8Array,
): Pick<TrackFacts, 'defaultSampleDurationTicks' | 'defaultSampleSizeBytes' | 'defaultSampleFlags'> {
  const { payload } = cursorOn(trex);
  const view = viewOf(trex);
  return {
    defaultSampleDurationTicks: view.getUint32(payload + 12),
    defaultSampleSizeBytes: view.getUint32(payload + 16),
    defaultSampleFlags: view.getUint32(payload + 20),
  };
}
