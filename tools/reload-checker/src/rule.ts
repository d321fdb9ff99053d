/** How binding a rule is: a MUST or SHOULD of rfc8216bis, or what players in the field insist on. */
export type Level = 'MUST' | 'SHOULD' | 'client';

/** One thing that is not as the rule says. */
export interface Fault {
  readonly expected: string;
  readonly came: string;
  /** Lines of playlists, at most a few, that show it. */
  readonly evidence: readonly string[];
}

/** What a rule is, without the function. */
export interface RuleFacts {
  /** Begins with the line of the clause list in the README. */
  readonly id: string;
  /** Section of draft-pantos-hls-rfc8216bis-22. */
  readonly section: string;
  readonly level: Level;
  readonly sentence: string;
}

/** A rule about one kind of subject: undefined when the subject gives it nothing to judge. */
export interface Rule<Subject> extends RuleFacts {
  readonly check: (subject: Subject) => readonly Fault[] | undefined;
}

/** What a rule said about one subject. */
export interface Judgement {
  readonly rule: RuleFacts;
  readonly url: string;
  readonly faults: readonly Fault[];
}

const MAX_EVIDENCE_LINES = 6;
const MAX_EVIDENCE_CHARS = 240;

/** A fault; evidence is cut to a few lines of bounded length. */
export function fault(expected: string, came: string, ...evidence: ReadonlyArray<string | undefined>): Fault {
  const lines = evidence.filter((line) => line !== undefined).slice(0, MAX_EVIDENCE_LINES);
  return { expected, came, evidence: lines.map((line) => line.slice(0, MAX_EVIDENCE_CHARS)) };
}

/** No fault, or one. */
export function unless(holds: boolean, make: () => Fault): readonly Fault[] {
  return holds ? [] : [make()];
}

/** Applies rules to a subject; the rules that have nothing to judge are left out. */
export function judge<Subject>(rules: ReadonlyArray<Rule<Subject>>, subject: Subject, url: string): Judgement[] {
  const judgements: Judgement[] = [];
  for (const rule of rules) {
    const faults = rule.check(subject);
    if (faults !== undefined) judgements.push({ rule, url, faults });
  }
  return judgements;
}
