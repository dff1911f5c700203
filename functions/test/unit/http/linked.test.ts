import assert from 'node:assert/strict';
import { type ExchangeApi, idOf, openExchangeApi } from '../../helpers/exchange-api.ts';

const ADA = idOf('ada');

describe('http: somebody of another issuer who is linked to an owner', () => {
  let api: ExchangeApi;
  let ada: string;
  before(async () => {
    api = await openExchangeApi();
    ada = `Bearer ${await api.mint()}`;
    for (const uid of ['owner', 'member']) await api.deps.users.get(uid);
    const enter = { issuer: 'https://login.example.com', subject: 'ada' };
    assert.equal((await api.as('owner').post('/v1/users').send(enter)).status, 200);
    const { deps } = api;
    const by = { principal: 'operator', requestId: 'r' };
    await deps.changeAccess(by, { uid: ADA, action: 'test' }, () => ({ link: { to: 'owner' } }));
  });
  after(() => api.close());

  it('may what is not privileged, and is told no more', async () => {
    const me = await api.as().get('/v1/me').set('Authorization', ada);
    // A role is only named where all of it is held.
    assert.deepEqual([me.status, me.body.roles, me.body.directoryId], [200, [], 'owner']);
    for (const permission of ['users:write', 'roles:assign', 'owners:assign', 'directory:reconcile'])
      assert.ok(!me.body.permissions.includes(permission), permission);
    for (const path of ['/v1/users', '/v1/audit', '/v1/notes?owner=member'])
      assert.equal((await api.as().get(path).set('Authorization', ada)).status, 200, path);
  });

  it('is refused what is privileged, which the owner may', async () => {
    const disable = (client: ReturnType<ExchangeApi['as']>) => client.patch('/v1/users/member');
    const refused = await disable(api.as()).set('Authorization', ada).send({ disabled: true });
    assert.deepEqual([refused.status, refused.body.code], [403, 'permission_denied']);
    const { events } = await api.deps.audit.list({ action: 'access.refused', pageSize: 10 });
    assert.deepEqual(
      events.map(({ actor, issuer, target }) => [actor, issuer, target]),
      [['owner', 'https://login.example.com', 'users:write']],
    );
    assert.equal((await disable(api.as('owner')).send({ disabled: true })).status, 200);
  });
});
