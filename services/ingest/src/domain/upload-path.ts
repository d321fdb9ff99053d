import { ExternalInputId, LiveInputId } from '#shared/contracts';

/** What the file name says an upload holds; its first bytes decide in the end. */
export type UploadRole = 'stream' | 'init' | 'segment' | 'manifest';

/** Where an upload goes: the parts of `/publish/{input}[.isml][/{key}][/{file}]`. */
export interface UploadPath {
  /** `li_…` or `lv_…`. */
  readonly input: string;
  /** The stream key, when the path carries it. */
  readonly key: string | undefined;
  /** `stream`: one request is the whole track; the others come one file at a time. */
  readonly role: UploadRole;
  /** The same for an init segment and the segments that belong to it; empty for the bare publishing point. */
  readonly trackName: string;
  /** The file as it was named, for logs and to recognise a repeated upload. */
  readonly file: string;
}

const MAX_NAME_LENGTH = 120;
const PREFIX = '/publish/';
const KEY_FORM = /^sk_live_[A-Za-z0-9_-]+$/;
const MANIFEST = /\.(mpd|m3u8|ism|isml|ismc|smil)$/i;
/** DASH-IF Live Media Ingest, interface 1: `Streams(name.cmfv)`. */
const STREAMS = /^Streams\(([^()/]+)\)$/;
/** Words that name the role of a file and not its track. */
const ROLE_WORDS: ReadonlySet<string> = new Set(['init', 'chunk', 'seg', 'segment', 'fragment', 'frag', 'media']);

/**
 * Reads the path of a publish URL (without its query), or undefined when it names no publishing point.
 * Knows what encoders really send: `Streams(v.cmfv)`, ffmpeg's `init-stream0.m4s` and `chunk-stream0-00001.m4s`,
 * `video/init.mp4` and `video/17.m4s`, `init_720p.mp4` and `out_720p_00012.m4s`.
 */
export function parseUploadPath(path: string): UploadPath | undefined {
  const segments = decodedSegments(path);
  const input = segments?.shift()?.replace(/\.isml$/, '');
  if (segments === undefined || input === undefined || !isInputId(input)) return undefined;
  const key = KEY_FORM.test(segments[0] ?? '') ? segments.shift() : undefined;
  const file = segments.join('/');
  return { input, key, file, ...describeFile(segments) };
}

/** Whether a path segment has the form of a live input's id, inner or public. */
const isInputId = (text: string): boolean =>
  LiveInputId.safeParse(text).success || ExternalInputId.safeParse(text).success;

function decodedSegments(path: string): string[] | undefined {
  if (!path.startsWith(PREFIX)) return undefined;
  try {
    return path
      .slice(PREFIX.length)
      .split('/')
      .filter((segment) => segment !== '')
      .map((segment) => decodeURIComponent(segment));
  } catch {
    return undefined;
  }
}

function describeFile(segments: readonly string[]): Pick<UploadPath, 'role' | 'trackName'> {
  const fileName = segments.at(-1);
  if (fileName === undefined) return { role: 'stream', trackName: '' };
  const folders = segments.slice(0, -1);
  const stream = STREAMS.exec(fileName)?.[1];
  if (stream !== undefined) return { role: 'stream', trackName: nameOf(folders, [withoutExtension(stream)]) };
  if (MANIFEST.test(fileName)) return { role: 'manifest', trackName: '' };
  return describeMediaFile(folders, withoutExtension(fileName).split(/[-_.]/));
}

function describeMediaFile(folders: readonly string[], words: string[]): Pick<UploadPath, 'role' | 'trackName'> {
  if (words.includes('init')) return { role: 'init', trackName: nameOf(folders, withoutRoleWords(words)) };
  const isNumbered = /^\d+$/.test(words.at(-1) ?? '');
  const rest = isNumbered ? words.slice(0, -1) : words;
  return { role: isNumbered ? 'segment' : 'stream', trackName: nameOf(folders, withoutRoleWords(rest)) };
}

const withoutExtension = (fileName: string): string => fileName.replace(/\.[A-Za-z0-9]{1,5}$/, '');

const withoutRoleWords = (words: readonly string[]): string[] => words.filter((word) => !ROLE_WORDS.has(word));

/** Letters, digits and `-`, one `/` between folders: safe in headers, logs and rows. */
function nameOf(folders: readonly string[], words: readonly string[]): string {
  return [...folders, words.join('-')]
    .map((part) => part.replaceAll(/[^A-Za-z0-9-]+/g, '-'))
    .filter((part) => part !== '')
    .join('/')
    .slice(0, MAX_NAME_LENGTH);
}

/**
 * The init segment that a media file belongs to, among the names of the init segments known.
 * An exact name wins; else the only one that fits: the folder's own (`v/init.mp4` with `v/out_1.m4s`), one in the folder
 * that the file numbers (`0/init_0.mp4` with `0/seg_1.m4s`), or words that end the file's words (`init_0.mp4` with
 * `out_0_00001.m4s`); else undefined.
 */
export function matchTrackName(wanted: string, known: readonly string[]): string | undefined {
  if (known.includes(wanted)) return wanted;
  const folder = folderOf(wanted);
  const fits = known.filter(
    (name) =>
      (name !== '' && name === folder) ||
      folderOf(name) === wanted ||
      (folderOf(name) === folder && wanted.endsWith(`-${leafOf(name)}`)),
  );
  // The nameless init (`init.mp4`, or the bare publishing point) is nobody's first choice: a better one may be beside it.
  if (fits.length === 0 && folder === '' && known.length === 1 && known.includes('')) return '';
  return fits.length === 1 ? fits[0] : undefined;
}

const folderOf = (name: string): string => name.slice(0, Math.max(0, name.lastIndexOf('/')));
const leafOf = (name: string): string => name.slice(name.lastIndexOf('/') + 1);
