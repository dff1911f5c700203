import assert from 'node:assert/strict';
import supertest from 'supertest';
import { AppError } from '../../src/errors.ts';
import { withDeadline } from '../../src/lib/deadline.ts';
import { AUTH_HOST } from '../helpers/emulator.ts';
import { type AuthProxy, openAuthProxy } from './auth-proxy.ts';
import { actor, decorateStore, openProject, outcomeOf } from './own-project.ts';

/** The deadline for Firebase Auth is 3 s; the rest is for a busy machine. */
const ANSWERED_MS = 4_500;

describe('when Firebase Auth does not answer', function () {
  this.timeout(40_000);
  let proxy: AuthProxy;

  beforeEach(async () => {
    proxy = await openAuthProxy();
    // firebase-admin reads it with every app that is opened; so does nothing else in this process meanwhile.
    process.env.FIREBASE_AUTH_EMULATOR_HOST = proxy.host;
  });
  afterEach(async () => {
    process.env.FIREBASE_AUTH_EMULATOR_HOST = AUTH_HOST;
    await proxy.close();
  });

  async function open(accessChangeMaxAge = 0) {
    const project = openProject();
    const owner = await project.add(['owner']);
    const uid = await project.add(['member']);
    const token = await project.token(owner);
    const { http } = project.instance({ config: { accessChangeMaxAge } });
    const agent = supertest.agent(http).auth(token, { type: 'bearer' });
    const promotion = () => agent.put(`/v1/users/${uid}/roles`).send({ roles: ['support'], rolesVersion: 1 });
    return { agent, promotion };
  }

  function assertUnavailable({ status, body, headers }: supertest.Response): void {
    assert.deepEqual([status, body.code], [503, 'unavailable']);
    assert.ok(Number(headers['retry-after']) > 0, `Retry-After: ${headers['retry-after']}`);
    assert.doesNotMatch(JSON.stringify(body), /127\.0\.0\.1|ECONN|identitytoolkit/);
  }

  const failures = {
    hangs: () => proxy.become('hang'),
    'is down': () => proxy.close(),
  };

  for (const [name, fail] of Object.entries(failures)) {
    it(`answers 503 to a token that it never saw, when Firebase Auth ${name}`, async () => {
      const { agent } = await open();
      await fail();
      const start = Date.now();
      assertUnavailable(await agent.get('/v1/me'));
      assert.ok(Date.now() - start < ANSWERED_MS);
    });

    it(`answers 503 to a token that it knows, when Firebase Auth ${name}`, async () => {
      const { agent } = await open();
      assert.equal((await agent.get('/v1/me')).status, 200);
      await fail();
      const start = Date.now();
      assertUnavailable(await agent.get('/v1/me'));
      assert.ok(Date.now() - start < ANSWERED_MS);
    });

    it(`answers 503 to a change although it knows the account, when Firebase Auth ${name}`, async () => {
      const { agent, promotion } = await open(60);
      assert.equal((await agent.get('/v1/me')).status, 200);
      await fail();
      const start = Date.now();
      assert.equal((await agent.get('/v1/me')).status, 200, 'what is remembered goes on');
      assertUnavailable(await promotion());
      assert.ok(Date.now() - start < ANSWERED_MS);
    });
  }

  it('goes on by itself once Firebase Auth is back', async () => {
    const { agent, promotion } = await open();
    proxy.become('reset');
    assertUnavailable(await promotion());
    proxy.become('forward');
    assert.equal((await agent.get('/v1/me')).status, 200);
    assert.equal((await promotion()).status, 200);
  });

  it('answers every waiting change in time, not one after another', async () => {
    const project = openProject();
    const owner = await project.add(['owner']);
    const uids = await project.addMany(4, () => ['member']);
    const { users } = project.instance({
      decorate: (store) =>
        decorateStore(store, (name, call) =>
          name === 'find' ? withDeadline(name, new Promise(() => {})) : call(),
        ),
    });
    const start = Date.now();
    const changes = uids.map((uid) =>
      outcomeOf(users.setRoles(actor(owner), { uid, roles: ['support'], rolesVersion: 1 })),
    );
    assert.deepEqual(await Promise.all(changes), Array(4).fill('unavailable'));
    assert.ok(Date.now() - start < ANSWERED_MS, `the last answer came after ${Date.now() - start} ms`);
  });

  it('says 503 when the answer to a change is lost, and the change can be read', async () => {
    const project = openProject();
    const owner = await project.add(['owner']);
    const uid = await project.add(['member']);
    const { users } = project.instance({
      decorate: (store) =>
        decorateStore(store, async (name, call) => {
          const answer = await call();
          if (name === 'setClaims') throw new AppError('unavailable');
          return answer;
        }),
    });
    const change = { uid, roles: ['support'] as const, rolesVersion: 1 };
    assert.equal(await outcomeOf(users.setRoles(actor(owner), change)), 'unavailable');
    assert.equal(await outcomeOf(users.setRoles(actor(owner), change)), 'version_mismatch');
    assert.deepEqual((await users.get(uid)).roles, ['support']);
  });
});
