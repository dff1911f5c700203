import assert from 'node:assert/strict';
import type { Role } from '../../../src/authz/roles.ts';
import { type Actor, createUsersService } from '../../../src/users/users-service.ts';
import { actor } from '../../helpers/actor.ts';
import { recordingLog } from '../../helpers/instance.ts';
import { accountOf, createMemoryAccounts } from '../../helpers/memory-accounts.ts';
import { assertRefused } from '../../helpers/refusal.ts';

const OLGA = actor('olga', ['owner']);

function createSubject(...more: Parameters<typeof accountOf>[]) {
  const store = createMemoryAccounts([
    accountOf('olga', { roles: ['owner'] }),
    ...more.map((account) => accountOf(...account)),
  ]);
  const instance = () =>
    createUsersService({ store, log: recordingLog().log, accountStates: { forget() {} } });
  return { store, users: instance(), instance };
}
const set = (uid: string, roles: readonly Role[], rolesVersion = 1) => ({ uid, roles, rolesVersion });

describe('users: the last owner', () => {
  const taking: Record<
    string,
    (users: ReturnType<typeof createUsersService>, who: Actor, uid: string) => Promise<unknown>
  > = {
    demoted: (users, who, uid) => users.setRoles(who, set(uid, ['admin'])),
    disabled: (users, who, uid) => users.setDisabled(who, uid, true),
    deleted: (users, who, uid) => users.remove(who, uid),
  };
  const owners = ({ store }: ReturnType<typeof createSubject>) =>
    [...store.byUid.values()]
      .filter(({ roles, disabled }) => roles.includes('owner') && !disabled)
      .map(({ uid }) => uid);

  for (const [what, take] of Object.entries(taking)) {
    it(`is not ${what}`, async () => {
      const subject = createSubject();
      await assertRefused(() => take(subject.users, actor('ghost', ['owner']), 'olga'), 'last_owner');
      assert.deepEqual(owners(subject), ['olga']);
      assert.deepEqual(subject.store.changes, []);
    });

    it(`is ${what} neither when the only other one is disabled`, async () => {
      const subject = createSubject(['otto', { roles: ['owner'], disabled: true }]);
      await assertRefused(() => take(subject.users, actor('ghost', ['owner']), 'olga'), 'last_owner');
      assert.deepEqual(owners(subject), ['olga']);
    });

    it(`but one of two may be ${what}`, async () => {
      const subject = createSubject(['otto', { roles: ['owner'] }]);
      await take(subject.users, OLGA, 'otto');
      assert.deepEqual(owners(subject), ['olga']);
    });

    it(`stays when two on one instance want each other ${what} at the same moment`, async () => {
      const subject = createSubject(['otto', { roles: ['owner'] }]);
      const results = await Promise.allSettled([
        take(subject.users, OLGA, 'otto'),
        take(subject.users, actor('otto', ['owner']), 'olga'),
      ]);
      const done = results.filter(({ status }) => status === 'fulfilled').length;
      assert.ok(done <= 1);
      assert.equal(owners(subject).length, 2 - done);
    });

    it(`stays when two on two instances want each other ${what}, and neither sees the other before it writes`, async () => {
      const subject = createSubject(['otto', { roles: ['owner'] }]);
      // A barrier: both have looked, and found another owner, before either writes.
      const both = Promise.withResolvers<void>();
      let waiting = 0;
      subject.store.before = async (change) => {
        if (!/^(setClaims|disable) /.test(change)) return;
        waiting += 1;
        if (waiting === 2) both.resolve();
        await both.promise;
      };
      const results = await Promise.allSettled([
        take(subject.instance(), OLGA, 'otto'),
        take(subject.instance(), actor('otto', ['owner']), 'olga'),
      ]);
      assert.ok(owners(subject).length > 0, 'no owner is left');
      for (const result of results) {
        if (result.status === 'rejected') assert.equal(result.reason.code, 'last_owner');
      }
    });
  }
});
