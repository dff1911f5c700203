/** The codes of docs/reference/errors.md. */
export type ErrorCode =
  | 'unauthenticated'
  | 'invalid_token'
  | 'token_stale'
  | 'step_up_required'
  | 'app_check_failed'
  | 'sign_in_not_allowed'
  | 'permission_denied'
  | 'exceeds_own_permissions'
  | 'own_account'
  | 'invalid_claim_code'
  | 'invalid_factor'
  | 'https_required'
  | 'csrf_failed'
  | 'origin_denied'
  | 'invalid_argument'
  | 'invalid_request'
  | 'not_found'
  | 'method_not_allowed'
  | 'already_exists'
  | 'too_many_factors'
  | 'owner_exists'
  | 'last_owner'
  | 'last_factor'
  | 'version_mismatch'
  | 'precondition_required'
  | 'precondition_failed'
  | 'claims_too_large'
  | 'payload_too_large'
  | 'unsupported_media_type'
  | 'rate_limited'
  | 'unavailable'
  | 'internal';

export interface FieldError {
  /** Its path, e.g. `body.name`. */
  readonly field: string;
  readonly message: string;
}

/** `firebase`: a second factor of Identity Platform, which the user proves by signing in again. */
export type ProvableFactor = 'totp' | 'passkey' | 'recovery-code' | 'firebase';

/** What `step_up_required` asks for. */
export interface StepUp {
  readonly assurance?: 'aal1' | 'aal2';
  /** Longest time since the proof, in seconds. */
  readonly maxAge?: number;
  /** What the user can prove. Empty: they have no second factor. */
  readonly factors?: readonly ProvableFactor[];
}

/** The members of an RFC 9457 problem that the API sends. */
interface Problem {
  readonly code?: ErrorCode;
  readonly title?: string;
  readonly detail?: string;
  readonly requestId?: string;
  readonly errors?: readonly FieldError[];
  readonly stepUp?: StepUp;
}

/** An answer of the API that is not a success. */
export class GatehouseError extends Error {
  override readonly name = 'GatehouseError';
  readonly status: number;
  /** Decide by this. `unknown`: something between you and the API answered, such as a proxy. */
  readonly code: ErrorCode | 'unknown';
  /** Show it to users who report a problem. */
  readonly requestId: string | undefined;
  readonly errors: readonly FieldError[];
  /** Seconds until the next attempt. */
  readonly retryAfter: number | undefined;
  readonly stepUp: StepUp | undefined;

  /** @param response with an unread body */
  static async of(response: Response): Promise<GatehouseError> {
    return new GatehouseError(response, (await readProblem(response)) ?? {});
  }

  private constructor({ status, headers }: Response, problem: Problem) {
    super(problem.detail ?? problem.title ?? `HTTP ${status}`);
    this.status = status;
    this.code = problem.code ?? 'unknown';
    this.requestId = problem.requestId ?? headers.get('X-Request-Id') ?? undefined;
    this.errors = problem.errors ?? [];
    this.retryAfter = Number(headers.get('Retry-After')) || undefined;
    this.stepUp = problem.stepUp;
  }
}

/** Reads a copy: the response stays unread. @returns undefined for an answer that is no problem */
export async function readProblem(response: Response): Promise<Problem | undefined> {
  if (!response.headers.get('Content-Type')?.startsWith('application/problem+json')) return undefined;
  return (await response.clone().json()) as Problem; // as docs/reference/errors.md has it
}
