import { z } from 'zod';
import { OriginError } from '#shared/errors';

/** The tRPC error codes that this origin answers with: number on the wire and HTTP status. */
const TRPC_CODES = {
  BAD_REQUEST: { number: -32600, status: 400 },
  UNAUTHORIZED: { number: -32001, status: 401 },
  FORBIDDEN: { number: -32003, status: 403 },
  NOT_FOUND: { number: -32004, status: 404 },
  METHOD_NOT_SUPPORTED: { number: -32005, status: 405 },
  CONFLICT: { number: -32009, status: 409 },
  PAYLOAD_TOO_LARGE: { number: -32013, status: 413 },
  INTERNAL_SERVER_ERROR: { number: -32603, status: 500 },
} as const;
/** The name of a tRPC error. */
export type TrpcCode = keyof typeof TRPC_CODES;

/** A procedure that cannot be answered. */
export class TrpcError extends OriginError {
  readonly code = 'TrpcError';

  constructor(
    readonly trpcCode: TrpcCode,
    message: string,
    options?: { cause?: unknown },
  ) {
    super(message, options);
  }
}

/** The HTTP status of a tRPC error. */
export const trpcStatus = (code: TrpcCode): number => TRPC_CODES[code].status;

/** The tRPC error that says the same as an HTTP status. */
export const trpcCodeOfStatus = (status: number): TrpcCode =>
  (Object.keys(TRPC_CODES) as TrpcCode[]).find((code) => TRPC_CODES[code].status === status) ??
  (status < 500 ? 'BAD_REQUEST' : 'INTERNAL_SERVER_ERROR');

/** The body of an error answer (streams.md, "Wire format"). */
export const trpcErrorBody = (code: TrpcCode, message: string, path: string): unknown => ({
  error: {
    message,
    code: TRPC_CODES[code].number,
    data: { code, httpStatus: TRPC_CODES[code].status, path },
  },
});

/** A procedure's input by its schema; throws BAD_REQUEST naming the field. */
export function parseTrpcInput<S extends z.ZodType>(schema: S, json: string): z.output<S> {
  const parsed = schema.safeParse(jsonOf(json));
  if (!parsed.success) throw new TrpcError('BAD_REQUEST', z.prettifyError(parsed.error), { cause: parsed.error });
  return parsed.data;
}

function jsonOf(json: string): unknown {
  try {
    return json === '' ? {} : JSON.parse(json);
  } catch (error) {
    throw new TrpcError('BAD_REQUEST', 'expected a JSON input', { cause: error });
  }
}
