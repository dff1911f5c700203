import { invalidToken } from '../core/errors.ts';
import type { Authenticator } from './credential.ts';
import { parseCompactJws, type UnverifiedToken } from './parse-jws.ts';
import { createVerifiedTokenCache, type VerifiedToken } from './token-cache.ts';

/** Verifies the tokens of one issuer. */
export interface TokenVerifier<Verified = VerifiedToken> {
  /** Every exact `iss` of the issuer. */
  readonly issuers: readonly string[];
  /** Header keys that its tokens may have besides `alg`, `kid` and `typ`. */
  readonly headerKeys: readonly string[];
  /**
   * @param now seconds since the epoch
   * @throws AppError `invalid_token`, `token_stale`; `unavailable` when the issuer's keys or the directory cannot be read
   */
  verify(token: UnverifiedToken, now: number): Promise<Verified>;
}

/** Authenticates by a JWT in the `Authorization` header (RFC 6750 §2.1). */
export interface BearerAuthenticator extends Authenticator<string> {
  readonly verifiers: readonly TokenVerifier[];
  authenticate(token: string, now: number): VerifiedToken | Promise<VerifiedToken>;
}

const SCHEME = 'bearer ';

/** The comma, and all white space that a header can contain. A pattern would take as long as hashing the token. */
const SEPARATORS = [...', \t\n\v\f\r\u00a0'];

/** RFC 9110 §11.1: the case of a scheme does not count. */
const hasScheme = (value: string) => value.slice(0, SCHEME.length).toLowerCase() === SCHEME;

/** RFC 9110 §11.4: one or more spaces separate the scheme from the token. */
function afterScheme(value: string): string {
  let from = SCHEME.length;
  while (value[from] === ' ') from++;
  return value.slice(from);
}

/** @param verifiers one for each issuer: no two may have the same `iss` */
export function createBearerAuthenticator(
  verifiers: readonly TokenVerifier[],
  verifiedTokens = createVerifiedTokenCache(),
): BearerAuthenticator {
  const byIssuer = new Map<unknown, TokenVerifier>(
    verifiers.flatMap((verifier) => verifier.issuers.map((issuer) => [issuer, verifier])),
  );

  async function verify(raw: string, now: number): Promise<VerifiedToken> {
    // `iss` only selects the verifier: nothing is fetched for an issuer that is not trusted.
    const token = parseCompactJws(raw, (issuer) => byIssuer.get(issuer)?.headerKeys ?? []);
    const verifier = byIssuer.get(token.payload.iss);
    if (verifier === undefined) throw invalidToken('issuer-not-trusted');
    return verifier.verify(token, now);
  }

  return {
    verifiers,
    extract(request) {
      const [value] = request.headers('authorization');
      if (value === undefined || !hasScheme(value)) return undefined;
      const token = afterScheme(value);
      if (token === '' || SEPARATORS.some((one) => token.includes(one))) {
        throw invalidToken('malformed-authorization');
      }
      return token;
    },
    authenticate: (token, now) => verifiedTokens.get(token, now, () => verify(token, now)),
    forget: (token) => verifiedTokens.delete(token),
  };
}
