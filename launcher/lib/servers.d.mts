/** Types of what tests, end-to-end tests and benchmarks import. */
import type { ManagedProcess } from './managed-process.mjs';
import type { Progress } from './progress.mjs';

export type ServerName = 'nats' | 'redis' | 's3';

export interface BringUpOptions {
  runDir: string;
  /** First port of a block of 20; the next block that is free is taken. */
  basePort: number;
  progress?: Progress;
  which?: ServerName[];
  /** Default `<runDir>/data`. */
  dataDir?: string;
  /** Where unpacked tools live; default `.cache/tools` of the project. */
  toolsDir?: string;
  /** Default `headwater`. */
  bucket?: string;
  /** Sees each process before it starts, so that its pid can be recorded. */
  onProcess?: (process: ManagedProcess) => void;
}

export interface ServerHandle {
  readonly pid: number | undefined;
  readonly version: string;
  readonly source: string;
  /** Ends it as a crash would; default SIGKILL. Resolves when it is gone. */
  kill(signal?: string): Promise<void>;
  /** Starts it again at the same address with its data; resolves when it answers. */
  start(): Promise<void>;
  restart(): Promise<void>;
  stop(): Promise<void>;
}

export interface Servers {
  nats: { url: string; pid?: number };
  redis: { url: string; pid?: number };
  s3: { endpoint: string; accessKey: string; secretKey: string; bucket: string; region: string; pid?: number };
  handles: Record<ServerName, ServerHandle>;
  stop(): Promise<void>;
}

export function bringUpServers(options: BringUpOptions): Promise<Servers>;
export function testEnvironment(servers: Pick<Servers, 'nats' | 'redis' | 's3'>): Record<string, string>;
