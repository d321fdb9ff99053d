import type { TrackWindow, WindowFact } from '../contracts/index.ts';
import type { AppendOutcome } from './live-window.ts';

type Change<K extends WindowFact['change']['kind']> = Extract<WindowFact['change'], { kind: K }>;

/**
 * The window after a fact: what Redis holds after the same write, and what a mirror keeps without reading.
 * A fact of an older packager or of a revision already applied changes nothing; undefined: read Redis again
 * (a fact was missed, another packager took over, or it said so).
 */
export function applyWindowFact(window: TrackWindow, fact: WindowFact): TrackWindow | undefined {
  if (fact.fence < window.fence) return window;
  if (fact.fence > window.fence || fact.change.kind === 'reset') return undefined;
  if (fact.revision <= window.revision) return window;
  if (fact.revision > window.revision + 1) return undefined;
  const changed =
    fact.change.kind === 'part_appended' ? withPart(window, fact.change) : withClosed(window, fact.change);
  return changed === undefined
    ? undefined
    : { ...changed, revision: fact.revision, lastAppendMs: Math.max(window.lastAppendMs, fact.lastAppendMs) };
}

/** Whether a store at this fence and revision takes a write; the rule that the Lua scripts carry out. */
export function admitWrite(
  stored: { fence: number | undefined; revision: number },
  write: { fence: number; revision: number },
): AppendOutcome {
  if (stored.fence === undefined || stored.fence < write.fence) return 'fence_missing';
  if (stored.fence > write.fence) return 'fenced_out';
  if (write.revision <= stored.revision) return 'already_there';
  return write.revision > stored.revision + 1 ? 'out_of_step' : 'applied';
}

function withPart(window: TrackWindow, { segment, part }: Change<'part_appended'>): TrackWindow | undefined {
  const before = window.open?.mediaSequence === segment.mediaSequence ? window.open.parts : [];
  if (part.partIndex !== before.length) return undefined;
  return { ...window, open: { ...segment, parts: [...before, part] } };
}

function withClosed(window: TrackWindow, change: Change<'segment_closed'>): TrackWindow {
  return {
    ...window,
    segments: [...window.segments, change.segment].filter(
      (segment) => segment.mediaSequence >= change.firstMediaSequence,
    ),
    open: null,
    track: change.track,
    peakBitrate: change.peakBitrate,
    averageBitrate: change.averageBitrate,
    archivedThrough: change.archivedThrough,
  };
}
