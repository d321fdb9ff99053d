/**
 * @typedef {object} BenchRun
 * @property {string} date such as 2026-11-20
 * @property {string | undefined} commit
 * @property {{ cores: number, processor: string, memoryGb: number, node: string }} machine
 * @property {{ before: number, after: number, limit: number }} load load averages of one minute
 * @property {boolean} judged false when the load was above the limit at the start
 * @property {boolean} quick
 * @property {import('./run-rows.mjs').RowResult[]} results
 */

/** @param {import('./run-rows.mjs').Measure} measure @param {boolean} judged */
function verdict({ goal, met }, judged) {
  if (goal === undefined) return '';
  if (!judged) return 'not judged';
  return met ? 'met' : 'missed';
}

const cells = (...texts) => `| ${texts.map((text) => text.replaceAll('|', String.raw`\|`)).join(' | ')} |`;

/** @param {import('./run-rows.mjs').RowResult} result @param {boolean} judged */
function section({ row, outcome, failure }, judged) {
  const heading = [`## ${row.title}`, '', `\`npm run bench -- --row ${row.name}\``, ''];
  if (!outcome) return [...heading, `Failed: ${failure}`];
  return [
    ...heading,
    cells('measure', 'value', 'goal', 'verdict'),
    cells('---', '---:', '---', '---'),
    ...outcome.measures.map((measure) =>
      cells(measure.what, measure.value, measure.goal ?? '', verdict(measure, judged)),
    ),
    '',
    ...outcome.notes,
  ];
}

/** The run as Markdown. @param {BenchRun} run */
export function renderReport({ date, commit, machine, load, judged, quick, results }) {
  const { cores, processor, memoryGb, node } = machine;
  const doubts = [
    ...(quick ? ['A quick trial: too few rounds to say anything.'] : []),
    ...(judged ? [] : [`The load average began above ${load.limit}: the rows are *not judged*.`]),
  ];
  return [
    `# Benchmark of ${date}`,
    '',
    `${cores} cores (${processor}), ${memoryGb} GB, Node ${node}${commit ? `, commit ${commit}` : ''}.`,
    `Load average ${load.before.toFixed(2)} before, ${load.after.toFixed(2)} after. How to read this: [README](../README.md).`,
    ...(doubts.length > 0 ? ['', ...doubts] : []),
    ...results.flatMap((result) => ['', ...section(result, judged)]),
    '',
  ].join('\n');
}
