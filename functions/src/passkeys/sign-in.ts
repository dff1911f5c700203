import { randomUUID } from 'node:crypto';
import { setTimeout as sleep } from 'node:timers/promises';
import { type AuditEvent, type AuditLog, auditEventRef } from '../audit/index.ts';
import { isExternalId } from '../authn/external-identity.ts';
import { firebaseIssuer } from '../authn/oidc/providers/firebase.ts';
import { checkRecord } from '../authn/ports.ts';
import { checkSignIn } from '../authn/sign-in-policy.ts';
import { PASSKEY_AUTH_TIME } from '../authn/token-times.ts';
import { createPrincipal, type Principal, type PrincipalActor } from '../authz/principal.ts';
import { AppError, invalidToken, isRefusal, toAppError, unavailable } from '../core/errors.ts';
import type { DirectoryService } from '../directory/index.ts';
import type { OpenedFirestore } from '../platform/firestore/firestore.ts';
import { runOnce } from '../platform/firestore/transaction.ts';
import type { Platform } from '../platform/platform.ts';
import type { VerifyAssertion } from './assertions.ts';
import type { AuthenticationResponse } from './response-schema.ts';

/** Milliseconds. A refusal takes whole steps, because reading a document that exists takes a little longer. */
const REFUSAL_STEP = 50;

interface Needs {
  readonly audit: AuditLog;
  readonly directory: DirectoryService;
  readonly verifyAssertion: VerifyAssertion;
}

/** Signs in Firebase users by passkey alone. */
export function createSignIn(
  { accounts, config, firestore: open, log }: Pick<Platform, 'accounts' | 'config' | 'firestore' | 'log'>,
  { audit, directory, verifyAssertion }: Needs,
) {
  const issuer = firebaseIssuer(config.projectId);

  /** One transaction: the challenge and the counter are used, and the audit event appended. */
  async function verifyAndUse(
    response: AuthenticationResponse,
    requestId: string,
    known: (user: string) => void,
  ) {
    const { passkey, checkIn } = await verifyAssertion(response, { ceremony: 'sign-in' });
    const { user: uid } = passkey;
    known(uid);
    const user = { issuer, subject: uid, uid, directoryId: uid };
    // The issuer of an external user decides who may sign in, and may have removed the user.
    if (isExternalId(uid)) {
      const detail = 'This passkey is a second factor. Sign in with your provider first.';
      throw new AppError('sign_in_not_allowed', detail, { reason: 'second-factor-only', caller: user });
    }
    const record = await directory.records.read(uid);
    if (record === undefined) throw invalidToken('account-deleted', { caller: user });
    const eventId = randomUUID();
    const about = { action: 'passkey.sign-in', outcome: 'done', actor: uid, issuer, target: uid } as const;
    const event: AuditEvent = { ...about, requestId, after: { factor: passkey.id } };
    const marker = (firestore: OpenedFirestore) => auditEventRef(firestore, eventId);
    const principal = await runOnce('passkeys.signIn', open, marker, async (firestore, tx) => {
      const { entry, now, use } = await checkIn(firestore, tx);
      // The account, as read before the transaction, and the entry as it is now.
      for (const current of [record, entry]) checkRecord(current, now, user);
      const { email, emailVerified } = entry;
      const signIn = { ...user, provider: 'passkey', ...(email !== undefined && { email, emailVerified }) };
      checkSignIn(config.signIn, signIn);
      use();
      audit.append(firestore, tx, event, eventId);
      return createPrincipal({
        ...{ kind: 'user', ...signIn, roles: [], authTime: now, tokenExpiresAt: now, credential: 'none' },
        assurance: { level: 'aal2', at: now, methods: ['passkey'] },
      });
    });
    log.change(event);
    return principal;
  }

  return {
    /**
     * Verifies a response to the options of a sign-in.
     *
     * @returns the user, who is signed in from this second on
     * @throws AppError `invalid_factor`, `sign_in_not_allowed`, `invalid_token`, `token_stale`, `unavailable`
     */
    async verify(response: AuthenticationResponse, requestId: string): Promise<PrincipalActor> {
      const began = performance.now();
      let user: string | undefined;
      try {
        const principal = await verifyAndUse(response, requestId, (found) => {
          user = found;
        });
        return { kind: 'principal', principal, requestId };
      } catch (error) {
        const { code, reason = code, logDetail: detail } = toAppError(error);
        const by = user === undefined ? { actor: 'anonymous' } : { actor: user, issuer };
        const event = { ...by, action: 'passkey.sign-in', target: by.actor, requestId, reason } as const;
        const isRefused = isRefusal(error);
        log.change({ ...event, outcome: isRefused ? 'refused' : 'unknown', code, detail });
        // Without a verified signature the response can say anything.
        if (user === undefined) await sleep(REFUSAL_STEP - ((performance.now() - began) % REFUSAL_STEP));
        else if (isRefused) await audit.recordRefusal({ ...event, outcome: 'refused' });
        throw error;
      }
    },

    /**
     * Creates a custom token for the user. The claims are in Firebase Auth before it exists: the first ID token of the client
     * would be stale otherwise.
     */
    async createCustomToken({ uid = '', authTime }: Principal): Promise<string> {
      if (!(await directory.sync.syncAccount(uid))) throw unavailable('Firebase Auth is not in sync');
      return accounts.createCustomToken(uid, { [PASSKEY_AUTH_TIME]: authTime });
    },
  };
}
