import type { Exchange } from '../exchange.ts';
import type { MediaPlaylist, Tag } from '../model.ts';
import { edgeOf } from '../edge.ts';
import { judge } from '../rule.ts';
import { reportRules } from '../rules/rendition-rules.ts';
import type { Follower } from './follower.ts';
import type { Session } from './session.ts';

interface Pending {
  readonly report: Tag;
  readonly seenAtMs: number;
}

/** Holds what the playlists report of each other against what was seen of each. */
export class ReportDesk {
  /** Reports that wait for the next answer of whom they speak of, by that one's path and the reporter's URL. */
  readonly #pending = new Map<string, Map<string, Pending>>();

  constructor(
    private readonly session: Session,
    private readonly followerOf: (path: string) => Follower | undefined,
  ) {}

  /** Takes a new version of one playlist. */
  see(next: MediaPlaylist, reporter: Follower, exchange: Exchange): void {
    this.#judgePending(next, exchange);
    const cameToBeAtMs = reporter.edges.at(-1)?.seenAtMs ?? exchange.askedAtMs;
    for (const report of next.reports) {
      const path = new URL(report.attributes.get('URI') ?? '', next.url).pathname;
      const of = this.followerOf(path);
      if (of === undefined) continue;
      const atLeast = of.edgeAt(cameToBeAtMs - this.session.toleranceMs);
      this.session.enter(judge(reportRules, { report, of: path, atLeast, atMost: undefined }, next.url));
      const waiting = this.#pending.get(path) ?? new Map<string, Pending>();
      // The oldest stays until it is judged: newer ones would put the judgement off for ever.
      if (!waiting.has(next.url)) waiting.set(next.url, { report, seenAtMs: exchange.lastByteAtMs });
      this.#pending.set(path, waiting);
    }
  }

  #judgePending(next: MediaPlaylist, exchange: Exchange): void {
    const path = new URL(next.url).pathname;
    for (const [url, { report, seenAtMs }] of this.#pending.get(path) ?? []) {
      if (exchange.askedAtMs < seenAtMs) continue;
      this.#pending.get(path)?.delete(url);
      this.session.enter(judge(reportRules, { report, of: path, atLeast: undefined, atMost: edgeOf(next) }, url));
    }
  }
}
