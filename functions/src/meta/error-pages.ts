import { ERRORS, type ErrorCode } from '../core/errors.ts';

/** What happened, and what to do. `docs/reference/errors.md` has the same text. Backticks are for code. */
export const DESCRIPTIONS: Readonly<Record<ErrorCode, string>> = {
  unauthenticated:
    'No credential. Sign in and send `Authorization: Bearer <ID token>` or the session cookie.',
  invalid_token:
    'The credential was not accepted: malformed, expired, forged, of another project, of a session that has ended, or of an account that is disabled or deleted. The reason is in the log only. Sign in again.',
  token_stale:
    'The token was valid, but roles changed or sessions were revoked since. Refresh it once (`getIdToken(true)`) and retry; if that fails, or with a session cookie, sign in again.',
  step_up_required:
    'The operation needs a second factor, or a more recent proof (RFC 9470). `stepUp` says which: `assurance`, `maxAge` in seconds, and the `factors` that the user can prove with `POST /v1/me/step-up`. Without `factors`, sign the user in again. Then retry.',
  app_check_failed:
    '`X-Firebase-AppCheck` is missing, not valid, or was used before. Get a token from the App Check SDK.',
  sign_in_not_allowed:
    'The sign-in policy (`signIn` in `gatehouse.config.ts`) does not allow the sign-in provider or the e-mail address, or the address is not verified yet. `detail` says which. Sign in in another way, or verify the address and refresh the token.',
  permission_denied:
    'You lack a permission; `scope` in `WWW-Authenticate` names it. Without `scope`, `detail` says what is missing.',
  exceeds_own_permissions:
    'The role that you grant or remove, or the user that you change, has a permission that you do not hold.',
  own_account: 'You cannot change your own roles, or disable or delete yourself.',
  invalid_claim_code:
    'The code for the first owner is wrong, was used, was replaced or is older than an hour. Create another one with `npm run gatehouse:claim-owner`.',
  invalid_factor:
    'The code or passkey is wrong, was used, or is too old; or a new passkey cannot be verified. The reason is in the log only. Ask for new options, or take the next code, and try again.',
  https_required:
    'The request came over plain HTTP. It is not redirected: a token in it may have been read already.',
  csrf_failed:
    'A change with the session cookie needs `X-CSRF-Token`, as `GET /v1/sessions/current` answers it, and an `Origin` of `ALLOWED_ORIGINS`. The reason is in the log.',
  origin_denied:
    "The page's origin may not call (`ALLOWED_ORIGINS`). The log line has `origin`, `method` and `path`.",
  invalid_argument: 'A field is wrong, missing or unknown. `errors` names each.',
  invalid_request: 'Not a well-formed request: invalid JSON, two credentials, a malformed path.',
  not_found:
    'The path or the resource does not exist, or it belongs to another user. The response does not say which.',
  method_not_allowed: 'The path exists; `Allow` lists the methods.',
  already_exists:
    'Another user has this e-mail address: `errors` names the field. Or this passkey is registered.',
  too_many_factors: 'The user has as many factors of this kind as a user can have. Delete one first.',
  owner_exists: 'The project has an owner, so no code makes another one. Ask the owner for the role.',
  last_factor:
    'A role of yours needs a second factor, and this is the last one that you have. Enrol another one first.',
  last_owner:
    'This would leave the project without an enabled owner with an unlimited grant. Make another user an owner first.',
  version_mismatch:
    'The resource changed since you read the `version` in your request. Read it again, decide again.',
  precondition_required:
    'The change names no version. Read the resource, send its `version` or its `ETag` as `If-Match`.',
  precondition_failed:
    'The resource changed since you read the version in `If-Match`. Read it again, decide again.',
  claims_too_large:
    "Together with the claims of other systems on this user, the roles would exceed Firebase's 1000 bytes.",
  payload_too_large: 'The body is larger than 100 KiB.',
  unsupported_media_type: 'Send `Content-Type: application/json`, uncompressed.',
  rate_limited:
    'Too many requests of one user, service or address. Wait `Retry-After` seconds; `RateLimit-Policy` says which limit it is. Limits: docs/concepts/rate-limits.md.',
  unavailable:
    "Firestore, Firebase Auth or the issuer's keys did not answer in time. `Retry-After` says when to retry. After a change that timed out, read before you repeat it.",
  internal: 'A bug. The log has it under `requestId`.',
};

export interface ErrorPage {
  readonly code: ErrorCode;
  readonly title: string;
  readonly status: number;
  readonly callable: string;
  readonly description: string;
}

export function errorPage(code: ErrorCode): ErrorPage {
  return { code, ...ERRORS[code], description: DESCRIPTIONS[code] };
}
