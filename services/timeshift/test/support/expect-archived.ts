import type { ArchiveRig } from './archive-rig.ts';
import { sha256Of, type Source } from './source.ts';

/** Every segment that was sent is in the archive exactly once, byte for byte. */
export async function expectWholeArchive(rig: ArchiveRig, source: Source): Promise<void> {
  const rows = await rig.rows(source.inputId);
  const sent = source.sent.map(({ closed }) => `${closed.trackId}/${closed.mediaSequence}`).toSorted();
  expect(rows.map((row) => `${row.trackId}/${row.mediaSequence}`).toSorted()).toEqual(sent);
  for (const row of rows) {
    const match = source.sent.find(
      ({ closed }) => closed.trackId === row.trackId && closed.mediaSequence === row.mediaSequence,
    );
    expect(sha256Of(await rig.bytesOf(row))).toBe(match?.closed.sha256);
  }
}
