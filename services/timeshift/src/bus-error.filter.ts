import { Catch, type ExceptionFilter, type LoggerService } from '@nestjs/common';
import { throwError, type Observable } from 'rxjs';
import { ZodError, z } from 'zod';
import { OriginError } from '#shared/errors';

/** The one place where an error becomes a reply on the bus: `{status: 'error', code, message}`. */
@Catch()
export class BusErrorFilter implements ExceptionFilter {
  constructor(private readonly logger: LoggerService) {}

  catch(error: unknown): Observable<never> {
    const { code, message } = faultOf(error);
    if (code === 'InvalidRequest') this.logger.warn('request.refused', { code, reason: message });
    else this.logger.error('request.failed', error instanceof Error ? error.stack : String(error), { code });
    return throwError(() => ({ status: 'error', code, message }));
  }
}

const faultOf = (error: unknown): { code: string; message: string } => {
  if (error instanceof ZodError) return { code: 'InvalidRequest', message: z.prettifyError(error) };
  if (error instanceof OriginError) return { code: error.code, message: error.message };
  return { code: 'InternalError', message: 'timeshift failed; its log has the reason' };
};
