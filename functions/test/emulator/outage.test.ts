import assert from 'node:assert/strict';
import supertest from 'supertest';
import { type FailingProxy, openFailingProxy } from './failing-proxy.ts';
import { openProject } from './own-project.ts';

/** The deadlines are 3 s; a busy machine needs more. */
const ANSWERED_MS = 6_000;

const services = {
  'Firebase Auth': 'FIREBASE_AUTH_EMULATOR_HOST',
  Firestore: 'FIRESTORE_EMULATOR_HOST',
} as const;

function assertUnavailable({ status, body, headers }: supertest.Response): void {
  assert.deepEqual([status, body.code], [503, 'unavailable']);
  assert.ok(Number(headers['retry-after']) > 0, `Retry-After: ${headers['retry-after']}`);
  // `type` is a URL of this emulator.
  assert.doesNotMatch(
    JSON.stringify({ ...body, type: undefined }),
    /127\.0\.0\.1|ECONN|identitytoolkit|firestore/i,
  );
}

for (const [service, variable] of Object.entries(services)) {
  describe(`when ${service} does not answer`, function () {
    this.timeout(40_000);
    let proxy: FailingProxy;
    const host = process.env[variable] ?? '';

    beforeEach(async () => {
      proxy = await openFailingProxy(host);
      // The SDKs read it whenever an app is opened. Nothing else in this process opens one meanwhile.
      process.env[variable] = proxy.host;
    });
    afterEach(async () => {
      process.env[variable] = host;
      await proxy.become('forward');
    });

    async function open() {
      const project = openProject();
      const { deps, http } = project.instance();
      const [owner, uid] = [await project.add(['owner']), await project.add(['member'])];
      const token = await project.token(owner);
      const agent = supertest.agent(http).auth(token, { type: 'bearer' });
      for (const one of [owner, uid]) assert.equal((await agent.get(`/v1/users/${one}`)).status, 200);
      const promotion = () =>
        agent.put(`/v1/users/${uid}/roles`).send({ grants: [{ role: 'support' }], version: 1 });
      return { agent, promotion, versionOf: async () => (await deps.directory.find(uid))?.rolesVersion };
    }

    const failures = { hangs: 'hang', 'is down': 'down' } as const;
    for (const [name, failure] of Object.entries(failures)) {
      it(`answers 503 to a change before the deadline and serves reads, when it ${name}`, async () => {
        const { agent, promotion } = await open();
        await proxy.become(failure);
        const start = performance.now();
        const [me, change] = await Promise.all([agent.get('/v1/me'), promotion()]);
        assertUnavailable(change);
        assert.equal(me.status, 200);
        assert.ok(performance.now() - start < ANSWERED_MS);
      });
    }

    it('recovers when the service is back', async () => {
      const { promotion, versionOf } = await open();
      await proxy.become('reset');
      assertUnavailable(await promotion());
      await proxy.become('forward');
      const { status } = await promotion();
      // The first change may have been committed although its response was lost.
      assert.ok(status === 200 || status === 409, String(status));
      assert.equal(await versionOf(), 2);
    });
  });
}
