import { type CanActivate, type ExecutionContext, Inject, Injectable } from '@nestjs/common';
import { Reflector } from '@nestjs/core';
import type { FastifyRequest } from 'fastify';
import { beginRequest, OPERATION } from './call-context.ts';
import { CallAuthError } from './domain/call-errors.ts';
import { verifyCallToken, type Caller } from './domain/call-token.ts';
import { Apps, Chance, type App } from './ports.ts';

/** The door of the call API: a known app by `api_key`, and a token under its secret. */
@Injectable()
export class CallAuthGuard implements CanActivate {
  constructor(
    @Inject(Reflector) private readonly reflector: Reflector,
    @Inject(Apps) private readonly apps: Apps,
    @Inject(Chance) private readonly chance: Chance,
  ) {}

  async canActivate(execution: ExecutionContext): Promise<boolean> {
    const request = execution.switchToHttp().getRequest<FastifyRequest>();
    const operation = this.reflector.get<string | undefined>(OPERATION, execution.getHandler()) ?? 'Request';
    const facts = beginRequest(request, operation);
    const app = this.#appOf(request);
    facts.context = { app, caller: await this.#callerOf(request, app) };
    return true;
  }

  #appOf(request: FastifyRequest): App {
    const apiKey = queryOf(request, 'api_key');
    if (apiKey === undefined)
      throw new CallAuthError('unknown_api_key', 'expected the query parameter api_key, got none');
    const app = this.apps.find(apiKey);
    if (app === undefined) throw new CallAuthError('unknown_api_key', 'api_key: no such app');
    return app;
  }

  async #callerOf(request: FastifyRequest, app: App): Promise<Caller> {
    const authType = firstOf(request.headers['stream-auth-type']) ?? queryOf(request, 'stream-auth-type') ?? 'jwt';
    if (authType === 'anonymous') return { kind: 'anonymous' };
    if (authType !== 'jwt')
      throw new CallAuthError(
        'authentication',
        `stream-auth-type: expected jwt or anonymous, got "${authType.slice(0, 40)}"`,
      );
    const token = request.headers.authorization?.replace(/^Bearer /i, '').trim();
    if (token === undefined || token === '')
      throw new CallAuthError('authentication', 'expected a token in the header Authorization, got none');
    return verifyCallToken(token, app.secret, this.chance.nowMs());
  }
}

const firstOf = (value: string | string[] | undefined): string | undefined => (Array.isArray(value) ? value[0] : value);

const queryOf = (request: FastifyRequest, name: string): string | undefined => {
  const value = (request.query as Record<string, string | string[] | undefined>)[name];
  return firstOf(value);
};
