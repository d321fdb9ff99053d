import type { Report, RuleOutcome } from '../ledger.ts';
import type { RuleFacts } from '../rule.ts';
import { ruleBook } from '../rule-book.ts';

/** The report for a reader, findings grouped by rule. */
export function reportText({ passed, failed, notExercised }: Report): string {
  const quiet = notExercised.map(({ id }) => id).join(', ');
  return [
    ...failed.flatMap(failureLines),
    ...(quiet === '' ? [] : [`not exercised: ${quiet}`]),
    `${passed.length} passed, ${failed.length} failed`,
  ].join('\n');
}

function failureLines({ rule, faults, judged, findings }: RuleOutcome): string[] {
  const shown = findings.flatMap(({ url, fault, atMs }) => [
    `    at ${(atMs / 1000).toFixed(1)} s in ${url}`,
    `      expected ${fault.expected}, got ${fault.came}`,
    ...fault.evidence.map((line) => `      | ${line}`),
  ]);
  const more = faults > findings.length ? [`    and ${faults - findings.length} more`] : [];
  return [`FAIL ${ruleLine(rule)}`, `    ${faults} faults in ${judged} judgements`, ...shown, ...more, ''];
}

const ruleLine = ({ id, level, section, sentence }: RuleFacts): string => `${id} (${level}, ${section}): ${sentence}`;

/** Every rule, one per line. */
export const rulesText = (): string => ruleBook.map(ruleLine).join('\n');

const countsOf = ({ rule, judged, faults }: RuleOutcome): object => ({ ...rule, judged, faults });

/** The report for a machine. */
export function reportJson(report: Report): string {
  return JSON.stringify(
    {
      url: report.url,
      passed: report.passed.map(countsOf),
      failed: report.failed.map((outcome) => ({
        ...countsOf(outcome),
        findings: outcome.findings.map(({ url, atMs, fault }) => ({ url, atMs, ...fault })),
      })),
      notExercised: report.notExercised.map(({ id }) => id),
    },
    undefined,
    2,
  );
}
