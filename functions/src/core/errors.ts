import type { FactorKind } from './access-types.ts';
import type { RefusalReason } from './refusal-reasons.ts';

/**
 * @param status of the problem+json answer
 * @param callable code of a callable's answer, one of the canonical gRPC names
 * @param title the same for every occurrence (RFC 9457 §3.1.3)
 */
const kind = <const Callable extends string>(status: number, callable: Callable, title: string) => ({
  status,
  callable,
  title,
});

/** Every refusal and failure. `docs/reference/errors.md` explains each row, and a test compares the two. */
export const ERRORS = {
  unauthenticated: kind(401, 'unauthenticated', 'Sign in first'),
  invalid_token: kind(401, 'unauthenticated', 'The credential was not accepted'),
  token_stale: kind(401, 'unauthenticated', 'The token is out of date'),
  step_up_required: kind(401, 'unauthenticated', 'A stronger or more recent sign-in is required'),
  app_check_failed: kind(401, 'unauthenticated', 'App Check token is missing or invalid'),
  sign_in_not_allowed: kind(403, 'permission-denied', 'This sign-in is not allowed'),
  permission_denied: kind(403, 'permission-denied', 'A permission is missing'),
  exceeds_own_permissions: kind(
    403,
    'permission-denied',
    'You cannot grant or revoke a role with permissions you do not have',
  ),
  own_account: kind(403, 'permission-denied', 'You cannot change your own account'),
  invalid_claim_code: kind(403, 'permission-denied', 'The claim code was not accepted'),
  invalid_factor: kind(403, 'permission-denied', 'The second factor was not accepted'),
  https_required: kind(403, 'permission-denied', 'Use HTTPS'),
  csrf_failed: kind(403, 'permission-denied', 'The request could be forged by another page'),
  origin_denied: kind(403, 'permission-denied', 'This web origin is not allowed'),
  invalid_argument: kind(400, 'invalid-argument', 'The input is not valid'),
  invalid_request: kind(400, 'invalid-argument', 'The request is malformed'),
  not_found: kind(404, 'not-found', 'Not found'),
  method_not_allowed: kind(405, 'not-found', 'This method is not available here'),
  already_exists: kind(409, 'already-exists', 'It exists already'),
  last_factor: kind(409, 'failed-precondition', 'Your role needs a second factor'),
  too_many_factors: kind(409, 'failed-precondition', 'You have as many second factors as a user can have'),
  owner_exists: kind(409, 'failed-precondition', 'There is an owner already'),
  last_owner: kind(409, 'failed-precondition', 'The last owner cannot be removed'),
  version_mismatch: kind(409, 'aborted', 'The resource was changed in the meantime'),
  precondition_required: kind(428, 'failed-precondition', 'Say which version you change'),
  precondition_failed: kind(412, 'aborted', 'The resource was changed in the meantime'),
  claims_too_large: kind(409, 'failed-precondition', 'The custom claims would not fit'),
  payload_too_large: kind(413, 'invalid-argument', 'The body is too large'),
  unsupported_media_type: kind(415, 'invalid-argument', 'Send JSON'),
  rate_limited: kind(429, 'resource-exhausted', 'Too many requests'),
  unavailable: kind(503, 'unavailable', 'Temporarily unavailable'),
  internal: kind(500, 'internal', 'Something went wrong'),
} as const;

export type ErrorCode = keyof typeof ERRORS;

export const ALL_ERROR_CODES: readonly ErrorCode[] = Object.freeze(Object.keys(ERRORS) as ErrorCode[]);

export interface FieldError {
  /** Its path, e.g. `body.roles.0`. */
  readonly field: string;
  readonly message: string;
}

/** How the caller has to sign in. */
export interface StepUp {
  readonly assurance?: 'aal1' | 'aal2' | undefined;
  /** Longest time since the sign-in, in seconds. */
  readonly maxAge?: number | undefined;
  /** What the caller can prove with `POST /me/step-up`. Absent: not looked up. Empty: they have no second factor. */
  readonly factors?: readonly ProvableFactor[] | undefined;
}

/** `firebase`: a second factor of Identity Platform, which the caller proves by signing in again. */
export type ProvableFactor = FactorKind | 'recovery-code' | 'firebase';

/** Who calls, as far as the log and the audit log need it; a principal is one. */
export interface Caller {
  readonly issuer: string;
  readonly subject: string;
  readonly directoryId?: string;
  readonly session?: { readonly id: string };
}

/** A rate limit: so many uses in a window of so many seconds. */
interface Quota {
  readonly name: string;
  readonly uses: number;
  readonly window: number;
}

interface AppErrorOptions {
  /** For the log and the audit log, never for the caller. */
  readonly reason?: RefusalReason | undefined;
  /** Details in one line, for the log. Never part of a token. */
  readonly logDetail?: string | undefined;
  readonly errors?: readonly FieldError[] | undefined;
  /** Seconds, for `Retry-After`. */
  readonly retryAfter?: number | undefined;
  /** The limit that was reached, for `RateLimit`. */
  readonly quota?: Quota | undefined;
  /** Permission the caller lacks, for the `scope` of the challenge (RFC 6750 §3). */
  readonly missing?: string | undefined;
  /** What the challenge asks for (RFC 9470 §3). */
  readonly stepUp?: StepUp | undefined;
  /** The caller that the refused credential identifies, for the log. */
  readonly caller?: Caller | undefined;
  /** Methods, for `Allow`. */
  readonly allow?: readonly string[] | undefined;
  /** The `error` that an OAuth client gets (RFC 6749 §5.2). */
  readonly oauthError?: string | undefined;
  readonly cause?: unknown;
}

/**
 * The one error type that reaches a client. `message` is public; `reason`, `logDetail` and `cause` are for the log.
 */
export class AppError extends Error {
  override readonly name = 'AppError';
  readonly code: ErrorCode;
  readonly reason: RefusalReason | undefined;
  readonly logDetail: string | undefined;
  readonly errors: readonly FieldError[] | undefined;
  readonly retryAfter: number | undefined;
  readonly quota: Quota | undefined;
  readonly missing: string | undefined;
  readonly stepUp: StepUp | undefined;
  readonly caller: Caller | undefined;
  readonly allow: readonly string[] | undefined;
  readonly oauthError: string | undefined;

  constructor(code: ErrorCode, detail: string = ERRORS[code].title, options: AppErrorOptions = {}) {
    super(detail, 'cause' in options ? { cause: options.cause } : undefined);
    this.code = code;
    this.reason = options.reason;
    this.logDetail = options.logDetail;
    this.errors = options.errors;
    this.retryAfter = options.retryAfter;
    this.quota = options.quota;
    this.missing = options.missing;
    this.stepUp = options.stepUp;
    this.caller = options.caller;
    this.allow = options.allow;
    this.oauthError = options.oauthError;
  }
}

/** A refused credential. The caller gets no reason; it goes to the log. */
export function invalidToken(
  reason: RefusalReason,
  options: Pick<AppErrorOptions, 'logDetail' | 'cause' | 'caller'> = {},
): AppError {
  return new AppError('invalid_token', 'The credential was not accepted.', { ...options, reason });
}

/** A credential that was valid when it was issued: its roles have changed since, or it was revoked. */
export function tokenStale(reason: RefusalReason, caller?: Caller): AppError {
  const detail = 'Refresh the token once and try again; if that fails, sign in again.';
  return new AppError('token_stale', detail, { reason, caller });
}

/** A request with more than one credential. */
export function severalCredentials(detail: string): AppError {
  return new AppError('invalid_request', detail, { reason: 'several-credentials' });
}

/** A service that Gatehouse calls did not answer. @param logDetail names it for the log */
export function unavailable(logDetail: string, cause?: unknown): AppError {
  return new AppError('unavailable', 'A service this depends on did not answer. Try again shortly.', {
    reason: 'service-unavailable',
    logDetail,
    retryAfter: 5,
    cause,
  });
}

/** One field of the input is wrong. */
export function invalidField(field: string, message: string, cause?: unknown): AppError {
  return new AppError('invalid_argument', message, { errors: [{ field, message }], cause });
}

/** @param wait seconds until the next use is allowed */
export function rateLimited(wait: number, quota: Quota): AppError {
  const retryAfter = Math.max(1, Math.ceil(wait));
  return new AppError('rate_limited', 'Wait as long as Retry-After says.', {
    ...{ retryAfter, quota },
    logDetail: `${quota.uses} per ${quota.window} s (${quota.name})`,
  });
}

/**
 * The members of an RFC 9457 problem. Undefined ones do not appear in the JSON.
 *
 * @param errorDocs URL below which each code has its page; undefined where no API serves them, as on AWS
 */
export function problemOf(
  { code, message, errors, stepUp }: AppError,
  { errorDocs, requestId }: { errorDocs?: string; requestId?: string },
): Record<string, unknown> {
  const { status, title } = ERRORS[code];
  const type = errorDocs === undefined ? `urn:gatehouse:error:${code}` : `${errorDocs}/${code}`;
  return { type, title, status, detail: message, code, requestId, errors, stepUp };
}

/**
 * Is this the refusal of a request (4xx), as opposed to a failure of Gatehouse or of a service it calls? A refused change
 * did not happen; after a failure it may have.
 */
export function isRefusal(error: unknown): boolean {
  return error instanceof AppError && ERRORS[error.code].status < 500;
}

/** The AppError for anything thrown; `internal` for every other error. */
export function toAppError(thrown: unknown): AppError {
  return thrown instanceof AppError
    ? thrown
    : new AppError('internal', 'Something went wrong. Quote the request id when you report it.', {
        cause: thrown,
      });
}

/** The same error, with the names of its fields in the request. */
export function withLocatedFields(error: AppError, locate: (field: string) => string): AppError {
  const { code, message, errors, cause } = error;
  if (errors === undefined) return error;
  const located = errors.map((one) => ({ ...one, field: locate(one.field) }));
  return new AppError(code, message, { ...error, errors: located, cause });
}
