import assert from 'node:assert/strict';
import { unavailable } from '../../../src/core/errors.ts';
import { createAddUser } from '../../../src/directory/add-user.ts';
import { UNCERTAIN_LEASE_SECONDS } from '../../../src/directory/sync/account-sync.ts';
import type { AccountStore } from '../../../src/platform/firebase-auth/account-store.ts';
import { actor } from '../../helpers/actor.ts';
import { assertRefused } from '../../helpers/refusal.ts';
import { openTestDirectory, type TestDirectory, wireDirectory } from '../../helpers/test-directory.ts';

const OLGA = actor('olga', ['owner']);
const ADA = { email: 'ada@example.com', displayName: 'Ada' };
const SYSTEM = { kind: 'system', requestId: 'r' } as const;

let access: TestDirectory;
const support = ({ now }: { now: number }) => [
  { role: 'support', grantedBy: 'olga', grantedAt: now } as const,
];
const add = (user = ADA, by = access) => by.directory.addUser(OLGA, user, support);
const found = () => [...access.accounts.byUid.values()].filter(({ email }) => email === ADA.email);
const entries = async () => (await access.all('directory')).filter(({ email }) => email === ADA.email);

/** After the lease: the user is there as requested, with account, entry and claims, or not at all. */
async function assertWhole(what: string): Promise<boolean> {
  access.clock.move((UNCERTAIN_LEASE_SECONDS + 1) * 1000);
  const { failed, more } = await access.another().reconcile(SYSTEM);
  assert.deepEqual({ failed, more }, { failed: 0, more: false }, what);
  const [account] = found();
  const [entry] = await entries();
  assert.equal(account === undefined, entry === undefined, what);
  if (account === undefined) return false;
  assert.deepEqual([account.claims, entry?.pending], [{ roles: ['support'], rv: 1 }, []], what);
  return true;
}

describe('adding a user', () => {
  beforeEach(async () => {
    access = await openTestDirectory([['olga', { roles: ['owner'] }]]);
    await access.users.get('olga');
  });
  afterEach(() => access.close());

  for (const timing of ['before', 'after'] as const) {
    it(`leaves a whole user or none when the process exits at any call (${timing} its effect)`, async () => {
      const outcomes: boolean[] = [];
      for (let n = 0; ; n++) {
        const step = exitAt(n, timing);
        await addWith(step).catch(() => undefined);
        if (!step.hasExited()) break;
        const isThere = await assertWhole(`exit ${timing} call ${n}`);
        outcomes.push(isThere);
        if (isThere) await assertRefused(() => add(), 'already_exists');
        else await add();
        assert.equal(await assertWhole(`retry after exit ${timing} call ${n}`), true);
        await access.close();
        access = await openTestDirectory([['olga', { roles: ['owner'] }]]);
        await access.users.get('olga');
      }
      // Of the calls, some are before the account exists and some after.
      assert.deepEqual(new Set(outcomes), new Set([false, true]));
    });
  }

  it('keeps an account that was created although the call timed out', async () => {
    const create = access.accounts.createWithEmail;
    access.accounts.createWithEmail = async (account) => {
      await create(account);
      throw unavailable('createUser: timeout');
    };
    await assertRefused(() => add(), 'unavailable');
    assert.equal(await assertWhole('timeout'), true);
    assert.equal(access.lines.at(-1)?.outcome, 'unknown');
  });

  it('removes nothing while the account may still be created', async () => {
    access.accounts.before = (change) => {
      if (change.startsWith('createWithEmail')) throw unavailable('createUser: timeout');
    };
    await assertRefused(() => add(), 'unavailable');
    await access.another().reconcile(SYSTEM);
    assert.equal((await entries()).length, 1);
    assert.equal(await assertWhole('later'), false);
  });

  it('creates one user for two parallel requests with the same address', async () => {
    const results = await Promise.allSettled([add(), access.another().directory.addUser(OLGA, ADA, support)]);
    const refusals = results.flatMap((result) => (result.status === 'rejected' ? result.reason.code : []));
    assert.deepEqual(refusals, ['already_exists']);
    assert.deepEqual([found().length, (await entries()).length], [1, 1]);
    assert.equal(await assertWhole('parallel'), true);
  });

  /** Adds the user in a process in which every call of Firebase Auth and every change goes through `step`. */
  function addWith(step: Step) {
    const { firestore, clock } = access;
    const accounts = stepped(access.accounts, step);
    const wired = wireDirectory({ firestore, clock, accounts });
    const { audit, sync, platform } = wired;
    const directory = { ...wired.directory, change: through(step, wired.directory.change) };
    return createAddUser({ directory, accounts, sync, audit, log: platform.log })(OLGA, ADA, support);
  }
});

interface Step {
  (work: () => Promise<unknown>): Promise<unknown>;
  hasExited(): boolean;
}

/** A process that exits at its n-th call, before or after the effect, and makes no later call. */
function exitAt(n: number, timing: 'before' | 'after'): Step {
  let calls = 0;
  const step = async (work: () => Promise<unknown>) => {
    const isLast = calls++ >= n;
    if (isLast && (timing === 'before' || calls > n + 1)) throw new Error('the process exited');
    const result = await work();
    if (isLast) throw new Error('the process exited');
    return result;
  };
  return Object.assign(step, { hasExited: () => calls > n });
}

function stepped(accounts: AccountStore, step: Step): AccountStore {
  const { find, findByEmail, createWithEmail, setClaims } = accounts;
  return {
    ...accounts,
    find: through(step, find),
    findByEmail: through(step, findByEmail),
    createWithEmail: through(step, createWithEmail),
    setClaims: through(step, setClaims),
  };
}

function through<A extends unknown[], R>(step: Step, call: (...args: A) => Promise<R>) {
  // A step returns the result of the call.
  return (...args: A) => step(() => call(...args)) as Promise<R>;
}
