import { readInit, readMedia, type InitContent, type MediaContent } from '../boxes.ts';
import { isServed, type Exchange } from '../exchange.ts';
import type { ByteRange, MediaMap, Part, Segment } from '../model.ts';
import { judge } from '../rule.ts';
import { initRules, mediaRules, type MediaFetch } from '../rules/media-rules.ts';
import type { Session } from './session.ts';

/** What was fetched of one segment or part. */
export interface Fetched {
  readonly exchange: Exchange;
  readonly content: MediaContent | undefined;
  readonly init: InitContent | undefined;
}

/** What a tag of the playlist says about a resource. */
export interface Resource {
  readonly kind: MediaFetch['kind'];
  readonly uri: string;
  readonly byteRange: ByteRange | undefined;
  readonly durationSec: number;
  readonly independent: boolean | undefined;
  readonly map: MediaMap | undefined;
  readonly lines: readonly string[];
}

const MAX_INITS = 64;

/** The resource of a segment. */
export function resourceOfSegment(segment: Segment): Resource {
  const lines = segment.lines.filter((line) => !line.startsWith('#EXT-X-PART:'));
  return { ...segment, kind: 'segment', byteRange: segment.byteRange, independent: undefined, lines };
}

/** The resource of a part. */
export function resourceOfPart(part: Part, map: MediaMap | undefined): Resource {
  return { ...part, kind: 'part', byteRange: part.byteRange, map, lines: [part.line] };
}

/** Fetches the media that one playlist names, and judges each fetch. Initialization segments are fetched once. */
export class MediaStore {
  readonly #inits = new Map<string, Promise<InitContent | undefined>>();

  constructor(
    private readonly session: Session,
    private readonly playlist: { url: string; codecs: readonly string[] },
  ) {}

  /** Fetches and judges; undefined when the watch ended. `hinted` is an answer that was asked for before the part was listed. */
  async fetch(
    resource: Resource,
    {
      when,
      targetDurationSec,
      hinted,
    }: { when: MediaFetch['when']; targetDurationSec: number | undefined; hinted?: Exchange },
  ): Promise<Fetched | undefined> {
    const url = new URL(resource.uri, this.playlist.url).href;
    const init = resource.map === undefined ? undefined : await this.#initOf(resource.map, targetDurationSec);
    const exchange =
      hinted ?? (await this.session.askForMedia(url, { targetDurationSec, headers: rangeHeader(resource.byteRange) }));
    if (exchange === undefined) return undefined;
    const content = isServed(exchange) ? readMedia(exchange.body, init) : undefined;
    const subject: MediaFetch = {
      kind: resource.kind,
      when,
      exchange,
      durationSec: resource.durationSec,
      independent: resource.independent,
      content,
      hasInit: init !== undefined,
      lines: resource.lines,
      toleranceMs: this.session.toleranceMs,
    };
    this.session.enter(judge(mediaRules, subject, this.playlist.url));
    return { exchange, content, init };
  }

  #initOf(map: MediaMap, targetDurationSec: number | undefined): Promise<InitContent | undefined> {
    const key = `${map.uri} ${map.byteRange?.startBytes ?? ''}`;
    const known = this.#inits.get(key) ?? this.#fetchInit(map, targetDurationSec);
    this.#inits.set(key, known);
    if (this.#inits.size > MAX_INITS) this.#inits.delete(this.#inits.keys().next().value ?? key);
    return known;
  }

  async #fetchInit(map: MediaMap, targetDurationSec: number | undefined): Promise<InitContent | undefined> {
    const url = new URL(map.uri, this.playlist.url).href;
    const exchange = await this.session.askForMedia(url, { targetDurationSec, headers: rangeHeader(map.byteRange) });
    if (exchange === undefined) return undefined;
    const content = isServed(exchange) ? readInit(exchange.body) : undefined;
    const subject = { exchange, content, line: map.line, codecs: this.playlist.codecs };
    this.session.enter(judge(initRules, subject, this.playlist.url));
    return content;
  }
}

function rangeHeader(range: ByteRange | undefined): Readonly<Record<string, string>> {
  if (range?.lengthBytes === undefined) return {};
  const start = range.startBytes ?? 0;
  return { range: `bytes=${start}-${start + range.lengthBytes - 1}` };
}
