import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { endMarked, markedProcesses, markRun } from './run-mark.mjs';

describe('the mark of a run', () => {
  it('finds and ends a process that detached itself from the run, and no other', async () => {
    const unmarked = spawn('sleep', ['60'], { detached: true, stdio: 'ignore' });
    const before = process.env.HEADWATER_RUN;
    const mark = markRun();
    try {
      const detached = spawn('sh', ['-c', 'trap "" TERM; sleep 60 & wait'], {
        detached: true,
        stdio: 'ignore',
        env: { ...process.env },
      });
      const ended = once(detached, 'exit');
      expect(markedProcesses(mark)).toContain(detached.pid);
      await endMarked(mark);
      await ended;
      expect(markedProcesses(mark)).toEqual([]);
      expect(unmarked.exitCode).toBeNull();
    } finally {
      unmarked.kill();
      if (before === undefined) delete process.env.HEADWATER_RUN;
      else process.env.HEADWATER_RUN = before;
    }
  });
});
