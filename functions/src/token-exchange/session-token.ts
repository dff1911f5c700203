import type { AuditEvent } from '../audit/index.ts';
import { checkRecord } from '../authn/ports.ts';
import { sessionHash } from '../authn/session-cookie/authenticator.ts';
import type { Session, Sessions } from '../authn/session-cookie/ports.ts';
import { seconds } from '../core/clock.ts';
import { AppError, invalidToken } from '../core/errors.ts';
import type { DirectoryEntry, DirectoryService, Outcome } from '../directory/index.ts';
import type { Platform } from '../platform/platform.ts';
import type { CreateCustomToken } from './custom-token.ts';

/**
 * Creates a Firebase custom token for the user of a session: for pages that use Firestore and Storage beside the API. Its
 * only claim is the time of the sign-in.
 *
 * @param cookie value of the session cookie
 * @throws AppError `invalid_token`, `token_stale` for a session that has ended; `permission_denied` where the issuer does not
 *   or the configuration does not allow it; `unavailable`
 */
export type CreateSessionToken = (cookie: string, requestId: string) => Promise<string>;

interface Needs {
  readonly directory: DirectoryService;
  readonly sessions: Pick<Sessions, 'read'>;
  readonly createCustomToken: CreateCustomToken;
}

export function createSessionTokens(
  { clock, config, log }: Pick<Platform, 'clock' | 'config' | 'log'>,
  { directory, sessions, createCustomToken }: Needs,
): CreateSessionToken {
  /** A Firebase token could give more than the tokens of the issuer: docs/guides/token-exchange.md#what-is-refused. */
  function allowsExchange({ uid, issuer }: Session): boolean {
    if (uid !== undefined) return true;
    const profiles = config.trustedIssuers.filter((profile) => profile.issuer === issuer);
    return profiles.length > 0 && profiles.every(({ tokenExchange }) => tokenExchange);
  }

  function checkAllowed(session: Session): void {
    if (config.sessions.firebaseTokens && allowsExchange(session)) return;
    const detail = 'This session cannot be exchanged for Firebase tokens.';
    throw new AppError('permission_denied', detail, { reason: 'exchange-not-allowed', caller: session });
  }

  /** One transaction: checks the entry again, and appends the audit event. */
  async function recordToken(session: Session, requestId: string): Promise<DirectoryEntry> {
    const { id, directoryId: uid, issuer, validSince } = session;
    const about = { actor: uid, issuer, target: uid, requestId };
    const audit: AuditEvent = {
      ...about,
      action: 'session.firebase-token',
      outcome: 'done',
      after: { session: id },
    };
    const outcome = await directory.change({ uid }, ({ entry }): Outcome => {
      if (entry === undefined) throw invalidToken('account-deleted', { caller: session });
      checkRecord(entry, validSince, session);
      return { entry, audit };
    });
    if (!outcome?.entry) throw new Error('the entry stays');
    log.change(audit);
    return outcome.entry;
  }

  return async (cookie, requestId) => {
    // Never from memory: Firebase's refresh token lives on when the session ends.
    const { session } = await sessions.read(sessionHash(cookie), seconds(clock));
    checkAllowed(session);
    const entry = await recordToken(session, requestId);
    return createCustomToken(entry, session.validSince, () =>
      invalidToken('account-disabled', { caller: session }),
    );
  };
}
