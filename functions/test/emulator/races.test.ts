import assert from 'node:assert/strict';
import fc from 'fast-check';
import type { AccountStore } from '../../src/users/account-store.ts';
import type { UsersService } from '../../src/users/users-service.ts';
import { until } from '../helpers/emulator.ts';
import { actor, decorateStore, openProject, outcomeOf, type Project } from './own-project.ts';

/** Holds back every first write until as many as `parties` have come: all have passed their checks by then. */
function barrier(parties: number): (store: AccountStore) => AccountStore {
  let waiting = 0;
  let open = () => {};
  const opened = new Promise<void>((resolve) => {
    open = resolve;
  });
  return (store) => {
    let passed = false;
    return decorateStore(store, async (name, call) => {
      if (
        !passed &&
        (name === 'setClaims' || name === 'setDisabled' || name === 'revokeTokens' || name === 'remove')
      ) {
        passed = true;
        if (++waiting === parties) open();
        await opened;
      }
      return call();
    });
  };
}

type Attack = (users: UsersService, by: string, target: string) => Promise<unknown>;

/** Three ways to take an owner away. */
const attacks: Record<string, Attack> = {
  demotes: (users, by, uid) => users.setRoles(actor(by), { uid, roles: ['member'], rolesVersion: 1 }),
  disables: (users, by, uid) => users.setDisabled(actor(by), uid, true),
  deletes: (users, by, uid) => users.remove(actor(by), uid),
};

describe('changes at the same moment', function () {
  this.timeout(60_000);

  it('lets one of 50 changes of the same version win on one instance', async () => {
    const project = openProject();
    const owner = await project.add(['owner']);
    const uid = await project.add(['member']);
    // The first write waits for every other change to have read the account, which they must not do before their turn.
    let read = 0;
    const { users } = project.instance({
      decorate: (store) =>
        decorateStore(store, async (name, call) => {
          const others = async () => (read >= 50 ? true : undefined);
          if (name === 'setClaims') await until('the others to read', others, 500).catch(() => undefined);
          const answer = await call();
          if (name === 'find') read += 1;
          return answer;
        }),
    });
    const roles = ['support', 'auditor', 'admin'] as const;
    const changes = Array.from({ length: 50 }, (_, n) =>
      users.setRoles(actor(owner), { uid, roles: [roles[n % 3] ?? 'support'], rolesVersion: 1 }),
    );
    const outcomes = await Promise.all(changes.map(outcomeOf));
    assert.equal(outcomes.filter((outcome) => outcome === 'done').length, 1);
    assert.equal(outcomes.filter((outcome) => outcome === 'version_mismatch').length, 49);
    const after = await users.get(uid);
    assert.deepEqual([after.rolesVersion, after.roles], [2, ['support']]);
  });

  for (const [one, attackByFirst] of Object.entries(attacks)) {
    for (const [other, attackBySecond] of Object.entries(attacks)) {
      it(`leaves an owner when one ${one} the other, who ${other} them, on two instances past their checks`, async () => {
        const project = openProject();
        const [first, second] = [await project.add(['owner']), await project.add(['owner'])];
        const decorate = barrier(2);
        const [left, right] = [project.instance({ decorate }), project.instance({ decorate })];
        const outcomes = await Promise.all([
          outcomeOf(attackByFirst(left.users, first, second)),
          outcomeOf(attackBySecond(right.users, second, first)),
        ]);
        const owners = await project.enabledOwners();
        assert.ok(owners.length > 0, `nobody owns the project after ${outcomes}`);
        for (const outcome of outcomes) assert.ok(outcome === 'done' || outcome === 'last_owner', outcome);
      });
    }
  }

  it('leaves an owner in whatever order two instances take their steps', async () => {
    const attack = fc.constantFrom(...Object.keys(attacks));
    await fc.assert(
      fc.asyncProperty(fc.scheduler(), attack, attack, async (scheduler, one, other) => {
        const project = openProject();
        const [first, second] = [await project.add(['owner']), await project.add(['owner'])];
        const steps = (store: AccountStore) =>
          decorateStore(store, async (name, call) => {
            await scheduler.schedule(Promise.resolve(), name);
            return call();
          });
        const left = project.instance({ decorate: steps });
        const right = project.instance({ decorate: steps });
        await scheduler.waitFor(
          Promise.all([
            outcomeOf(attacks[one]?.(left.users, first, second) ?? Promise.reject(new Error(one))),
            outcomeOf(attacks[other]?.(right.users, second, first) ?? Promise.reject(new Error(other))),
          ]),
        );
        assert.notDeepEqual(await project.enabledOwners(), []);
      }),
      { numRuns: 60 },
    );
  });

  it('leaves an owner when three demote each other in a circle on three instances', async () => {
    const project: Project = openProject();
    const uids = [await project.add(['owner']), await project.add(['owner']), await project.add(['owner'])];
    const decorate = barrier(3);
    await Promise.all(
      uids.map((uid, n) => {
        const { users } = project.instance({ decorate });
        const next = uids[(n + 1) % 3] ?? uid;
        return outcomeOf(users.setRoles(actor(uid), { uid: next, roles: [], rolesVersion: 1 }));
      }),
    );
    assert.notDeepEqual(await project.enabledOwners(), []);
  });

  it('gives back the same rights, at a version of its own, to an owner who was demoted for a moment', async () => {
    const project = openProject();
    const options = { claims: { tenantPlan: 'x' } };
    const [first, second] = [await project.add(['owner'], options), await project.add(['owner'], options)];
    const decorate = barrier(2);
    const [left, right] = [project.instance({ decorate }), project.instance({ decorate })];
    await Promise.all([
      outcomeOf(left.users.setRoles(actor(first), { uid: second, roles: [], rolesVersion: 1 })),
      outcomeOf(right.users.setRoles(actor(second), { uid: first, roles: [], rolesVersion: 1 })),
    ]);
    for (const uid of await project.enabledOwners()) {
      const { claims, rolesVersion } = await left.users.get(uid);
      assert.deepEqual(claims, { tenantPlan: 'x', roles: ['owner'], rv: rolesVersion });
      // Version 2 was the demotion's: tokens of that moment have to be stale.
      assert.ok(rolesVersion === 1 || rolesVersion === 3);
    }
  });
});
