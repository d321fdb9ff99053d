import { errors, jwtVerify, type JWTPayload } from 'jose';
import { z } from 'zod';
import { CallAuthError } from './call-errors.ts';

/** Who is asking. */
export type Caller =
  | { readonly kind: 'server' }
  | { readonly kind: 'anonymous' }
  | {
      readonly kind: 'user';
      readonly userId: string;
      /** Only these calls, when the token names any. */
      readonly callCids?: readonly string[];
      /** The role that a call token gives on its calls. */
      readonly role?: string;
    };

/** How far two clocks may disagree (calls.md, "Tokens"). */
export const TOKEN_LEEWAY_SEC = 5;
const MAX_TOKEN_LENGTH = 8192;

const Claims = z.object({
  server: z.boolean().optional(),
  user_id: z.string().min(1).max(255).optional(),
  call_cids: z.array(z.string().max(200)).max(100).optional(),
  role: z.string().min(1).max(64).optional(),
});

/** Verifies a token of the call API: HS256 under the app's secret and nothing else. Throws CallAuthError. */
export async function verifyCallToken(token: string, secret: string, nowMs: number): Promise<Caller> {
  if (token.length > MAX_TOKEN_LENGTH)
    throw new CallAuthError('authentication', `expected a token of at most ${MAX_TOKEN_LENGTH} characters`);
  const claims = await verifiedClaims(token, secret, nowMs);
  if (claims.iat !== undefined && claims.iat > nowMs / 1000 + TOKEN_LEEWAY_SEC)
    throw new CallAuthError('used_before_iat', 'token used before issued at (iat)');
  return callerOf(claims);
}

async function verifiedClaims(token: string, secret: string, nowMs: number): Promise<JWTPayload> {
  try {
    const { payload } = await jwtVerify(token, new TextEncoder().encode(secret), {
      algorithms: ['HS256'],
      clockTolerance: TOKEN_LEEWAY_SEC,
      currentDate: new Date(nowMs),
    });
    return payload;
  } catch (error) {
    throw authErrorOf(error);
  }
}

function authErrorOf(error: unknown): CallAuthError {
  if (error instanceof errors.JWTExpired)
    return new CallAuthError('expired', 'token is expired (exp)', { cause: error });
  if (error instanceof errors.JWTClaimValidationFailed && error.claim === 'nbf' && error.reason === 'check_failed')
    return new CallAuthError('not_yet_valid', 'token is not valid yet (nbf)', { cause: error });
  if (error instanceof errors.JWSSignatureVerificationFailed)
    return new CallAuthError('bad_signature', 'token signature is invalid', { cause: error });
  return new CallAuthError(
    'authentication',
    `expected an HS256 token of this app, got one that cannot be read: ${(error as Error).message}`,
    { cause: error },
  );
}

function callerOf(claims: JWTPayload): Caller {
  const parsed = Claims.safeParse(claims);
  if (!parsed.success)
    throw new CallAuthError('authentication', `token claims: ${z.prettifyError(parsed.error)}`, {
      cause: parsed.error,
    });
  const { server, user_id: userId, call_cids: callCids, role } = parsed.data;
  if (server === true) return { kind: 'server' };
  if (userId === undefined)
    throw new CallAuthError('authentication', 'expected the claim "user_id" or "server": true, got neither');
  return {
    kind: 'user',
    userId,
    ...(callCids === undefined ? {} : { callCids }),
    ...(role === undefined || callCids === undefined ? {} : { role }),
  };
}
