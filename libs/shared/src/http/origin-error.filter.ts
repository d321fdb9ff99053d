import { Catch, HttpException, type ArgumentsHost, type ExceptionFilter, type LoggerService } from '@nestjs/common';
import type { FastifyReply, FastifyRequest } from 'fastify';
import { ZodError, z } from 'zod';
import { answerOf, errorBodyOf, OriginError } from '../errors/index.ts';

interface Fault {
  readonly code: string;
  readonly message: string;
  readonly status: number;
}

/** The one place where an error becomes an HTTP answer. */
@Catch()
export class OriginErrorFilter implements ExceptionFilter {
  constructor(private readonly logger: LoggerService) {}

  catch(error: unknown, host: ArgumentsHost): void {
    const reply = host.switchToHttp().getResponse<FastifyReply>();
    const request = host.switchToHttp().getRequest<FastifyRequest>();
    const fault = faultOf(error);
    const fields = {
      code: fault.code,
      status: fault.status,
      method: request.method,
      path: pathOf(request.url),
      reason: fault.message,
    };
    if (fault.status >= 500)
      this.logger.error('request.failed', error instanceof Error ? error.stack : undefined, fields);
    else if (answerOf(fault.code).level === 'warn') this.logger.warn('request.refused', fields);
    if (reply.raw.headersSent) return;
    void reply
      .status(fault.status)
      .type('application/json; charset=utf-8')
      .header('cache-control', 'no-store')
      .send(errorBodyOf(fault.code, fault.message));
  }
}

function faultOf(error: unknown): Fault {
  if (error instanceof OriginError)
    return { code: error.code, message: error.message, status: answerOf(error.code).status };
  if (error instanceof ZodError) return { code: 'InvalidRequest', message: z.prettifyError(error), status: 400 };
  if (error instanceof HttpException) return ofStatus(error.getStatus(), error.message);
  const status = statusOfFastify(error);
  if (status !== undefined) return { code: codeOfStatus(status), message: (error as Error).message, status };
  return { code: 'InternalError', message: 'the origin failed; the log of this service has the reason', status: 500 };
}

/** Without the query, and with the stream key masked that an encoder may carry in the path. */
const pathOf = (url: string): string =>
  (url.split('?', 1)[0] ?? '')
    .split('/')
    .map((segment) => (decoded(segment).includes('sk_live_') ? 'sk_live_***' : segment))
    .join('/');

function decoded(segment: string): string {
  try {
    return decodeURIComponent(segment);
  } catch {
    return segment;
  }
}

/** The framework's own word for an unknown route repeats the URL, and with it a key in the query. */
const ofStatus = (status: number, message: string): Fault => ({
  code: codeOfStatus(status),
  message: status === 404 ? 'nothing is here under this method and path' : message,
  status,
});

const codeOfStatus = (status: number): string => {
  if (status === 404) return 'NotFound';
  return status < 500 ? 'InvalidRequest' : 'InternalError';
};

const statusOfFastify = (error: unknown): number | undefined => {
  const status = (error as { statusCode?: unknown } | null)?.statusCode;
  return typeof status === 'number' && status >= 400 && status < 500 ? status : undefined;
};
