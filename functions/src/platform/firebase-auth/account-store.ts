import { setTimeout as sleep } from 'node:timers/promises';
import type { Auth } from 'firebase-admin/auth';
import type { PASSKEY_AUTH_TIME, SUBJECT_AUTH_TIME } from '../../authn/token-times.ts';
import { withDeadline } from '../../core/deadline.ts';
import { AppError, invalidField, unavailable } from '../../core/errors.ts';
import { invalidPageToken } from '../../core/pagination.ts';
import { type Account, addressInUse, toAccount } from './account.ts';

/** Accounts in Firebase Auth. Every call has a deadline and fails as `unavailable`, `not_found` or `invalid_argument`. */
export interface AccountStore {
  find(uid: string): Promise<Account | undefined>;
  /** @param uids at most 100 */
  findAll(uids: readonly string[]): Promise<Account[]>;
  /** By the account's own address; addresses of its providers are in the directory. */
  findByEmail(email: string): Promise<Account | undefined>;
  /** @param phone E.164, e.g. `+4930123456` */
  findByPhone(phone: string): Promise<Account | undefined>;
  /** @param size 1 to 1000 */
  list(size: number, pageToken?: string): Promise<{ accounts: Account[]; nextPageToken?: string }>;
  /** Creates an account with this id and nothing else, or finds it. With an e-mail address others could be linked to it. */
  create(uid: string): Promise<void>;
  /**
   * Creates an account with an unverified e-mail address and no password.
   *
   * @throws AppError `already_exists` for an address of another account
   */
  createWithEmail(account: {
    readonly uid: string;
    readonly email: string;
    readonly displayName?: string;
  }): Promise<void>;
  /**
   * Creates a link with which the owner of the address sets a password. That verifies the address.
   *
   * @param continueUrl where the page of the link leads to; its domain is one of the project's authorized domains
   */
  createPasswordLink(email: string, continueUrl?: string): Promise<string>;
  /**
   * Creates a token to sign in with, valid for an hour. It has no claim that would shadow the account's own.
   *
   * @param signedInAt what it is made for, and the second since the epoch from which the age of the session counts
   */
  createCustomToken(uid: string, signedInAt: CustomTokenClaims): Promise<string>;
  /** Replaces all custom claims. */
  setClaims(uid: string, claims: Record<string, unknown>): Promise<void>;
  setDisabled(uid: string, disabled: boolean): Promise<void>;
  /**
   * Ends every session: refresh tokens stop working, and ID tokens of earlier sign-ins count as revoked.
   *
   * @param validAfter second since the epoch. The SDK revokes by this machine's clock, so this waits for that second
   * @throws AppError `unavailable` when that clock is more than {@link MAX_WAIT_MS} behind
   */
  revokeTokens(uid: string, validAfter: number): Promise<void>;
  remove(uid: string): Promise<void>;
}

/** One of them: {@link SUBJECT_AUTH_TIME}, {@link PASSKEY_AUTH_TIME}. */
export type CustomTokenClaims =
  | { readonly [SUBJECT_AUTH_TIME]: number }
  | { readonly [PASSKEY_AUTH_TIME]: number };

/** Of a custom token. Seconds, as Firebase has it: https://firebase.google.com/docs/auth/admin/create-custom-tokens */
export const CUSTOM_TOKEN_LIFETIME = 3600;

/** Longest wait for `validAfter`. */
const MAX_WAIT_MS = 2_000;

export function createAccountStore(auth: () => Promise<Auth>): AccountStore {
  async function call<T>(name: string, work: (auth: Auth) => Promise<T>): Promise<T> {
    try {
      return await withDeadline(name, auth().then(work));
    } catch (cause) {
      throw toAppError(name, cause);
    }
  }

  return {
    find: (uid) => orUndefined(call('getUser', (sdk) => sdk.getUser(uid).then(toAccount))),
    findByEmail: (email) =>
      orUndefined(call('getUserByEmail', (sdk) => sdk.getUserByEmail(email).then(toAccount))),
    findByPhone: (phone) =>
      orUndefined(call('getUserByPhoneNumber', (sdk) => sdk.getUserByPhoneNumber(phone).then(toAccount))),
    async findAll(uids) {
      if (uids.length === 0) return [];
      const { users } = await call('getUsers', (sdk) => sdk.getUsers(uids.map((uid) => ({ uid }))));
      return users.map(toAccount);
    },
    async list(size, pageToken) {
      const { users, pageToken: next } = await call('listUsers', (sdk) => sdk.listUsers(size, pageToken));
      return { accounts: users.map(toAccount), ...(next && { nextPageToken: next }) };
    },
    async create(uid) {
      try {
        await call('createUser', (sdk) => sdk.createUser({ uid }));
      } catch (error) {
        if (!isCodeOf(error, 'auth/uid-already-exists')) throw error;
      }
    },
    async createWithEmail(account) {
      await call('createUser', (sdk) => sdk.createUser({ ...account, emailVerified: false }));
    },
    createPasswordLink: (email, url) =>
      call('generatePasswordResetLink', (sdk) =>
        sdk.generatePasswordResetLink(email, url ? { url } : undefined),
      ),
    createCustomToken: (uid, signedInAt) =>
      call('createCustomToken', (sdk) => sdk.createCustomToken(uid, signedInAt)),
    setClaims: (uid, claims) => call('setCustomUserClaims', (sdk) => sdk.setCustomUserClaims(uid, claims)),
    async setDisabled(uid, disabled) {
      await call('updateUser', (sdk) => sdk.updateUser(uid, { disabled }));
    },
    async revokeTokens(uid, validAfter) {
      const wait = validAfter * 1000 - Date.now();
      if (wait > MAX_WAIT_MS) throw unavailable(`this clock is ${wait} ms behind`);
      await sleep(Math.max(0, wait));
      await call('revokeRefreshTokens', (sdk) => sdk.revokeRefreshTokens(uid));
    },
    remove: (uid) => call('deleteUser', (sdk) => sdk.deleteUser(uid)),
  };
}

/** https://firebase.google.com/docs/auth/admin/errors */
function toAppError(name: string, cause: unknown): unknown {
  const code = typeof cause === 'object' && cause !== null && 'code' in cause ? cause.code : undefined;
  switch (code) {
    case 'auth/user-not-found':
      return new AppError('not_found', 'There is no such user.', { cause });
    case 'auth/invalid-page-token':
      return invalidPageToken(cause);
    case 'auth/email-already-exists':
      return addressInUse(cause);
    case 'auth/invalid-email':
      return invalidField('email', 'Send an e-mail address, e.g. ann@example.com.', cause);
    case 'auth/invalid-phone-number':
      return invalidField('phone', 'Send a phone number, e.g. +4930123456.', cause);
    default:
      // Network errors (`app/network-error`), quota and 5xx answers: not the caller's fault.
      return typeof code === 'string' && /^(auth|app)\//.test(code)
        ? unavailable(`${name}: ${code}`, cause)
        : cause;
  }
}

function isCodeOf(error: unknown, code: string): boolean {
  return error instanceof AppError && Object(error.cause).code === code;
}

async function orUndefined<T>(work: Promise<T>): Promise<T | undefined> {
  try {
    return await work;
  } catch (error) {
    if (error instanceof AppError && error.code === 'not_found') return undefined;
    throw error;
  }
}
