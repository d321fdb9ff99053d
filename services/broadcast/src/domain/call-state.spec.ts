import * as fc from 'fast-check';
import type { CallEvent, CallState } from '#shared/contracts';
import { nextCommit } from './call-commit.ts';
import { beginCall } from './call-fold.ts';
import { activeBroadcast, decide, type CallCommand, type Decision, type MediaFinding } from './call-state.ts';
import { aCallCreated } from './testing/a-call.ts';

const call = (type = 'livestream'): CallState => beginCall(aCallCreated({ type }));
const eventsOf = (decision: Decision): CallEvent[] => (decision.kind === 'accepted' ? decision.events : []);
const factsOf = (decision: Decision): string[] => eventsOf(decision).map((event) => event.fact);
const after = (state: CallState, input: CallCommand | MediaFinding, nowMs = 1000): CallState => {
  const events = eventsOf(decide(state, input, nowMs));
  return events.length === 0 ? state : nextCommit('c', state, events).state;
};
const goLive = (over: Partial<CallCommand & { kind: 'go_live' }> = {}): CallCommand => ({
  kind: 'go_live',
  startHls: true,
  startRecording: false,
  broadcastId: 'bc_00000001',
  ...over,
});

describe('decide', () => {
  it('leaves backstage and arms a broadcast in one decision', () => {
    expect(factsOf(decide(call(), goLive({ startRecording: true }), 5))).toEqual([
      'live_started',
      'recording_started',
      'broadcast_armed',
    ]);
  });

  it('makes nothing new of a repeated go_live, and adds HLS when only that is new', () => {
    const live = after(call(), goLive({ startHls: false }));
    expect(factsOf(decide(live, goLive({ startHls: false }), 6))).toEqual([]);
    expect(factsOf(decide(live, goLive(), 6))).toEqual(['broadcast_armed']);
    expect(factsOf(decide(after(live, goLive()), goLive(), 7))).toEqual([]);
  });

  it('follows auto_on only where HLS is enabled, and refuses a start where it is not', () => {
    const settings = { ...call().settings, hlsAutoOn: true };
    expect(factsOf(decide({ ...call(), settings }, goLive({ startHls: false }), 5))).toContain('broadcast_armed');
    const disabled = { ...call(), settings: { ...settings, hlsEnabled: false } };
    expect(factsOf(decide(disabled, goLive({ startHls: false }), 5))).toEqual(['live_started']);
    expect(decide(disabled, goLive(), 5)).toEqual({ kind: 'refused', problem: 'hls_disabled' });
  });

  it('announces no stop of a broadcast that never played', () => {
    const armed = after(call(), goLive());
    expect(factsOf(decide(armed, { kind: 'stop_broadcasting' }, 9))).toEqual(['broadcast_cancelled']);
    expect(factsOf(decide(call(), { kind: 'stop_broadcasting' }, 9))).toEqual([]);
    expect(decide(call(), { kind: 'stop_broadcasting' }, 9)).toEqual({ kind: 'refused', problem: 'not_broadcasting' });
  });

  it('ends a broadcast where its closed media ends, and never before it began', () => {
    const running = after(after(call(), goLive(), 1000), { kind: 'playable', broadcastId: 'bc_00000001' });
    const endOf = (lastMediaEndMs?: number): unknown =>
      eventsOf(
        decide(
          running,
          { kind: 'stop_broadcasting', ...(lastMediaEndMs === undefined ? {} : { lastMediaEndMs }) },
          9000,
        ),
      )[0];
    expect(endOf(7000)).toMatchObject({ endEpochMs: 7000, cause: 'command' });
    expect(endOf(10)).toMatchObject({ endEpochMs: 1000 });
    expect(endOf()).toMatchObject({ endEpochMs: 9000 });
  });

  it('changes an ended call no more', () => {
    const ended = after(call(), { kind: 'mark_ended' });
    for (const input of [
      goLive(),
      { kind: 'start_broadcasting', broadcastId: 'bc_00000002' },
      { kind: 'update' },
    ] as const)
      expect(decide(ended, input, 9)).toEqual({ kind: 'refused', problem: 'ended' });
    expect(factsOf(decide(ended, { kind: 'mark_ended' }, 9))).toEqual([]);
  });

  it('updates only what differs', () => {
    expect(factsOf(decide(call(), { kind: 'update', custom: {} }, 9))).toEqual([]);
    expect(eventsOf(decide(call(), { kind: 'update', custom: { a: 1 }, startsAtMs: 5 }, 9))).toEqual([
      { fact: 'call_updated', atMs: 9, custom: { a: 1 }, startsAtMs: 5 },
    ]);
  });
});

describe('any interleaving of commands and findings', () => {
  const ids = fc.constantFrom('bc_00000001', 'bc_00000002', 'bc_00000003');
  const flag = fc.boolean();
  const inputs: fc.Arbitrary<CallCommand | MediaFinding> = fc.oneof(
    fc.record({ kind: fc.constant('go_live' as const), startHls: flag, startRecording: flag, broadcastId: ids }),
    fc.record({ kind: fc.constant('stop_live' as const), continueHls: flag, continueRecording: flag }),
    fc.record({ kind: fc.constant('start_broadcasting' as const), broadcastId: ids }),
    fc.constant({ kind: 'stop_broadcasting' as const }),
    fc.record({ kind: fc.constant('playable' as const), broadcastId: ids }),
    fc.record({ kind: fc.constant('silent' as const), broadcastId: ids, lastMediaEndMs: fc.nat() }),
    fc.record({
      kind: fc.constant('unusable' as const),
      broadcastId: ids,
      reason: fc.constant('no_media' as const),
      error: fc.string(),
    }),
    fc.oneof({ weight: 1, arbitrary: fc.constant({ kind: 'mark_ended' as const }) }),
  );

  const play = (steps: Array<CallCommand | MediaFinding>): { facts: string[]; state: CallState } => {
    const facts: string[] = [];
    let state = call();
    for (const [index, step] of steps.entries()) {
      const events = eventsOf(decide(state, step, 1000 + index));
      facts.push(...events.map((event) => event.fact));
      if (events.length > 0) state = nextCommit('c', state, events).state;
    }
    return { facts, state };
  };

  it('follows every started by exactly one stopped or failed before the next started', () => {
    fc.assert(
      fc.property(fc.array(inputs, { maxLength: 60 }), (steps) => {
        const { facts, state } = play(steps);
        let isPlaying = false;
        for (const fact of facts) {
          if (fact === 'broadcast_started') {
            expect(isPlaying).toBe(false);
            isPlaying = true;
          }
          if (fact === 'broadcast_stopped') expect(isPlaying).toBe(true);
          if (fact === 'broadcast_stopped' || fact === 'broadcast_failed') isPlaying = false;
        }
        expect(isPlaying).toBe(activeBroadcast(state)?.state === 'running');
      }),
    );
  });

  it('decides nothing when the same input comes twice in a row, but for a new start after an end', () => {
    fc.assert(
      fc.property(fc.array(inputs, { maxLength: 30 }), inputs, (steps, last) => {
        const { state } = play([...steps, last]);
        const again = decide(state, last, 5000);
        expect(eventsOf(again)).toEqual([]);
      }),
    );
  });

  it('counts one version for each fact', () => {
    fc.assert(
      fc.property(fc.array(inputs, { maxLength: 40 }), (steps) => {
        const { facts, state } = play(steps);
        expect(state.version).toBe(1 + facts.length);
      }),
    );
  });
});
