import type { Role } from '../../src/authz/roles.ts';
import { AppError } from '../../src/core/errors.ts';
import { type Account, addressInUse } from '../../src/platform/firebase-auth/account.ts';
import type { AccountStore } from '../../src/platform/firebase-auth/account-store.ts';

/** An account with these fields; the others have defaults. */
export function accountOf(
  uid: string,
  { roles = [], ...facts }: Partial<Account> & { roles?: readonly Role[] } = {},
): Account {
  return {
    uid,
    email: `${uid}@example.com`,
    emailVerified: true,
    providers: ['password'],
    providerEmails: [],
    disabled: false,
    hasSecondFactor: false,
    validAfter: 0,
    claims: { roles, rv: 1 },
    ...facts,
  };
}

export interface MemoryAccounts extends AccountStore {
  /** All changes so far, in order, e.g. `setClaims bob`. */
  readonly changes: string[];
  readonly byUid: Map<string, Account>;
  /** Runs before each change; may throw, wait, or change an account first. */
  before: (change: string) => void | Promise<void>;
}

/** Firebase Auth in memory. Like the real one, it has no compare-and-set. */
export function createMemoryAccounts(accounts: readonly Account[]): MemoryAccounts {
  const byUid = new Map(accounts.map((account) => [account.uid, account]));
  const changes: string[] = [];

  async function change(what: string, uid: string, facts: (account: Account) => Partial<Account>) {
    const name = `${what} ${uid}`;
    await store.before(name);
    const account = byUid.get(uid);
    if (account === undefined) throw new AppError('not_found');
    changes.push(name);
    byUid.set(uid, { ...account, ...facts(account) });
  }

  const store: MemoryAccounts = {
    changes,
    byUid,
    before: () => undefined,
    find: async (uid) => byUid.get(uid),
    findByEmail: async (email) => [...byUid.values()].find((account) => account.email === email),
    findAll: async (uids) => uids.flatMap((uid) => byUid.get(uid) ?? []),
    findByPhone: async (phone) => [...byUid.values()].find((account) => account.phoneNumber === phone),
    async list(size, pageToken) {
      const all = [...byUid.values()];
      const from = Number(pageToken ?? 0);
      const next = from + size;
      return { accounts: all.slice(from, next), ...(next < all.length && { nextPageToken: String(next) }) };
    },
    setClaims: (uid, claims) => change('setClaims', uid, () => ({ claims })),
    setDisabled: (uid, disabled) => change(disabled ? 'disable' : 'enable', uid, () => ({ disabled })),
    revokeTokens: (uid, validAfter) => change('revokeTokens', uid, () => ({ validAfter })),
    async create(uid) {
      await store.before(`create ${uid}`);
      if (byUid.has(uid)) return;
      changes.push(`create ${uid}`);
      const { email: _, ...nameless } = accountOf(uid, { emailVerified: false, providers: [], claims: {} });
      byUid.set(uid, nameless);
    },
    async createWithEmail({ uid, email, displayName }) {
      await store.before(`createWithEmail ${email}`);
      if ((await store.findByEmail(email)) !== undefined) throw addressInUse();
      changes.push(`createWithEmail ${email}`);
      const { displayName: _, ...account } = accountOf(uid, {
        emailVerified: false,
        providers: [],
        claims: {},
      });
      byUid.set(uid, { ...account, email, ...(displayName !== undefined && { displayName }) });
    },
    async createPasswordLink(email, continueUrl = '') {
      await store.before(`createPasswordLink ${email}`);
      return `https://auth.example.com/action?oobCode=SECRET-CODE&continueUrl=${continueUrl}`;
    },
    async createCustomToken(uid) {
      await store.before(`createCustomToken ${uid}`);
      return `custom token of ${uid}`;
    },
    async remove(uid) {
      await change('remove', uid, () => ({}));
      byUid.delete(uid);
    },
  };
  return store;
}
