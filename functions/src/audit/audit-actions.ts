import { EXAMPLE_ACTIONS } from './example-actions.ts';

/** Every audit action, and when its event is written. `docs/reference/audit-actions.md` shows this table; a test compares the two. */
export const AUDIT_ACTIONS = {
  'roles.set': 'an administrator or `npm run grant` sets, adds or removes grants',
  'owner.offer': '`npm run gatehouse:claim-owner` creates a claim code',
  'owner.claim': 'a user presents the claim code and becomes the first owner',
  'roles.default': 'a new user gets the default role',
  'grants.expire': 'reconciliation removes expired grants',
  'user.disable': 'a user is disabled through the API',
  'user.enable': 'a user is enabled through the API',
  'user.delete': 'a user is deleted through the API',
  'user.account-deleted': 'the account was deleted elsewhere, for example in the Firebase console',
  'user.firebase-account-deleted': 'the Firebase account of an external user was deleted; the entry stays',
  'user.provision': 'an entry of an external user is created, by an administrator or just in time',
  'user.import': 'an entry of an existing Firebase user with roles is created',
  'user.create':
    'an administrator creates a Firebase user; or the sign-up or sign-in policy refuses a sign-up (Identity Platform)',
  'user.sign-up-refused': 'the sign-up policy disables a new account (without Identity Platform)',
  'user.sign-in': 'a disabled user tries to sign in, or the sign-in policy refuses it (Identity Platform)',
  'sessions.revoke': 'a user is signed out everywhere',
  'session.create': 'a sign-in begins a session',
  'session.step-up': 'the user of a session proves again who they are',
  'mfa.step-up': 'the user of a bearer token proves a second factor',
  'session.end': 'one session ends before its time; `after.cause` says why',
  'claims.repair': 'drifted custom claims are written again, also by `npm run resync`',
  'token.exchange': 'an external token is exchanged',
  'session.firebase-token': 'a session gets a Firebase custom token',
  'factor.enrol': 'a user adds a second factor',
  'factor.start': 'a user begins to enrol an authenticator app',
  'factor.rename': 'a user gives a second factor another name',
  'factor.delete': 'a user deletes a second factor',
  'factor.reset': 'an administrator deletes the second factors of a user, and signs the user out everywhere',
  'recovery-codes.create': 'a user gets new recovery codes',
  'passkey.sign-in': 'a user signs in with a passkey',
  'access.refused': 'a privileged operation is refused',
  ...EXAMPLE_ACTIONS,
} as const satisfies Record<`${string}.${string}`, string>;

export type AuditAction = keyof typeof AUDIT_ACTIONS;

export const ALL_AUDIT_ACTIONS: readonly AuditAction[] = Object.freeze(
  Object.keys(AUDIT_ACTIONS) as AuditAction[],
);
