import HLS from 'hls-parser';
import { Parser } from 'm3u8-parser';

/** One segment as a client understands it: numbers counted from the head of the playlist. */
export interface ReadSegment {
  uri: string;
  mediaSequence: number;
  discontinuitySequence: number;
  durationSec: number;
  programDateTime: string | undefined;
  mapUri: string | undefined;
  gap: boolean;
}

/** A media playlist as a client understands it. */
export interface ReadPlaylist {
  tags: string[];
  targetDurationSec: number;
  mediaSequence: number;
  discontinuitySequence: number;
  segments: ReadSegment[];
}

/** Reads a media playlist line by line, as rfc8216bis counts it, without our renderer's knowledge. */
export function readMediaPlaylist(text: string): ReadPlaylist {
  const lines = text.split('\n').slice(0, -1);
  const head = (tag: string): number => Number(lines.find((line) => line.startsWith(`${tag}:`))?.slice(tag.length + 1));
  const playlist: ReadPlaylist = {
    tags: lines.filter((line) => line.startsWith('#')).map((line) => line.replace(/:.*/, '')),
    targetDurationSec: head('#EXT-X-TARGETDURATION'),
    mediaSequence: head('#EXT-X-MEDIA-SEQUENCE'),
    discontinuitySequence: head('#EXT-X-DISCONTINUITY-SEQUENCE'),
    segments: [],
  };
  let { discontinuitySequence } = playlist;
  let mapUri: string | undefined;
  let pending: Partial<ReadSegment> = {};
  for (const line of lines) {
    if (line === '#EXT-X-DISCONTINUITY') discontinuitySequence += 1;
    else if (line.startsWith('#EXT-X-MAP:URI="')) mapUri = line.slice(16, -1);
    else if (line.startsWith('#EXT-X-PROGRAM-DATE-TIME:')) pending.programDateTime = line.slice(25);
    else if (line === '#EXT-X-GAP') pending.gap = true;
    else if (line.startsWith('#EXTINF:')) pending.durationSec = Number(line.slice(8).replace(/,$/, ''));
    else if (!line.startsWith('#')) {
      playlist.segments.push({
        uri: line,
        mediaSequence: playlist.mediaSequence + playlist.segments.length,
        discontinuitySequence,
        durationSec: pending.durationSec ?? Number.NaN,
        programDateTime: pending.programDateTime,
        mapUri,
        gap: pending.gap ?? false,
      });
      pending = {};
    }
  }
  return playlist;
}

/** Parses with hls-parser in strict mode and with m3u8-parser; throws at the first complaint of either. */
export function parseWithOracles(text: string): Parser['manifest'] {
  HLS.setOptions({ strictMode: true });
  HLS.parse(text);
  const parser = new Parser();
  for (const event of ['warn', 'error'] as const) {
    parser.on(event, ({ message }) => {
      throw new Error(`m3u8-parser: ${message}\n${text}`);
    });
  }
  parser.push(text);
  parser.end();
  return parser.manifest;
}
