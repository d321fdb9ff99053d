import { Catch, HttpException, type ArgumentsHost } from '@nestjs/common';
import type { FastifyReply, FastifyRequest } from 'fastify';
import { OriginErrorFilter } from '#shared/http';
import type { OriginLogger } from '#shared/observability';
import { durationOf, operationOf } from './call-context.ts';
import { CallApiError } from './domain/call-errors.ts';
import { TrpcError, trpcCodeOfStatus, trpcErrorBody, trpcStatus, type TrpcCode } from './domain/trpc.ts';

const INTERNAL = 'the origin failed; the log of this service has the reason';
/** Codes of the call API for what never reached a handler. */
const CALL_CODE_OF_STATUS: Readonly<Record<number, number>> = { 404: 16, 429: 9 };

/** Each API of this service has its own error shape, also for what fails ahead of its routes. */
@Catch()
export class ApiErrorFilter extends OriginErrorFilter {
  constructor(private readonly log: OriginLogger) {
    super(log);
  }

  override catch(error: unknown, host: ArgumentsHost): void {
    const request = host.switchToHttp().getRequest<FastifyRequest>();
    const reply = host.switchToHttp().getResponse<FastifyReply>();
    const path = request.url.split('?', 1)[0] ?? '';
    const answer = answerFor(error, request, path);
    if (answer === undefined) {
      // oxlint-disable-next-line promise/valid-params, promise/no-promise-in-callback -- an exception filter's catch
      super.catch(error, host);
      return;
    }
    if (answer.status >= 500)
      this.log.error('request.failed', error instanceof Error ? error.stack : String(error), { path });
    void reply
      .status(answer.status)
      .type('application/json; charset=utf-8')
      .header('cache-control', 'no-store')
      .send(JSON.stringify(answer.body));
  }
}

interface Answer {
  readonly status: number;
  readonly body: unknown;
}

function answerFor(error: unknown, request: FastifyRequest, path: string): Answer | undefined {
  if (path.startsWith('/api/v2/')) return callAnswer(error, request);
  const procedure = /^\/(?:api\/)?trpc\/(.*)$/.exec(path)?.[1];
  return procedure === undefined ? undefined : trpcAnswer(error, procedure);
}

function callAnswer(error: unknown, request: FastifyRequest): Answer {
  const { status, code, message } = callFault(error);
  const body = {
    code,
    message: `${operationOf(request)} failed with error: "${message}"`,
    StatusCode: status,
    duration: durationOf(request),
    more_info: '',
    details: [],
  };
  return { status, body };
}

function callFault(error: unknown): { status: number; code: number; message: string } {
  if (error instanceof CallApiError) return { status: error.status, code: error.apiCode, message: error.message };
  const status = statusOf(error);
  if (status === undefined) return { status: 500, code: -1, message: INTERNAL };
  return { status, code: CALL_CODE_OF_STATUS[status] ?? 4, message: (error as Error).message };
}

function trpcAnswer(error: unknown, procedure: string): Answer {
  const { code, message } = trpcFault(error);
  return { status: trpcStatus(code), body: trpcErrorBody(code, message, procedure) };
}

function trpcFault(error: unknown): { code: TrpcCode; message: string } {
  if (error instanceof TrpcError) return { code: error.trpcCode, message: error.message };
  const status = statusOf(error);
  if (status === undefined) return { code: 'INTERNAL_SERVER_ERROR', message: INTERNAL };
  return { code: trpcCodeOfStatus(status), message: (error as Error).message };
}

/** The status of an error of the router or the body reader, below 500. */
function statusOf(error: unknown): number | undefined {
  const status =
    error instanceof HttpException ? error.getStatus() : (error as { statusCode?: unknown } | null)?.statusCode;
  return typeof status === 'number' && status >= 400 && status < 500 ? status : undefined;
}
