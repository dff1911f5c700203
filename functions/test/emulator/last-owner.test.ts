import assert from 'node:assert/strict';
import supertest from 'supertest';
import { openProject } from './own-project.ts';

/** In separate projects, so that the test knows all owners. */
describe('the last owner', function () {
  this.timeout(20_000);

  async function open(owners: number) {
    const project = openProject();
    const { deps, http } = project.instance();
    const uids = await Promise.all(Array.from({ length: owners }, () => project.add(['owner'])));
    for (const uid of uids) await deps.users.get(uid); // provisions the entry
    const as = async (uid: string) => {
      const token = await project.token(uid);
      return supertest.agent(http).auth(token, { type: 'bearer' });
    };
    const enabledOwners = async () => {
      const entries = await Promise.all(uids.map((uid) => deps.directory.find(uid)));
      return entries
        .filter((entry) => entry && !entry.disabled && entry.grants.some(({ role }) => role === 'owner'))
        .map((entry) => entry?.uid);
    };
    return { project, deps, uids, as, enabledOwners };
  }

  type Agent = ReturnType<typeof supertest.agent>;
  const attempts = {
    demoted: (agent: Agent, uid: string) =>
      agent.put(`/v1/users/${uid}/roles`).send({ grants: [{ role: 'admin' }], version: 1 }),
    disabled: (agent: Agent, uid: string) => agent.patch(`/v1/users/${uid}`).send({ disabled: true }),
    deleted: (agent: Agent, uid: string) => agent.delete(`/v1/users/${uid}`),
  };

  for (const [name, attempt] of Object.entries(attempts)) {
    it(`allows one of two owners to be ${name} by the other, who then stays`, async () => {
      const { uids, as, enabledOwners } = await open(2);
      const [first = '', second = ''] = uids;
      const [one, other] = [await as(first), await as(second)];
      const { status } = await attempt(one, second);
      assert.ok(status === 200 || status === 204, String(status));
      assert.equal((await attempt(other, first)).status, 401);
      assert.deepEqual(await enabledOwners(), [first]);
    });
  }

  it('stays when three owners demote, disable and delete each other at the same time', async () => {
    const { uids, as, enabledOwners } = await open(3);
    const agents = await Promise.all(uids.map(as));
    const changes = Object.values(attempts);
    const answers = await Promise.all(agents.map((agent, n) => changes[n]?.(agent, uids[(n + 1) % 3] ?? '')));
    assert.notDeepEqual(await enabledOwners(), []);
    for (const answer of answers) assert.ok(answer && answer.status < 500, String(answer?.status));
  });

  it('stays when another user becomes owner only for a time', async () => {
    const { project, deps, uids, as, enabledOwners } = await open(1);
    const [first = ''] = uids;
    const second = await project.add(['member']);
    await deps.users.get(second);
    const expiresAt = new Date(Date.now() + 3_600_000).toISOString();
    const grants = [{ role: 'owner', expiresAt }];
    const made = await (await as(first)).put(`/v1/users/${second}/roles`).send({ grants, version: 1 });
    assert.equal(made.status, 200);
    const { status, body } = await attempts.demoted(await as(second), first);
    assert.deepEqual([status, body.code], [409, 'last_owner']);
    assert.deepEqual(await enabledOwners(), [first]);
  });
});
