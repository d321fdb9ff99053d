import type { Fault, Judgement, RuleFacts } from './rule.ts';
import { isSelected, ruleBook } from './rule-book.ts';

/** A rule that did not hold, once. */
export interface Finding {
  readonly rule: RuleFacts;
  readonly url: string;
  readonly fault: Fault;
  /** Since the beginning of the watch. */
  readonly atMs: number;
}

/** What became of one rule. */
export interface RuleOutcome {
  readonly rule: RuleFacts;
  /** How many subjects it judged. */
  readonly judged: number;
  /** How many faults it found; `findings` holds the first of them. */
  readonly faults: number;
  readonly findings: readonly Finding[];
}

/** The result of a watch. */
export interface Report {
  readonly url: string;
  readonly passed: readonly RuleOutcome[];
  readonly failed: readonly RuleOutcome[];
  readonly notExercised: readonly RuleFacts[];
}

const MAX_FINDINGS_PER_RULE = 5;

/** Counts what the rules said; memory is bounded by the number of rules. */
export class Ledger {
  readonly #outcomes = new Map<string, { rule: RuleFacts; judged: number; faults: number; findings: Finding[] }>();

  /** `onFinding` hears of every fault, the report keeps the first few of each rule. */
  constructor(
    private readonly options: {
      selectors: readonly string[];
      nowMs: () => number;
      onFinding?: ((finding: Finding) => void) | undefined;
    },
  ) {}

  /** Enters judgements; rules that were not selected are left out. */
  enter(judgements: readonly Judgement[]): void {
    for (const { rule, url, faults } of judgements) {
      if (!isSelected(rule, this.options.selectors)) continue;
      const outcome = this.#outcomeOf(rule);
      outcome.judged += 1;
      outcome.faults += faults.length;
      for (const fault of faults) {
        const finding = { rule: outcome.rule, url, fault, atMs: Math.round(this.options.nowMs()) };
        if (outcome.findings.length < MAX_FINDINGS_PER_RULE) outcome.findings.push(finding);
        this.options.onFinding?.(finding);
      }
    }
  }

  /** Rules that found a fault so far. */
  get failedCount(): number {
    return [...this.#outcomes.values()].filter(({ faults }) => faults > 0).length;
  }

  report(url: string): Report {
    const selected = ruleBook.filter((rule) => isSelected(rule, this.options.selectors));
    const outcomes = selected.flatMap(({ id }) => this.#outcomes.get(id) ?? []);
    return {
      url,
      passed: outcomes.filter(({ faults }) => faults === 0),
      failed: outcomes.filter(({ faults }) => faults > 0),
      notExercised: selected.filter(({ id }) => !this.#outcomes.has(id)),
    };
  }

  #outcomeOf(rule: RuleFacts): { rule: RuleFacts; judged: number; faults: number; findings: Finding[] } {
    const known = this.#outcomes.get(rule.id);
    if (known !== undefined) return known;
    const { id, section, level, sentence } = rule;
    const outcome = { rule: { id, section, level, sentence }, judged: 0, faults: 0, findings: [] };
    this.#outcomes.set(id, outcome);
    return outcome;
  }
}
