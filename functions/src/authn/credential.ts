import { AppError, invalidToken } from '../core/errors.ts';

/** What the caller presents. */
export interface Credential {
  readonly kind: 'bearer';
  readonly token: string;
}

/**
 * Finds at most one credential in a request's `Authorization` header lines (RFC 6750 §2.1). Never looks at the query
 * string or the body.
 *
 * @param authorization every `Authorization` line as received: Node keeps only the first in `headers`.
 * @throws AppError `invalid_request` for two credentials, `invalid_token` for anything but `Bearer <token>`.
 */
export function findCredential(authorization: readonly string[]): Credential | undefined {
  const [value, ...others] = authorization;
  if (value === undefined) return undefined;
  if (others.length > 0) {
    throw new AppError('invalid_request', 'Send one Authorization header, not several.');
  }
  const token = afterScheme(value);
  if (token === '' || SEPARATORS.some((one) => token.includes(one))) {
    throw invalidToken('Authorization is not of the form "Bearer <token>"');
  }
  return { kind: 'bearer', token };
}

const SCHEME = 'bearer ';

/** The comma and all white space that a header's characters can be. One by one: a pattern takes as long as hashing does. */
const SEPARATORS = [...', \t\n\v\f\r\u00a0'];

/** RFC 9110 §11.1: schemes do not care about case, and any number of spaces may follow. */
function afterScheme(value: string): string {
  if (value.slice(0, SCHEME.length).toLowerCase() !== SCHEME) return '';
  let from = SCHEME.length;
  while (value[from] === ' ') from++;
  return value.slice(from);
}
