import assert from 'node:assert/strict';
import supertest from 'supertest';
import { openProject } from './own-project.ts';

/** In projects of their own, where the test knows every owner there is. */
describe('the last owner', function () {
  this.timeout(20_000);

  async function open(owners: number) {
    const project = openProject();
    const { deps, http } = project.instance();
    const uids = await Promise.all(Array.from({ length: owners }, () => project.add(['owner'])));
    for (const uid of uids) await deps.users.get(uid); // provisions their entries
    const as = async (uid: string) => {
      const token = await project.token(uid);
      return supertest.agent(http).auth(token, { type: 'bearer' });
    };
    const standing = async () => {
      const entries = await Promise.all(uids.map((uid) => deps.directory.find(uid)));
      return entries
        .filter((entry) => entry && !entry.disabled && entry.grants.some(({ role }) => role === 'owner'))
        .map((entry) => entry?.uid);
    };
    return { project, deps, uids, as, standing };
  }

  type Agent = ReturnType<typeof supertest.agent>;
  const attempts = {
    demoted: (agent: Agent, uid: string) =>
      agent.put(`/v1/users/${uid}/roles`).send({ grants: [{ role: 'admin' }], version: 1 }),
    disabled: (agent: Agent, uid: string) => agent.patch(`/v1/users/${uid}`).send({ disabled: true }),
    deleted: (agent: Agent, uid: string) => agent.delete(`/v1/users/${uid}`),
  };

  for (const [name, attempt] of Object.entries(attempts)) {
    it(`of two may be ${name} by the other, and then is no owner to turn against them`, async () => {
      const { uids, as, standing } = await open(2);
      const [first = '', second = ''] = uids;
      const [one, other] = [await as(first), await as(second)];
      const { status } = await attempt(one, second);
      assert.ok(status === 200 || status === 204, String(status));
      assert.equal((await attempt(other, first)).status, 401);
      assert.deepEqual(await standing(), [first]);
    });
  }

  it('stays when all three demote, disable and delete each other in a circle at once', async () => {
    const { uids, as, standing } = await open(3);
    const agents = await Promise.all(uids.map(as));
    const attacks = Object.values(attempts);
    const answers = await Promise.all(agents.map((agent, n) => attacks[n]?.(agent, uids[(n + 1) % 3] ?? '')));
    assert.notDeepEqual(await standing(), []);
    for (const answer of answers) assert.ok(answer && answer.status < 500, String(answer?.status));
  });

  it('stays for good when another is made owner for a time only', async () => {
    const { project, deps, uids, as, standing } = await open(1);
    const [first = ''] = uids;
    const second = await project.add(['member']);
    await deps.users.get(second);
    const expiresAt = new Date(Date.now() + 3_600_000).toISOString();
    const grants = [{ role: 'owner', expiresAt }];
    const made = await (await as(first)).put(`/v1/users/${second}/roles`).send({ grants, version: 1 });
    assert.equal(made.status, 200);
    const { status, body } = await attempts.demoted(await as(second), first);
    assert.deepEqual([status, body.code], [409, 'last_owner']);
    assert.deepEqual(await standing(), [first]);
  });
});
