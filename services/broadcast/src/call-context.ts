import { createParamDecorator, SetMetadata, type ExecutionContext } from '@nestjs/common';
import type { FastifyRequest } from 'fastify';
import type { Caller } from './domain/call-token.ts';
import type { App } from './ports.ts';

/** Who asks what of the call API, once the guard let them in. */
export interface CallContext {
  readonly app: App;
  readonly caller: Caller;
}

interface RequestFacts {
  readonly operation: string;
  readonly startedAtMs: number;
  context?: CallContext;
}

/** Metadata key of {@link Operation}. */
export const OPERATION = 'headwater:operation';
/** Names the operation of a route, as its errors spell it: `GoLive failed with error: "…"`. */
export const Operation = (name: string) => SetMetadata(OPERATION, name);

const facts = new WeakMap<FastifyRequest, RequestFacts>();

/** Begins the account of a request. */
export function beginRequest(request: FastifyRequest, operation: string): RequestFacts {
  const begun: RequestFacts = { operation, startedAtMs: performance.now() };
  facts.set(request, begun);
  return begun;
}

/** The operation of a request; a general word when it never reached a route. */
export const operationOf = (request: FastifyRequest): string => facts.get(request)?.operation ?? 'Request';

/** Time spent on a request, as answers spell it. */
export const durationOf = (request: FastifyRequest): string => {
  const nowMs = performance.now();
  return `${(nowMs - (facts.get(request)?.startedAtMs ?? nowMs)).toFixed(2)}ms`;
};

/** The caller's context as a handler's argument. */
export const Context = createParamDecorator((_data: unknown, execution: ExecutionContext): CallContext => {
  const context = facts.get(execution.switchToHttp().getRequest<FastifyRequest>())?.context;
  if (context === undefined) throw new Error('expected the guard of the call API ahead of this route');
  return context;
});
