import { Injectable, type CallHandler, type ExecutionContext, type NestInterceptor } from '@nestjs/common';
import type { FastifyReply, FastifyRequest } from 'fastify';
import { map, type Observable } from 'rxjs';
import { durationOf } from './call-context.ts';
import { integerJson } from './domain/integer-json.ts';

/** The form of every success of the call API: the body, how long it took, and times as whole nanoseconds. */
@Injectable()
export class CallAnswer implements NestInterceptor<Record<string, unknown>, string> {
  intercept(execution: ExecutionContext, next: CallHandler<Record<string, unknown>>): Observable<string> {
    const request = execution.switchToHttp().getRequest<FastifyRequest>();
    const reply = execution.switchToHttp().getResponse<FastifyReply>();
    return next.handle().pipe(
      map((body) => {
        reply.type('application/json; charset=utf-8').header('cache-control', 'no-store');
        return integerJson({ ...body, duration: durationOf(request) });
      }),
    );
  }
}
