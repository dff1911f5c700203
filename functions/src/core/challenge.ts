import type { AppError, StepUp } from './errors.ts';

/**
 * The `WWW-Authenticate` of a refusal (RFC 6750 §3, RFC 9470 §3): the scheme alone without a credential, with an `error`
 * for a credential that does not suffice.
 */
export function challengeFor({ code, missing, stepUp }: AppError): string | undefined {
  const bearer = 'Bearer realm="gatehouse"';
  switch (code) {
    case 'unauthenticated':
      return bearer;
    case 'invalid_token':
      return `${bearer}, error="invalid_token", error_description="The credential was not accepted"`;
    case 'token_stale':
      return `${bearer}, error="invalid_token", error_description="The token is out of date, refresh it"`;
    case 'step_up_required':
      return `${bearer}, error="insufficient_user_authentication"${stepUpParameters(stepUp)}`;
    case 'app_check_failed':
      return 'FirebaseAppCheck realm="gatehouse"';
    default:
      return missing === undefined ? undefined : `${bearer}, error="insufficient_scope", scope="${missing}"`;
  }
}

/** RFC 9470 §3. */
function stepUpParameters({ assurance, maxAge }: StepUp = {}): string {
  const level = assurance === undefined ? '' : `, acr_values="${assurance}"`;
  return maxAge === undefined ? level : `${level}, max_age="${maxAge}"`;
}
