import { isYes } from '../attributes.ts';
import { checkDelta, checkPlaylist, checkReports, checkSuccession } from '../check.ts';
import { compareEdges, edgeOf, type Edge } from '../edge.ts';
import type { Exchange } from '../exchange.ts';
import type { MediaPlaylist } from '../model.ts';
import { judge } from '../rule.ts';
import { reloadRules, twinRules, type Reload } from '../rules/reload-rules.ts';
import { judgeSilence } from '../rules/timing-rules.ts';
import { queryOf, type Directives } from './directives.ts';
import type { Answer, PlaylistSource } from './playlist-source.ts';
import type { Session } from './session.ts';

/** An edge and when it was first seen. */
export interface SeenEdge {
  readonly edge: Edge;
  readonly seenAtMs: number;
}

/** Who hears of each new version of a playlist. */
export interface FollowerListener {
  onVersion(previous: MediaPlaylist | undefined, next: MediaPlaylist, exchange: Exchange): void;
}

const MAX_EDGES = 64;
/** Every so many reloads a delta update is asked for beside the full playlist, and in between the same request twice. */
const RELOADS_PER_ROUND = 4;
const DELTA_TURN = 1;
const TWIN_TURN = 3;
const LONGEST_PACE_MS = 3000;
/** Less than this is no hold but the network. */
const HELD_MS = 30;

/** Follows one media playlist as a player does: by blocking reload where it is offered, else by polling. */
export class Follower {
  /** The newest whole playlist. */
  current: MediaPlaylist | undefined;
  /** What was seen of its edge, oldest first. */
  readonly edges: SeenEdge[] = [];
  #reloads = 0;
  #unchangedUntilMs = 0;

  constructor(
    private readonly session: Session,
    readonly source: PlaylistSource,
    private readonly options: { otherPaths: () => readonly string[]; listener: FollowerListener },
  ) {}

  /** Runs until the watch ends. */
  async run(): Promise<void> {
    while (this.session.running) {
      const known = this.current;
      const blocks =
        isYes(known?.serverControl?.attributes, 'CAN-BLOCK-RELOAD') && this.session.options.lowLatency !== 'off';
      if (known !== undefined && blocks && !known.ended) await this.#reload(known);
      else await this.#poll(known);
    }
    const last = this.edges.at(-1);
    if (this.current === undefined || last === undefined) return;
    const silentMs = this.session.nowMs() - last.seenAtMs;
    this.session.enter(judgeSilence(this.current, silentMs, this.session.toleranceMs));
  }

  /** What was known of the edge at an instant; undefined before the first look. */
  edgeAt(atMs: number): Edge | undefined {
    return this.edges.findLast(({ seenAtMs }) => seenAtMs <= atMs)?.edge;
  }

  async #poll(known: MediaPlaylist | undefined): Promise<void> {
    const answer = await this.source.plain(known);
    if (answer?.playlist !== undefined) this.#take(answer.playlist, answer.exchange, this.#unchangedUntilMs);
    if (answer !== undefined) this.#unchangedUntilMs = Math.max(this.#unchangedUntilMs, answer.exchange.askedAtMs);
    await this.session.pause(Math.min(LONGEST_PACE_MS, 500 * (this.current?.targetDurationSec ?? 2)));
  }

  async #reload(known: MediaPlaylist): Promise<void> {
    const wanted = nextOf(known);
    const turn = this.#reloads % RELOADS_PER_ROUND;
    this.#reloads += 1;
    const beside = this.#askBeside(turn, wanted, known);
    const answer = await this.source.blocking(wanted, known);
    if (answer === undefined) return;
    this.#judgeReload(wanted, known, answer);
    const besideAnswer = await beside;
    const { playlist, exchange } = answer;
    const unitMs = 1000 * (known.partTargetSec ?? known.targetDurationSec ?? 1);
    // A refused or failed reload must not become a storm of them.
    if (playlist === undefined) return this.session.pause(unitMs);
    if (besideAnswer?.playlist !== undefined) {
      this.#judgeBeside(wanted, known, { beside: besideAnswer.playlist, full: playlist, turn });
    }
    const wasHeld = exchange.firstByteAtMs - exchange.askedAtMs >= HELD_MS;
    this.#take(playlist, exchange, wasHeld ? exchange.firstByteAtMs : 0);
    if (compareEdges(edgeOf(playlist), edgeOf(known)) === 0) await this.session.pause(unitMs / 2);
  }

  async #askBeside(turn: number, wanted: Directives, known: MediaPlaylist): Promise<Answer | undefined> {
    if (turn === DELTA_TURN) return this.#delta(wanted, known);
    return turn === TWIN_TURN ? this.source.blocking(wanted, known) : undefined;
  }

  #delta(wanted: Directives, known: MediaPlaylist): Promise<Answer | undefined> {
    return this.source.blocking({ ...wanted, skip: this.#skipTurn(known) }, known);
  }

  /** Which kind of delta update this round asks for. */
  #skipTurn({ serverControl }: MediaPlaylist): 'YES' | 'v2' {
    const round = Math.floor((this.#reloads - 1) / RELOADS_PER_ROUND);
    return isYes(serverControl?.attributes, 'CAN-SKIP-DATERANGES') && round % 2 === 1 ? 'v2' : 'YES';
  }

  #judgeReload(wanted: Directives, before: MediaPlaylist, { exchange, playlist }: Answer): void {
    const subject: Reload = {
      purpose: wanted.part === undefined ? 'next_segment' : 'next_part',
      query: queryOf(wanted),
      mediaSequence: wanted.mediaSequence,
      part: wanted.part,
      before,
      status: exchange.status,
      heldMs: exchange.firstByteAtMs - exchange.askedAtMs,
      answer: playlist,
      toleranceMs: this.session.toleranceMs,
    };
    this.session.enter(judge(reloadRules, subject, this.source.url));
  }

  #judgeBeside(
    wanted: Directives,
    known: MediaPlaylist,
    { beside, full, turn }: { beside: MediaPlaylist; full: MediaPlaylist; turn: number },
  ): void {
    if (turn === TWIN_TURN) {
      this.session.enter(judge(twinRules, { query: queryOf(wanted), answers: [full, beside] }, this.source.url));
      return;
    }
    this.session.enter(checkDelta(known, beside, full, this.#skipTurn(known)));
    this.session.enter(checkReports(beside, this.options.otherPaths()));
  }

  #take(next: MediaPlaylist, exchange: Exchange, unchangedUntilMs: number): void {
    const previous = this.current;
    const seenAtMs = exchange.lastByteAtMs;
    const edge = edgeOf(next);
    const last = this.edges.at(-1);
    if (previous?.text !== next.text) {
      this.session.enter(checkPlaylist(next));
      this.session.enter(checkReports(next, this.options.otherPaths()));
    }
    if (previous !== undefined && last !== undefined) {
      const clock = {
        edgeSeenAtMs: last.seenAtMs,
        unchangedUntilMs: Math.max(last.seenAtMs, unchangedUntilMs),
        toleranceMs: this.session.toleranceMs,
      };
      this.session.enter(checkSuccession(previous, next, clock));
    }
    this.current = next;
    if (last === undefined || compareEdges(edge, last.edge) !== 0) {
      this.edges.push({ edge, seenAtMs });
      if (this.edges.length > MAX_EDGES) this.edges.shift();
    }
    this.options.listener.onVersion(previous, next, exchange);
  }
}

/** What a player asks for next: the next part, or without parts the next segment. */
function nextOf(known: MediaPlaylist): Directives {
  const { mediaSequence, openParts } = edgeOf(known);
  return { mediaSequence: mediaSequence + 1, part: known.partTargetSec === undefined ? undefined : openParts };
}
