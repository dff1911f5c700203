import type { AppError } from './errors.ts';

/** The `WWW-Authenticate` of a refusal, RFC 6750 §3: bare without a credential, with an `error` for one that did not do. */
export function challengeFor({ code, missing }: AppError): string | undefined {
  const bearer = 'Bearer realm="gatehouse"';
  switch (code) {
    case 'unauthenticated':
      return bearer;
    case 'invalid_token':
      return `${bearer}, error="invalid_token", error_description="The credential was not accepted"`;
    case 'token_stale':
      return `${bearer}, error="invalid_token", error_description="The token is out of date, refresh it"`;
    case 'app_check_failed':
      return 'FirebaseAppCheck realm="gatehouse"';
    default:
      return missing === undefined ? undefined : `${bearer}, error="insufficient_scope", scope="${missing}"`;
  }
}
