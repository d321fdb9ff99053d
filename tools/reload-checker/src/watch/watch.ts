import type { Report } from '../ledger.ts';
import type { MediaPlaylist } from '../model.ts';
import { judge } from '../rule.ts';
import { clockRules, type PlacedSegment } from '../rules/continuity-rules.ts';
import { DirectiveProbes, probeAfterEnd } from './directive-probes.ts';
import { Follower } from './follower.ts';
import { MediaDesk } from './media-desk.ts';
import { PlaylistSource } from './playlist-source.ts';
import { openPresentation, type Presentation } from './presentation.ts';
import { ReportDesk } from './report-desk.ts';
import { Session, type WatchGround, type WatchOptions } from './session.ts';
import { StepWatch } from './step-watch.ts';

const MAX_ANCHORS = 1000;

/** How far a watch is. */
export interface Progress {
  readonly elapsedMs: number;
  readonly playlists: number;
  readonly failedRules: number;
  /** Whether a playlist with parts was seen. */
  readonly hasParts: boolean;
}

/** A running watch. */
export interface Watching {
  progress(): Progress;
  /** Resolves when the watch has ended; rejects with NotWatchableError when there is nothing to watch. */
  readonly report: Promise<Report>;
}

/** Watches a stream: its playlists over time and, unless told otherwise, every segment and part it lists. */
export function watch(options: WatchOptions, ground: WatchGround): Watching {
  const session = new Session(options, ground);
  let presented: PresentationWatch | undefined;
  const run = async (): Promise<Report> => {
    try {
      const presentation = await openPresentation(session);
      void session.pause(options.forMs).then(() => session.end());
      presented = new PresentationWatch(session, presentation);
      await presented.run();
      return session.ledger.report(options.url);
    } finally {
      session.end();
    }
  };
  return {
    progress: () => ({
      elapsedMs: session.nowMs() - session.startedAtMs,
      playlists: presented?.playlistCount ?? 0,
      hasParts: presented?.hasParts ?? false,
      failedRules: session.ledger.failedCount,
    }),
    report: run(),
  };
}

const quietly = (work: Promise<void>): void => void work.catch(() => undefined);

/** One media playlist and all that is done with it. */
interface Lane {
  readonly source: PlaylistSource;
  readonly follower: Follower;
  readonly desk: MediaDesk | undefined;
  readonly probes: DirectiveProbes | undefined;
}

class PresentationWatch {
  readonly #lanes: Lane[];
  readonly #iFrames: Lane[];
  readonly #reports: ReportDesk;
  /** The newest segment of one rendition in each discontinuity, to hold the others against. */
  readonly #anchors = new Map<number, { url: string; placed: PlacedSegment }>();

  constructor(
    private readonly session: Session,
    private readonly presentation: Presentation,
  ) {
    this.#reports = new ReportDesk(session, (path) => this.#followerOf(path));
    this.#lanes = presentation.mediaUrls.map((url) => this.#laneOf(url, { media: session.options.media !== false }));
    this.#iFrames = presentation.iFrameUrls.map((url) => this.#laneOf(url, { media: false }));
  }

  get playlistCount(): number {
    return this.#lanes.length;
  }

  get hasParts(): boolean {
    return this.#lanes.some(({ follower }) => follower.current?.partTargetSec !== undefined);
  }

  async run(): Promise<void> {
    const steps = new StepWatch(this.session, {
      sources: this.#lanes.map(({ source }) => source),
      multivariant: this.presentation.multivariant,
    });
    const all = [...this.#lanes, ...this.#iFrames];
    await Promise.all([steps.run(), ...all.map(({ follower }) => follower.run())]);
    await Promise.all(all.flatMap(({ desk }) => (desk === undefined ? [] : [desk.settled()])));
  }

  #followerOf(path: string): Follower | undefined {
    return this.#lanes.find(({ source }) => new URL(source.url).pathname === path)?.follower;
  }

  #laneOf(url: string, { media }: { media: boolean }): Lane {
    const source = new PlaylistSource(this.session, url);
    const codecs = this.presentation.codecsOf(url);
    const desk = media
      ? new MediaDesk(this.session, { url, codecs, onPlaced: (placed) => this.#compareClocks(url, placed) })
      : undefined;
    const probes = this.session.options.probes === false ? undefined : new DirectiveProbes(this.session, source);
    const isIFrames = this.presentation.iFrameUrls.includes(url);
    const follower: Follower = new Follower(this.session, source, {
      otherPaths: () => (isIFrames ? [] : this.#pathsBeside(url)),
      listener: {
        onVersion: (previous, next, exchange) => {
          if (!isIFrames) this.#reports.see(next, follower, exchange);
          desk?.see(previous, next, exchange.lastByteAtMs);
          if (probes !== undefined) this.#probe({ probes, previous, next, follower, isIFrames });
        },
      },
    });
    return { source, follower, desk, probes };
  }

  #pathsBeside(url: string): string[] {
    return this.presentation.mediaUrls.filter((other) => other !== url).map((other) => new URL(other).pathname);
  }

  #probe(at: {
    probes: DirectiveProbes;
    previous: MediaPlaylist | undefined;
    next: MediaPlaylist;
    follower: Follower;
    isIFrames: boolean;
  }): void {
    const { probes, previous, next, follower, isIFrames } = at;
    if (next.ended) {
      if (previous?.ended !== true) quietly(probes.send(probeAfterEnd(next), next));
    } else if (previous === undefined) {
      quietly(isIFrames ? probes.runOnIFrames(next) : probes.run(() => follower.current));
    }
  }

  #compareClocks(url: string, placed: PlacedSegment): void {
    const anchor = this.#anchors.get(placed.discontinuitySequence);
    if (anchor === undefined || anchor.url === url) {
      this.#anchors.set(placed.discontinuitySequence, { url, placed });
      if (this.#anchors.size > MAX_ANCHORS) this.#anchors.delete(this.#anchors.keys().next().value ?? 0);
    } else {
      this.session.enter(judge(clockRules, { first: anchor.placed, second: placed, sameRendition: false }, url));
    }
  }
}
