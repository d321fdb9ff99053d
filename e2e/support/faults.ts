import { setTimeout as sleep } from 'node:timers/promises';
import type { ServerHandle } from '../../launcher/lib/servers.mjs';
import { eventually } from '#shared/testing';
import type { Drill } from './drill.ts';
import type { ServiceName } from './origin.ts';
import type { BackendName } from './replica.ts';

/** How a network is lost: everybody is told (reset), or nobody is. */
export type Loss = 'shut' | 'silence';

/** kill -9 of the packager at work; resolves when viewers go on with the other, and the dead one is back in its share. */
export async function killPackager(drill: Drill): Promise<void> {
  await drill.settled('packager');
  const holder = await drill.holder('packager');
  await drill.goesOn(() => drill.origin.kill9('packager', holder));
  expect(await drill.holder('packager')).toBe(1 - holder);
  await drill.origin.start('packager', holder);
}

/** SIGSTOP of the packager at work until its lease is with the other, then SIGCONT; viewers go on in both. */
export async function suspendPackager(drill: Drill): Promise<void> {
  await drill.settled('packager');
  const sleeper = await drill.holder('packager');
  await drill.goesOn(async () => {
    drill.origin.suspend('packager', sleeper);
    await eventually(async () => (await drill.holder('packager')) === 1 - sleeper, {
      withinMs: 20_000,
      what: 'the lease with the other',
    });
  });
  await drill.goesOn(() => Promise.resolve(drill.origin.resume('packager', sleeper)));
}

/** A process without one of its networks for this long; viewers go on without it and after it is back. */
export async function loseNetwork(
  drill: Drill,
  lost: { service: ServiceName; backend: BackendName; loss: Loss; replica?: number; forMs: number },
): Promise<void> {
  const gate = drill.origin.gate(lost.service, lost.backend, lost.replica);
  await drill.goesOn(async () => {
    gate[lost.loss]();
    await sleep(lost.forMs);
  });
  await drill.goesOn(() => Promise.resolve(gate.open()), 1);
}

/** A server of the origin dies and comes back with what it keeps on disk; viewers go on. */
export async function crashServer(drill: Drill, server: ServerHandle, downMs: number): Promise<void> {
  await drill.goesOn(async () => {
    await server.kill();
    await sleep(downMs);
    await server.start();
  });
}

/** Each process of a service is ended as a redeploy does and started again, one after the other; viewers go on at each step. */
export async function rollService(drill: Drill, service: ServiceName): Promise<void> {
  for (const replica of drill.origin.replicas(service).keys()) {
    await drill.goesOn(async () => {
      await drill.origin.end(service, replica);
      await drill.origin.start(service, replica);
    }, 1);
  }
}
