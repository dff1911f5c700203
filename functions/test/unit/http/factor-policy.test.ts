import assert from 'node:assert/strict';
import { type AccessRule, needsFreshRecord } from '../../../src/authz/access-rule.ts';
import { FACTOR_SCOPES, mayCall } from '../../expectations/access.ts';
import { type Api, openApi } from '../../helpers/api.ts';
import { type FactorHolder, HOLDERS, openHolders, POLICY } from '../../helpers/factor-policy.ts';
import { describeWithNotes } from '../../helpers/notes.ts';
import { routes } from '../../helpers/operations.ts';

const KINDS = ['bearer', 'cookie'] as const;
type Route = (typeof routes)[number];

/** A rule for own resources alone is decided after the resource is loaded. */
const loadsFirst = (access: AccessRule) =>
  typeof access === 'object' && 'own' in access && access.own === true && access.unless === undefined;

describe('http: policy about second factors', () => {
  let api: Api;
  const holders = openHolders();
  before(async () => {
    api = await openApi({ product: POLICY, rewire: holders.rewire });
  });
  after(() => api.close());

  /** Invalid input is refused after the decision. */
  function send({ method, path }: Route, holder: FactorHolder, kind: (typeof KINDS)[number]) {
    const { [kind]: headers } = holders.credentials(holder, api.token(holder.role));
    const url = `/v1${path.replaceAll(/:\w+/g, 'a%2Fb')}`;
    const isQuery = method === 'get' || method === 'delete';
    const request = api
      .as()
      [method](isQuery ? `${url}?wrong=1` : url)
      .set(headers);
    return isQuery ? request : request.send({ wrong: 1, version: 1 });
  }
  const isAllowed = ({ status }: { status: number }) => status === 400;
  const asked = ({ status, body }: { status: number; body: { code?: string } }) =>
    status === 401 && body.code === 'step_up_required';

  it('exempts exactly the operations that are listed', () => {
    const found = routes.flatMap(({ name, factorPolicy }) => (factorPolicy ? [[name, factorPolicy]] : []));
    assert.deepEqual(Object.fromEntries(found), FACTOR_SCOPES);
  });

  for (const route of routes) {
    const { name, access, credentials, factorPolicy } = route;
    if (access === 'public' || loadsFirst(access)) continue;
    const kinds = credentials === 'bearer' ? (['bearer'] as const) : KINDS;
    const label = `${route.method.toUpperCase()} ${route.path}`;

    if (factorPolicy === 'exempt') {
      it(`leaves ${label} open`, async () => {
        for (const role of HOLDERS)
          for (const kind of kinds)
            assert.ok(isAllowed(await send(route, { role, factors: ['totp'] }, kind)), kind);
      });
      continue;
    }
    if (factorPolicy === 'enrolment') {
      it(`leaves ${label} open until the user has a factor`, async () => {
        for (const role of [...HOLDERS, 'member'] as const)
          for (const kind of kinds) {
            assert.ok(isAllowed(await send(route, { role }, kind)), kind);
            assert.ok(asked(await send(route, { role, factors: ['totp'] }, kind)), kind);
            assert.ok(isAllowed(await send(route, { role, factors: ['totp'], isProved: true }, kind)), kind);
          }
      });
      continue;
    }
    it(`asks holders of the roles for a factor at ${label}`, async () => {
      for (const role of HOLDERS.filter((holder) => mayCall(name, holder)))
        for (const kind of kinds) {
          const answer = await send(route, { role }, kind);
          assert.ok(asked(answer), `${kind}: ${answer.text}`);
          const recent: object = needsFreshRecord(access) ? { maxAge: 600 } : {};
          assert.deepEqual(answer.body.stepUp, { assurance: 'aal2', ...recent, factors: [] });
          assert.match(answer.headers['www-authenticate'] ?? '', /acr_values="aal2"/);
          assert.ok(isAllowed(await send(route, { role, isProved: true }, kind)), kind);
        }
    });
    it(`asks other users only for a factor that they have, at ${label}`, async () => {
      if (!mayCall(name, 'member')) return;
      for (const kind of kinds) assert.ok(isAllowed(await send(route, { role: 'member' }, kind)), kind);
    });
  }
});

describeWithNotes('http: policy about second factors, for own resources', () => {
  let api: Api;
  const holders = openHolders();
  before(async () => {
    api = await openApi({ product: POLICY, rewire: holders.rewire });
  });
  after(() => api.close());

  it('is checked at each operation that is for them alone', async () => {
    assert.deepEqual(
      routes.filter(({ access }) => loadsFirst(access)).map(({ name }) => name),
      ['updateNote'],
    );
    for (const kind of KINDS) {
      const headers = (isProved: boolean) =>
        holders.credentials({ role: 'admin', isProved }, api.token('admin'))[kind];
      const created = await api.as().post('/v1/notes').set(headers(true)).send({ title: 'Milk' });
      const change = (isProved: boolean) =>
        api
          .as()
          .patch(`/v1/notes/${created.body.id}`)
          .set(headers(isProved))
          .send({ title: 'Tea', version: created.body.version });
      assert.equal((await change(false)).body.code, 'step_up_required');
      assert.equal((await change(true)).status, 200);
    }
  });
});
