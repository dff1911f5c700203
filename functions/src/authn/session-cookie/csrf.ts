import { createHmac, timingSafeEqual } from 'node:crypto';
import type { Principal } from '../../authz/principal.ts';
import { AppError } from '../../core/errors.ts';
import type { RefusalReason } from '../../core/refusal-reasons.ts';
import type { CredentialRequest } from '../credential.ts';
import type { Session } from './ports.ts';

/**
 * What a request with a session cookie has to prove, since browsers add the cookie to requests of any page:
 * - `none`: nothing, for a request that changes nothing
 * - `origin`: that a page of an allowed origin sent it, for callables: their SDK cannot send the token
 * - `token`: the origin, and the CSRF token
 */
export type CsrfCheck = 'none' | 'origin' | 'token';

/** RFC 9110 §9.2.1. */
const SAFE_METHODS: readonly unknown[] = ['GET', 'HEAD', 'OPTIONS'];

export function csrfCheckFor(method: string | undefined): CsrfCheck {
  return SAFE_METHODS.includes(method) ? 'none' : 'token';
}

/** The CSRF token of a session. It stays the same while the session lives. */
export function csrfTokenOf({ id, csrfKey }: Pick<Session, 'id' | 'csrfKey'>): string {
  return createHmac('sha256', csrfKey).update(id).digest('base64url');
}

interface CsrfAttempt {
  readonly request: CredentialRequest;
  /** Default: `token`. */
  readonly check: CsrfCheck | undefined;
  /** undefined: the session of the cookie has ended. Then there is no token to compare. */
  readonly session: Pick<Session, 'id' | 'csrfKey'> | undefined;
  readonly isAllowedOrigin: (origin: string, fetchSite: string | undefined) => boolean;
  readonly caller?: Principal | undefined;
}

/** Protects against requests that a page of another origin makes with the cookie. @throws AppError `csrf_failed` */
export function checkCsrf({ request, check = 'token', session, isAllowedOrigin, caller }: CsrfAttempt): void {
  if (check === 'none') return;
  const refuse = (reason: RefusalReason, detail: string) =>
    new AppError('csrf_failed', detail, { reason, caller });
  if (!isOfAllowedPage(request, isAllowedOrigin)) {
    throw refuse('csrf-origin', 'With a session cookie, the page needs an allowed origin.');
  }
  if (session === undefined) return;
  const [sent, ...others] = request.headers('x-csrf-token');
  if (sent === undefined) {
    if (check === 'origin') return;
    throw refuse('csrf-token-missing', 'Send X-CSRF-Token, as GET /v1/sessions/current answers it.');
  }
  if (others.length > 0 || !isSame(sent, csrfTokenOf(session))) {
    throw refuse('csrf-token-wrong', 'X-CSRF-Token is not the token of this session.');
  }
}

/** Browsers set both headers, and no script can. Every browser sends `Origin` with a cross-origin POST. */
function isOfAllowedPage({ headers }: CredentialRequest, isAllowed: CsrfAttempt['isAllowedOrigin']): boolean {
  const [origin, ...others] = headers('origin');
  const [fetchSite] = headers('sec-fetch-site');
  if (origin === undefined) return fetchSite === 'same-origin';
  return others.length === 0 && isAllowed(origin, fetchSite);
}

/** In constant time. */
function isSame(sent: string, token: string): boolean {
  const [a, b] = [Buffer.from(sent), Buffer.from(token)];
  return a.length === b.length && timingSafeEqual(a, b);
}
