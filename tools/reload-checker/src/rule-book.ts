import type { RuleFacts } from './rule.ts';
import { assemblyRules, clockRules, hintedBytesRules, neighbourRules } from './rules/continuity-rules.ts';
import { deltaRules } from './rules/delta-rules.ts';
import { exchangeRules } from './rules/exchange-rules.ts';
import { followUpRules } from './rules/follow-up-rules.ts';
import { initRules, mediaRules } from './rules/media-rules.ts';
import { partRules } from './rules/part-rules.ts';
import { playlistRules } from './rules/playlist-rules.ts';
import { reloadRules, twinRules } from './rules/reload-rules.ts';
import { renditionRules, reportRules, reportsRules } from './rules/rendition-rules.ts';
import { successionRules } from './rules/succession-rules.ts';
import { timingRules } from './rules/timing-rules.ts';

const lineOf = ({ id }: RuleFacts): number => Number.parseInt(id, 10);

/** Every rule there is, in the order of the clause list. */
export const ruleBook: readonly RuleFacts[] = [
  ...playlistRules,
  ...partRules,
  ...successionRules,
  ...timingRules,
  ...followUpRules,
  ...deltaRules,
  ...renditionRules,
  ...reportsRules,
  ...reportRules,
  ...reloadRules,
  ...twinRules,
  ...exchangeRules,
  ...mediaRules,
  ...initRules,
  ...neighbourRules,
  ...clockRules,
  ...assemblyRules,
  ...hintedBytesRules,
]
  .map(({ id, section, level, sentence }) => ({ id, section, level, sentence }))
  .toSorted((a, b) => lineOf(a) - lineOf(b) || a.id.localeCompare(b.id));

/** Whether a rule is meant by one of `selectors`: a line number such as `25` or a whole id; none means all. */
export function isSelected({ id }: RuleFacts, selectors: readonly string[]): boolean {
  return selectors.length === 0 || selectors.some((selector) => id === selector || id.startsWith(`${selector}-`));
}
