import { KeysReport, trustedKeys, verifyBytes, verifyLinks, type SegmentReport, type TrustedKeys } from '#provenance';
import { PlaylistUnreadableError, readPlaylist, type ListedSegment } from './read-playlist.ts';
import { addressOf, type SegmentAddress } from './segment-url.ts';
import { TrackReports } from './track-reports.ts';
import type { SegmentFault, TrackVerdict, Verdict } from './verdict.ts';
import { UnexpectedAnswerError, type WebClient } from './web-client.ts';

/** A listed segment with what the origin says of it. */
interface Reported {
  readonly listed: ListedSegment;
  readonly address: SegmentAddress;
  readonly report: SegmentReport;
}

interface Examined {
  /** Undefined where there is nothing to compare with. */
  readonly reported: Reported | undefined;
  readonly faults: readonly SegmentFault[];
}

/** Fetches a playlist and all it lists as a player would, and verifies it against the origin's reports. */
export class PlaylistVerifier {
  readonly #inits = new Map<string, Promise<Buffer>>();
  #keys: TrustedKeys | undefined;

  /** `pinnedKeys` empty: those that the origin publishes are trusted. Throws RangeError for a pinned text that is no key. */
  constructor(private readonly options: { web: WebClient; pinnedKeys: readonly string[] }) {
    if (options.pinnedKeys.length > 0) this.#keys = trustedKeys(options.pinnedKeys);
  }

  /** Throws UnexpectedAnswerError or PlaylistUnreadableError when there is nothing that could be judged. */
  async verify(url: string): Promise<Verdict> {
    const { web, pinnedKeys } = this.options;
    const playlist = readPlaylist(await web.text(url), url);
    const tracks: TrackVerdict[] = [];
    if (playlist.kind === 'media') tracks.push(await this.#verifyTrack(url, playlist.segments));
    else {
      for (const mediaUrl of playlist.mediaPlaylists) {
        const media = readPlaylist(await web.text(mediaUrl), mediaUrl);
        if (media.kind !== 'media') throw new PlaylistUnreadableError(`${mediaUrl}: expected a media playlist`);
        tracks.push(await this.#verifyTrack(mediaUrl, media.segments));
      }
    }
    return {
      verified: tracks.reduce((sum, track) => sum + track.verified, 0),
      failed: tracks.reduce((sum, track) => sum + track.failed, 0),
      keys: { ids: [...(this.#keys?.keys() ?? [])], pinned: pinnedKeys.length > 0 },
      tracks,
    };
  }

  async #verifyTrack(playlistUrl: string, segments: readonly ListedSegment[]): Promise<TrackVerdict> {
    const reports = new TrackReports(this.options.web);
    const examined: Examined[] = [];
    for (const listed of segments) examined.push(await this.#examine(listed, reports));
    const faults = [...examined.flatMap((entry) => entry.faults), ...(await this.#judgeLinks(examined, reports))];
    const known = examined.map(({ reported }) => reported).filter((reported) => reported !== undefined);
    const failed = new Set(faults.map(({ url }) => url)).size;
    return {
      playlistUrl,
      ...defined('inputId', reports.inputId),
      ...defined('trackId', known[0]?.address.trackId),
      ...defined('firstMediaSequence', known[0]?.address.mediaSequence),
      ...defined('lastMediaSequence', known.at(-1)?.address.mediaSequence),
      ...defined('chainStartsAt', reports.chainStartsAt),
      verified: segments.length - failed,
      failed,
      contentCredentials: known.some(
        ({ report }) => report.contentCredentials || report.init.contentCredentials === true,
      ),
      faults,
    };
  }

  async #examine(listed: ListedSegment, reports: TrackReports): Promise<Examined> {
    const { url } = listed;
    const address = addressOf(url);
    if (address === undefined) {
      const message = 'its URL names no segment of an origin';
      return { reported: undefined, faults: [{ url, code: 'not_reported', message }] };
    }
    const { mediaSequence } = address;
    const report = await reports.of(address);
    if (report === undefined) {
      const message = 'the origin reports no such segment';
      return { reported: undefined, faults: [{ url, mediaSequence, code: 'not_reported', message }] };
    }
    const reported = { listed, address, report };
    return { reported, faults: await this.#compare(reported) };
  }

  async #compare({ listed, address, report }: Reported): Promise<SegmentFault[]> {
    const { url, initUrl, gap } = listed;
    const { mediaSequence, mediaUrl } = address;
    const differs = (message: string): SegmentFault[] => [{ url, mediaSequence, code: 'bytes_differ', message }];
    if (gap !== (report.gap ?? false)) {
      return differs(
        gap
          ? 'it is listed as a gap, the origin closed it with media'
          : 'it is listed with media, the origin closed a gap',
      );
    }
    if (gap) return [];
    if (initUrl === undefined) return differs('expected an EXT-X-MAP ahead of it, got none');
    try {
      const served = { init: await this.#init(initUrl), media: await this.options.web.bytes(mediaUrl) };
      return verifyBytes(served, report).map((finding) => ({ url, ...finding }));
    } catch (error) {
      if (!(error instanceof UnexpectedAnswerError)) throw error;
      return [{ url, mediaSequence, code: 'not_served', message: error.message }];
    }
  }

  #init(url: string): Promise<Buffer> {
    const fetched = this.#inits.get(url) ?? this.options.web.bytes(url);
    this.#inits.set(url, fetched);
    return fetched;
  }

  /** Links are judged in runs: what follows a segment without a report is no fault of its own. */
  async #judgeLinks(examined: readonly Examined[], reports: TrackReports): Promise<SegmentFault[]> {
    const runs = runsOf(examined);
    const trackId = runs[0]?.[0]?.address.trackId;
    if (runs[0]?.[0] === undefined || trackId === undefined) return [];
    const keys = (this.#keys ??= await this.#publishedKeys(runs[0][0].address));
    const inputId = reports.inputId ?? '';
    return runs.flatMap((run) => {
      const segments = run.map(({ report }) => report);
      const urls = new Map(run.map(({ report, listed }) => [report.mediaSequence, listed.url]));
      const findings = verifyLinks({ inputId, trackId, segments }, keys);
      return findings.map((finding) => ({ url: urls.get(finding.mediaSequence) ?? '', ...finding }));
    });
  }

  async #publishedKeys({ keysUrl }: SegmentAddress): Promise<TrustedKeys> {
    const { keys } = await this.options.web.json(keysUrl, KeysReport);
    return trustedKeys(keys.map(({ publicKey }) => publicKey));
  }
}

function runsOf(examined: readonly Examined[]): Reported[][] {
  const runs: Reported[][] = [[]];
  for (const { reported } of examined) {
    if (reported === undefined) runs.push([]);
    else runs.at(-1)?.push(reported);
  }
  return runs.filter((run) => run.length > 0);
}

const defined = <K extends string, V>(key: K, value: V | undefined): Partial<Record<K, V>> =>
  value === undefined ? {} : ({ [key]: value } as Record<K, V>);
