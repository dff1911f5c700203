import { hash } from 'node:crypto';
import { LRUCache } from 'lru-cache';
import { createPrincipal } from '../../authz/principal.ts';
import { activeRoles, nextExpiry } from '../../authz/role-claims.ts';
import { AppError, isRefusal, severalCredentials } from '../../core/errors.ts';
import type { Authenticated, Authenticator } from '../credential.ts';
import { sessionKey } from '../ports.ts';
import { createVerifiedCache } from '../token-cache.ts';
import { type CookieSettings, sessionCookieOf, setCookieHeaders } from './cookie.ts';
import type { ReadSession, Sessions } from './ports.ts';

/** The name of a session's document: the cookie value itself is never stored. */
export function sessionHash(value: string): string {
  return hash('sha256', value, 'base64url');
}

interface VerifiedSession extends Authenticated {
  readonly validUntil: number;
}

/** Seconds after which session and record are read again. The revocation feed keeps a change for longer. */
export const SESSION_MAX_AGE = 600;
/** Seconds for which a refusal is kept: sending an ended cookie again and again costs no reads. */
export const REFUSAL_AGE = 60;
/** Seconds without renewals after a failed one. */
const RENEWAL_PAUSE = 10;
/** Each of the two memories; about 2 KiB a session. */
const MAX_ENTRIES = 5_000;

/**
 * Authenticates by the session cookie. Sessions that were read before are in memory, under the SHA-256 of the cookie value;
 * the revocation feed says when to read them again.
 */
export function createSessionAuthenticator(
  sessions: Sessions,
  settings: CookieSettings,
  maxEntries = MAX_ENTRIES,
): Authenticator<string> {
  const verified = createVerifiedCache<VerifiedSession>(maxEntries);
  /** In a memory of their own, so that a flood of invented cookies pushes out no session. */
  const refusals = new LRUCache<string, { readonly error: AppError; readonly until: number }>({
    max: maxEntries,
  });
  const renewing = new Set<string>();
  let renewAfter = 0;

  /** Every refusal is final: another sign-in gets another cookie. */
  function refused(key: string, now: number, error: unknown): unknown {
    if (error instanceof AppError && isRefusal(error)) {
      verified.delete(key);
      refusals.set(key, { error, until: now + REFUSAL_AGE });
    }
    return error;
  }

  async function read(key: string, now: number): Promise<VerifiedSession> {
    const refusal = refusals.get(key);
    if (refusal !== undefined && now < refusal.until) throw refusal.error;
    try {
      return toVerified(key, await sessions.read(key, now), now);
    } catch (error) {
      throw refused(key, now, error);
    }
  }

  async function renew(
    key: string,
    now: number,
    setCookie: ((header: string) => void) | undefined,
  ): Promise<void> {
    renewing.add(key);
    try {
      const { value, ...renewed } = await sessions.renew(key, now, { canRotate: setCookie !== undefined });
      if (value === undefined) verified.set(key, toVerified(key, renewed, now));
      else {
        // The next request with the old value reads when it ends.
        verified.delete(key);
        const newKey = sessionHash(value);
        verified.set(newKey, toVerified(newKey, renewed, now));
        const maxAge = renewed.session.absoluteEnd - now;
        for (const header of setCookieHeaders(value, maxAge, settings)) setCookie?.(header);
      }
    } catch (error) {
      if (!isRefusal(error)) renewAfter = now + RENEWAL_PAUSE;
      throw refused(key, now, error);
    } finally {
      renewing.delete(key);
    }
  }

  return {
    extract(request) {
      const value = sessionCookieOf(request);
      if (value !== undefined && request.headers('authorization').length > 0) {
        throw severalCredentials('Send an Authorization header or the session cookie, not both.');
      }
      return value;
    },
    authenticate(value, now) {
      const key = sessionHash(value);
      return verified.get(key, now, () => read(key, now));
    },
    async read(value, now) {
      const key = sessionHash(value);
      const found = await read(key, now);
      verified.set(key, found);
      return found;
    },
    forget: (value) => verified.delete(sessionHash(value)),
    renew(value, { session }, now, setCookie) {
      const canRotate = setCookie !== undefined;
      const isDue = session !== undefined && sessions.isDue(session, now, { canRotate });
      if (!isDue || now < renewAfter) return undefined;
      const key = sessionHash(value);
      // The other requests of the page go on.
      return renewing.has(key) ? undefined : renew(key, now, setCookie);
    },
  };
}

function toVerified(key: string, read: ReadSession, now: number): VerifiedSession {
  const { session, record, directoryVersion } = read;
  const { issuer, subject, uid, directoryId, email, emailVerified = false, provider, assurance } = session;
  const end = Math.min(session.idleEnd, session.absoluteEnd);
  return {
    session: read,
    endedBy: [sessionKey(session.id), sessionKey(key)],
    directoryVersion,
    validUntil: Math.min(end, nextExpiry(record.grants, now), now + SESSION_MAX_AGE),
    principal: createPrincipal({
      kind: 'user',
      issuer,
      subject,
      ...(uid !== undefined && { uid }),
      directoryId,
      ...(email !== undefined && { email, emailVerified }),
      roles: activeRoles(record.grants, now),
      authTime: session.validSince,
      assurance,
      ...(provider !== undefined && { provider }),
      tokenExpiresAt: end,
      credential: 'session-cookie',
      session: { id: session.id },
    }),
  };
}
