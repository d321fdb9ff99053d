export { backendsFromEnvironment } from './backends.ts';
export { eventually } from './eventually.ts';
export { TcpGate } from './tcp-gate.ts';
