import assert from 'node:assert/strict';
import supertest from 'supertest';
import { actor, openProject, outcomeOf } from './own-project.ts';

/** In projects of their own, where the test knows every owner there is. */
describe('the last owner', function () {
  this.timeout(20_000);

  async function twoOwners() {
    const project = openProject();
    const [first, second] = [await project.add(['owner']), await project.add(['owner'])];
    const { http } = project.instance({ config: { accessChangeMaxAge: 0 } });
    const as = async (uid: string) => {
      const token = await project.token(uid);
      return supertest.agent(http).auth(token, { type: 'bearer' });
    };
    return { project, first, second, as };
  }

  const attempts = {
    'is not demoted': (agent: ReturnType<typeof supertest.agent>, uid: string) =>
      agent.put(`/v1/users/${uid}/roles`).send({ roles: ['admin'], rolesVersion: 1 }),
    'is not disabled': (agent: ReturnType<typeof supertest.agent>, uid: string) =>
      agent.patch(`/v1/users/${uid}`).send({ disabled: true }),
    'is not deleted': (agent: ReturnType<typeof supertest.agent>, uid: string) =>
      agent.delete(`/v1/users/${uid}`),
  };

  for (const [name, attempt] of Object.entries(attempts)) {
    it(`of two ${name} by one whom they demoted a moment before`, async () => {
      const { project, first, second, as } = await twoOwners();
      const [one, other] = [await as(first), await as(second)];
      const demotion = { roles: [], rolesVersion: 1 };
      assert.equal((await one.put(`/v1/users/${second}/roles`).send(demotion)).status, 200);
      assert.equal((await attempt(other, first)).status, 401);
      assert.deepEqual(await project.enabledOwners(), [first]);
    });

    it(`${name} when the other owner is disabled, who then does not count`, async () => {
      const { project, first, second } = await twoOwners();
      await project.store.setDisabled(second, true);
      // The guard keeps a disabled owner out: their request has passed it when they are disabled.
      const { users } = project.instance();
      const by = actor(second);
      const work = {
        'is not demoted': () => users.setRoles(by, { uid: first, roles: ['admin'], rolesVersion: 1 }),
        'is not disabled': () => users.setDisabled(by, first, true),
        'is not deleted': () => users.remove(by, first),
      }[name];
      assert.equal(await outcomeOf(work?.() ?? Promise.resolve()), 'last_owner');
      assert.deepEqual(await project.enabledOwners(), [first]);
    });
  }

  it('of two is demoted, or not, but not half, where the claims leave no room for another digit', async () => {
    // {"plan":"…","roles":["owner"],"rv":9} has 1000 bytes: at version 11 the same roles would not fit again.
    const project = openProject();
    const first = await project.add(['owner']);
    const room = 1000 - Buffer.byteLength(JSON.stringify({ plan: '', roles: ['owner'], rv: 9 }));
    const second = await project.add(['owner']);
    await project.store.setClaims(second, { plan: 'x'.repeat(room), roles: ['owner'], rv: 9 });

    const { users } = project.instance();
    const demotion = users.setRoles(actor(first), { uid: second, roles: [], rolesVersion: 9 });
    const outcome = await outcomeOf(demotion);
    const { roles } = (await project.store.find(second)) ?? {};
    assert.deepEqual([outcome, roles], outcome === 'done' ? ['done', []] : [outcome, ['owner']]);
  });

  it('of two may be demoted, disabled or deleted by the other', async () => {
    for (const attempt of Object.values(attempts)) {
      const { project, first, second, as } = await twoOwners();
      const { status } = await attempt(await as(first), second);
      assert.ok(status === 200 || status === 204);
      assert.deepEqual(await project.enabledOwners(), [first]);
    }
  });
});
