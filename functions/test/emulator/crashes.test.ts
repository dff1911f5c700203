import assert from 'node:assert/strict';
import type { Permission } from '../../src/authz/permissions.ts';
import { permissionsOf, type Role } from '../../src/authz/roles.ts';
import type { AccountStore } from '../../src/users/account-store.ts';
import type { UsersService } from '../../src/users/users-service.ts';
import { actor, decorateStore, openProject, outcomeOf } from './own-project.ts';

/** The process dies at its n-th call to Firebase Auth, or at its answer: nothing of it runs from then on. */
function dying(n: number, moment: 'before' | 'after') {
  let calls = 0;
  const done: string[] = [];
  const died = () => new Error('the process died');
  return {
    calls: () => calls,
    /** Names of the calls that took effect. */
    done,
    decorate: (store: AccountStore): AccountStore =>
      decorateStore(store, async (name, call) => {
        calls += 1;
        if (calls > n || (calls === n && moment === 'before')) throw died();
        const answer = await call();
        done.push(name);
        if (calls === n) throw died();
        return answer;
      }),
  };
}

interface Target {
  readonly roles: readonly Role[];
  readonly disabled?: boolean;
}

interface Change {
  readonly target: Target;
  /** What the target shall be when it is done. */
  readonly wanted: Target | 'gone';
  run(users: UsersService, by: string, uid: string): Promise<unknown>;
}

const setRoles =
  (roles: readonly Role[]): Change['run'] =>
  (users, by, uid) =>
    users.setRoles(actor(by), { uid, roles, rolesVersion: 1 });
const setDisabled =
  (disabled: boolean): Change['run'] =>
  (users, by, uid) =>
    users.setDisabled(actor(by), uid, disabled);
const remove: Change['run'] = (users, by, uid) => users.remove(actor(by), uid);

const changes: Record<string, Change> = {
  'demoting an owner': {
    target: { roles: ['owner'] },
    wanted: { roles: ['member'] },
    run: setRoles(['member']),
  },
  'demoting an admin': { target: { roles: ['admin'] }, wanted: { roles: [] }, run: setRoles([]) },
  'swapping a role': {
    target: { roles: ['support'] },
    wanted: { roles: ['auditor'] },
    run: setRoles(['auditor']),
  },
  'making an owner': {
    target: { roles: ['member'] },
    wanted: { roles: ['owner'] },
    run: setRoles(['owner']),
  },
  'disabling an owner': {
    target: { roles: ['owner'] },
    wanted: { roles: ['owner'], disabled: true },
    run: setDisabled(true),
  },
  'enabling an admin': {
    target: { roles: ['admin'], disabled: true },
    wanted: { roles: ['admin'] },
    run: setDisabled(false),
  },
  'deleting an owner': { target: { roles: ['owner'] }, wanted: 'gone', run: remove },
  'deleting a member': { target: { roles: ['member'] }, wanted: 'gone', run: remove },
  'deleting a disabled admin': { target: { roles: ['admin'], disabled: true }, wanted: 'gone', run: remove },
};

const MOST_CALLS = 12;
const NOTHING: ReadonlySet<Permission> = new Set();
const allowed = ({ roles, disabled = false }: Target) => (disabled ? NOTHING : new Set(permissionsOf(roles)));

describe('the process dies in the middle of', function () {
  this.timeout(30_000);

  for (const [name, change] of Object.entries(changes)) {
    for (const moment of ['before', 'after'] as const) {
      it(`${name}, ${moment} any call: an owner is left, no right is gained, and it can be done again`, async () => {
        for (let n = 1; ; n++) {
          assert.ok(n <= MOST_CALLS, 'it never ends');
          const process = dying(n, moment);
          const finished = await dieAndRepeat(change, process);
          if (finished) break;
        }
      });
    }
  }

  /** @returns whether the change was done before the process had to die */
  async function dieAndRepeat(change: Change, process: ReturnType<typeof dying>): Promise<boolean> {
    const project = openProject();
    const owner = await project.add(['owner']);
    const uid = await project.add(change.target.roles, { disabled: change.target.disabled ?? false });
    const { users } = project.instance({ decorate: process.decorate });
    const finished = await change.run(users, owner, uid).then(
      () => true,
      () => false,
    );
    const at = `at call ${process.calls()}`;

    assert.ok((await project.enabledOwners()).includes(owner), at);
    const left = await project.store.find(uid);
    if (left !== undefined) {
      const before = allowed(change.target);
      const wanted = change.wanted === 'gone' ? NOTHING : allowed(change.wanted);
      for (const permission of allowed(left)) {
        assert.ok(before.has(permission) || wanted.has(permission), `${permission} was gained ${at}`);
      }
    }

    const next = project.instance();
    const again = await outcomeOf(change.run(next.users, owner, uid));
    const alreadyDone = change.wanted === 'gone' ? 'not_found' : 'version_mismatch';
    assert.ok(again === 'done' || again === alreadyDone, `${again} ${at}`);
    const { roles, disabled } = (await project.store.find(uid)) ?? { roles: 'gone', disabled: 'gone' };
    const { wanted } = change;
    if (wanted === 'gone') assert.equal(roles, 'gone', at);
    else assert.deepEqual([roles, disabled], [wanted.roles, wanted.disabled ?? false], at);
    return finished;
  }

  it('demoting somebody, before any call: no token with the old roles stays good', async () => {
    for (let n = 1; n <= MOST_CALLS; n++) {
      const project = openProject();
      const owner = await project.add(['owner']);
      const uid = await project.add(['admin']);
      const { decorate, done } = dying(n, 'before');
      const { users } = project.instance({ decorate });
      await setRoles(['member'])(users, owner, uid).catch(() => undefined);
      const { roles, rolesVersion } = (await project.store.find(uid)) ?? {};
      if (roles?.includes('admin')) continue;
      // Then the version makes the old ID tokens stale, and no old session makes new ones.
      assert.equal(rolesVersion, 2, `at call ${n}`);
      assert.ok(done.includes('revokeTokens'), `at call ${n}`);
    }
  });
});
