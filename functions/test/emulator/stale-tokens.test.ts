import assert from 'node:assert/strict';
import supertest from 'supertest';
import type { Role } from '../../src/authz/roles.ts';
import { forgeToken } from '../helpers/emulator.ts';
import { actor, decorateStore, openProject, outcomeOf } from './own-project.ts';

/** Without a cache of account states: what is accepted here is accepted for as long as the token lives. */
describe('a token with rights that the account no longer has', function () {
  this.timeout(20_000);

  function open() {
    const project = openProject();
    const config = { accessChangeMaxAge: 0 };
    const { http } = project.instance({ config });
    const listUsers = async (token: string) => {
      const { status, body } = await supertest(http).get('/v1/users').auth(token, { type: 'bearer' });
      return body.code === undefined ? String(status) : `${status} ${body.code}`;
    };
    return { project, listUsers };
  }

  it('is stale when the roles were changed through Gatehouse', async () => {
    const { project, listUsers } = open();
    const owner = await project.add(['owner']);
    const uid = await project.add(['support']);
    const token = await project.token(uid);
    assert.equal(await listUsers(token), '200');
    await project.instance().users.setRoles(actor(owner), { uid, roles: ['member'], rolesVersion: 1 });
    assert.equal(await listUsers(token), '401 token_stale');
    assert.equal(await listUsers(await project.token(uid)), '403 permission_denied');
  });

  it('is stale when the sessions were revoked, also when it is seen for the first time', async () => {
    const { project, listUsers } = open();
    const uid = await project.add(['support']);
    const token = await project.token(uid, Math.floor(Date.now() / 1000) - 60);
    await project.store.revokeTokens(uid);
    assert.equal(await listUsers(token), '401 token_stale');
  });

  it('is stale when somebody took the claims away past Gatehouse', async () => {
    const { project, listUsers } = open();
    const uid = await project.add(['support']);
    const token = await project.token(uid);
    await project.store.setClaims(uid, {});
    assert.notEqual(await listUsers(token), '200');
  });

  it('is stale when somebody changed the roles past Gatehouse, and left the version as it was', async () => {
    const { project, listUsers } = open();
    const uid = await project.add(['support']);
    const token = await project.token(uid);
    await project.store.setClaims(uid, { roles: ['member'], rv: 1 });
    assert.notEqual(await listUsers(token), '200');
  });

  it('is stale when two instances changed the roles from the same version, and it carries the ones that lost', async () => {
    const { project, listUsers } = open();
    const owner = await project.add(['owner']);
    const uid = await project.add(['support']);
    // Firebase Auth has no compare-and-set: both changes pass the check of the version. One is written after the other.
    const late = Promise.withResolvers<void>();
    const arrived = Promise.withResolvers<void>();
    const slow = project.instance({
      decorate: (store) =>
        decorateStore(store, async (name, call) => {
          if (name === 'setClaims') {
            arrived.resolve();
            await late.promise;
          }
          return call();
        }),
    });
    const change = (roles: readonly Role[]) => ({ uid, roles, rolesVersion: 1 });
    const demotion = outcomeOf(slow.users.setRoles(actor(owner), change(['member'])));
    await arrived.promise;
    await project.instance().users.setRoles(actor(owner), change(['support', 'auditor']));
    const token = await project.token(uid);
    late.resolve();
    await demotion;

    assert.deepEqual((await project.store.find(uid))?.roles, ['member']);
    assert.notEqual(await listUsers(token), '200');
  });

  it('is not accepted once the account is deleted', async () => {
    const { project, listUsers } = open();
    const uid = await project.add(['support']);
    const token = forgeToken(uid, project.id, { roles: ['support'], rv: 1 });
    await project.store.remove(uid);
    assert.equal(await listUsers(token), '401 invalid_token');
  });
});
