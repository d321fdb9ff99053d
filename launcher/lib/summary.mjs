import { formatSeconds } from './progress.mjs';

/** What a newcomer opens next. @param {{ playback: string, playbackTls?: string | null, broadcast: string, ingest: string, demo: { inputId: string } | null }} endpoints @param {string} endpointsFile */
export function whatToOpen({ playback, playbackTls, broadcast, ingest, demo }, endpointsFile) {
  const live = `${playback}/live/${demo?.inputId}`;
  const rows = [
    ['API', broadcast],
    ...(playbackTls ? [['HTTP/2 and TLS', playbackTls]] : []),
    ['Publish to', `${ingest}/publish/<input>`],
    ['Keys', endpointsFile],
  ];
  const demoRows = [
    ['Player', `${playback}/?input=${demo?.inputId}`],
    ['HLS', `${live}/index.m3u8`],
    ['A minute ago', `${live}.m3u8?lhs_start=1&lhs_offset_unix_s_0=60`],
  ];
  return [...(demo ? demoRows : [['Player', `${playback}/`]]), ...rows]
    .map(([label, value]) => `  ${label.padEnd(14)}${value}`)
    .join('\n');
}

/** @typedef {{ passed: number, failed: number, skipped: number }} Counts */
/** @typedef {{ name: string, ok: boolean, durationMs: number, counts?: Counts, note?: string }} StageResult */

/** Sum over all stages; a failed stage without tests of its own counts as one failure. @param {StageResult[]} results @returns {Counts} */
export function totalCounts(results) {
  const total = { passed: 0, failed: 0, skipped: 0 };
  for (const { ok, counts } of results) {
    total.passed += counts?.passed ?? 0;
    total.skipped += counts?.skipped ?? 0;
    total.failed += !ok && !counts?.failed ? 1 : (counts?.failed ?? 0);
  }
  return total;
}

/** @param {StageResult[]} results @returns {string} the last line stands alone: `N passed, N failed[, N skipped]` */
export function testSummary(results) {
  const rows = results.map(({ name, ok, durationMs, counts, note }) => {
    const tests = counts ? `${counts.passed} passed, ${counts.failed} failed, ${counts.skipped} skipped` : '';
    return `  ${ok ? '✓' : '✗'} ${name.padEnd(12)} ${formatSeconds(durationMs).padStart(8)}  ${[tests, note].filter(Boolean).join(' — ')}`.trimEnd();
  });
  const { passed, failed, skipped } = totalCounts(results);
  return [...rows, '', `${passed} passed, ${failed} failed${skipped > 0 ? `, ${skipped} skipped` : ''}`].join('\n');
}
