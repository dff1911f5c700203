import assert from 'node:assert/strict';
import { type Api, openApi } from '../../helpers/api.ts';
import { assertProblem, fieldsOf } from '../../helpers/responses.ts';

const GRANTS = '/v1/users/norole/grants';
const SUPPORT = `${GRANTS}/support`;

describe('http: one grant', () => {
  let api: Api;
  beforeEach(async () => {
    api = await openApi();
  });
  afterEach(() => api.close());

  const grant = (body: object) => api.as('owner').post(GRANTS).send(body);
  const roles = async () => (await api.deps.users.get('norole')).roles;

  it('is added and removed with no version', async () => {
    const added = await grant({ role: 'support', reason: 'on call', auditReason: 'ticket 7' });
    assert.deepEqual([added.status, added.body.roles, added.headers.etag], [201, ['support'], '"2"']);
    const read = await api.as('owner').get('/v1/users/norole');
    assert.deepEqual({ ...read.body, created: true }, added.body);
    const removed = await api.as('owner').delete(`${SUPPORT}?auditReason=left`);
    assert.deepEqual([removed.status, removed.text, await roles()], [204, '', []]);
    const { body } = await api.as('owner').get('/v1/audit?target=norole&action=roles.set');
    const reasons = (body.events as { reason: string }[]).map(({ reason }) => reason);
    assert.deepEqual(reasons, ['left', 'ticket 7']);
  });

  it('has a URL, which the answer to a new grant names', async () => {
    const { body, headers } = await grant({ role: 'support', reason: 'on call' });
    const url = new URL(headers.location ?? '', `https://api.example.com${GRANTS}`);
    assert.equal(url.pathname, SUPPORT);
    const read = await api.as('owner').get(url.pathname);
    assert.deepEqual([read.status, read.headers.etag], [200, headers.etag]);
    assert.deepEqual(read.body, { ...body.grants[0], version: body.version });
    await api.as('owner').delete(SUPPORT);
    assertProblem(await api.as('owner').get(SUPPORT), 404, 'not_found');
    assertProblem(await api.as('owner').get('/v1/users/missing/grants/support'), 404, 'not_found');
  });

  it('changes nothing when the request is repeated: 200, without a Location', async () => {
    const [first, second] = [await grant({ role: 'support' }), await grant({ role: 'support' })];
    assert.deepEqual([second.status, second.body], [200, { ...first.body, created: false }]);
    assert.equal(second.headers.location, undefined);
    const changed = await grant({ role: 'support', reason: 'on call' });
    assert.deepEqual([changed.status, changed.body.version], [200, first.body.version + 1]);
    for (const status of [204, 204]) assert.equal((await api.as('owner').delete(SUPPORT)).status, status);
  });

  it('takes the version as If-Match, in the body, and in the query of DELETE', async () => {
    assertProblem(await grant({ role: 'support' }).set('If-Match', '"7"'), 412, 'precondition_failed');
    assertProblem(await grant({ role: 'support', version: 7 }), 409, 'version_mismatch');
    assert.equal((await grant({ role: 'support' }).set('If-Match', '"1"')).status, 201);
    const remove = (query = '') => api.as('owner').delete(`${SUPPORT}${query}`);
    assertProblem(await remove().set('If-Match', '"1"'), 412, 'precondition_failed');
    assertProblem(await remove('?version=1'), 409, 'version_mismatch');
    const differ = assertProblem(await remove('?version=1').set('If-Match', '"2"'), 400, 'invalid_argument');
    assert.deepEqual([fieldsOf(differ), await roles()], [['query.version'], ['support']]);
    assert.equal((await remove().set('If-Match', '"2"')).status, 204);
    assert.deepEqual(await roles(), []);
  });

  const refused: [what: string, body: object, field: string][] = [
    ['no role', {}, 'body.role'],
    ['a role that the project does not have', { role: 'root' }, 'body.role'],
    ['an expiry in the past', { role: 'support', expiresAt: '2020-01-01T00:00:00Z' }, 'body.expiresAt'],
    ['a list of grants', { grants: [{ role: 'support' }] }, 'body.role'],
  ];
  for (const [what, body, field] of refused) {
    it(`refuses ${what}, naming ${field}`, async () => {
      const fields = fieldsOf(assertProblem(await grant(body), 400, 'invalid_argument'));
      assert.ok(fields.includes(field), fields.join());
    });
  }

  it('refuses to remove a role that the project does not have, and a body of DELETE', async () => {
    const unknown = await api.as('owner').delete(`${GRANTS}/root`);
    assert.deepEqual(fieldsOf(assertProblem(unknown, 400, 'invalid_argument')), ['params.role']);
    const withBody = await api.as('owner').delete(SUPPORT).send({ version: 1 });
    assert.deepEqual(fieldsOf(assertProblem(withBody, 400, 'invalid_argument')), ['body']);
  });

  it('answers 404 for a user who does not exist', async () => {
    assertProblem(
      await api.as('owner').post('/v1/users/missing/grants').send({ role: 'member' }),
      404,
      'not_found',
    );
    assertProblem(await api.as('owner').delete('/v1/users/missing/grants/member'), 404, 'not_found');
  });

  it('arrives from both of two administrators at once', async () => {
    const answers = await Promise.all([
      grant({ role: 'support' }),
      api.as('admin').post(GRANTS).send({ role: 'auditor' }),
      api.as('admin').post(GRANTS).send({ role: 'member' }),
    ]);
    assert.deepEqual(
      answers.map(({ status }) => status),
      [201, 201, 201],
    );
    assert.deepEqual((await roles()).toSorted(), ['auditor', 'member', 'support']);
  });
});
