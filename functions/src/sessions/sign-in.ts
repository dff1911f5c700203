import type { Session } from '../authn/session-cookie/ports.ts';
import type { Principal } from '../authz/principal.ts';
import type { Assurance } from '../core/access-types.ts';
import { AppError } from '../core/errors.ts';
import type { RefusalReason } from '../core/refusal-reasons.ts';

/** What a session takes from a fresh credential. Pure. */

/** The user of a session, as the credential names them. */
export type SessionUser = Pick<
  Session,
  'directoryId' | 'issuer' | 'subject' | 'uid' | 'email' | 'emailVerified' | 'provider' | 'assurance'
>;

/**
 * The user of a credential.
 *
 * @param detail of the refusal
 * @throws AppError `permission_denied` for a credential that allows less than a session, or is not of a person: a session has
 *   every permission of its user
 */
export function userOf(principal: Principal, detail = 'This token cannot begin a session.'): SessionUser {
  const {
    kind,
    directoryId,
    scopes,
    actor,
    issuer,
    subject,
    uid,
    email,
    emailVerified,
    provider,
    assurance,
  } = principal;
  if (kind !== 'user' || directoryId === undefined) throw refused('service-token', principal, detail);
  if (scopes !== undefined) throw refused('narrowed-by-scopes', principal, detail);
  if (actor !== undefined) throw refused('delegated-token', principal, detail);
  return { directoryId, issuer, subject, uid, email, emailVerified, provider, assurance };
}

function refused(reason: RefusalReason, caller: Principal, detail: string): AppError {
  return new AppError('permission_denied', detail, { reason, caller });
}

/**
 * The assurance of a session after a further sign-in of its user.
 *
 * @throws AppError `step_up_required` for a sign-in that proves less than the session has
 */
export function raiseAssurance(session: Assurance, signIn: Assurance): Assurance {
  if (session.level === 'aal2' && signIn.level === 'aal1') {
    const stepUp = { assurance: session.level };
    throw new AppError('step_up_required', 'Prove the second factor, as this session has.', {
      reason: 'step-up-required',
      stepUp,
    });
  }
  return (signIn.at ?? 0) > (session.at ?? 0) || signIn.level !== session.level ? signIn : session;
}
