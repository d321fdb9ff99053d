import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { killGroup } from '../../launcher/lib/run-command.mjs';
import { cpuBetween, endedThreads, parseSchedstat, parseStat, readGroupCpu } from './cpu-time.mjs';

describe('CPU time of processes', () => {
  it('reads group, user and system time behind a name with spaces and parentheses', () => {
    const stat = '42 (a (b) c) S 1 40 40 0 -1 4194560 100 0 0 0 150 25 0 0 20 0 7 0 12345 0';
    expect(parseStat(stat)).toEqual({ group: 40, cpuMs: 1750 });
  });

  it('reads the time on a CPU from schedstat as ms', () => {
    expect(parseSchedstat('1500000 99 3\n')).toBe(1.5);
  });

  it('counts a new thread from zero and tells of one that ended', () => {
    const before = new Map([
      ['1/1', 10],
      ['1/2', 5],
    ]);
    const after = new Map([
      ['1/1', 14],
      ['1/3', 2],
    ]);
    expect(cpuBetween(before, after)).toBe(6);
    expect(endedThreads(before, after)).toBe(1);
  });

  it('sees the work of every process of a group', async () => {
    const burn =
      'const end = Date.now() + 150; while (Date.now() < end); console.log("done"); setInterval(() => {}, 1000);';
    const twice = `require('node:child_process').spawn(process.execPath, ['-e', ${JSON.stringify(burn)}], { stdio: 'inherit' }); setInterval(() => {}, 1000);`;
    const child = spawn(process.execPath, ['-e', twice], { detached: true, stdio: ['ignore', 'pipe', 'inherit'] });
    try {
      await once(child.stdout, 'data');
      const reading = readGroupCpu(child.pid);
      expect(new Set([...reading.keys()].map((thread) => thread.split('/', 1)[0])).size).toBe(2);
      expect(cpuBetween(new Map(), reading)).toBeGreaterThan(20);
    } finally {
      killGroup(child.pid, 'SIGKILL');
      await once(child, 'close');
    }
  });

  it('refuses a group in which nobody is', () => {
    const abovePidMax = 4_194_305;
    expect(() => readGroupCpu(abovePidMax)).toThrow(`process group ${abovePidMax}`);
  });
});
