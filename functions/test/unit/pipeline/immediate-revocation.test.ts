import assert from 'node:assert/strict';
import { createServer } from 'node:http';
import { needsFreshRecord } from '../../../src/authz/access-rule.ts';
import type { Edit } from '../../../src/directory/edit.ts';
import { handleAccountDeleted } from '../../../src/directory/sync/account-lifecycle.ts';
import { createApp } from '../../../src/http/app.ts';
import { type Api, openApi } from '../../helpers/api.ts';
import { frameworkServer } from '../../helpers/framework.ts';
import { recordingLog } from '../../helpers/log.ts';
import { openInstance, type TestInstance } from '../../helpers/open-instance.ts';
import { CALLABLES, createCallables, routes } from '../../helpers/operations.ts';
import { assertProblem } from '../../helpers/responses.ts';
import { call } from '../callable/call.ts';

/** The HTTP API and the callables on one server, each as in production. */
function serve(deps: TestInstance) {
  const app = createApp(deps);
  const callables = new Map(
    [...createCallables(() => deps)].map(([name, fn]) => [`/${name}`, frameworkServer(fn)]),
  );
  return createServer((req, res) => {
    const server = callables.get(req.url ?? '');
    if (server === undefined) app(req, res);
    else server.emit('request', req, res);
  });
}

const edit =
  (what: Edit) =>
  async ({ changeAccess }: TestInstance): Promise<void> => {
    const actor = { kind: 'operator', requestId: 'r1' } as const;
    await changeAccess(actor, { uid: 'owner', action: 'roles.set' }, () => what);
  };

/** How an owner loses access, and the error code of privileged routes for the old token. */
const REVOCATIONS: Record<string, readonly [(deps: TestInstance, api: Api) => Promise<void>, code: string]> =
  {
    disabled: [edit({ disabled: true }), 'invalid_token'],
    deleted: [edit({ remove: true }), 'invalid_token'],
    'signed out': [edit({ revoke: true }), 'token_stale'],
    demoted: [edit({ grants: [{ role: 'member', grantedBy: 'operator', grantedAt: 1 }] }), 'token_stale'],
    'deleted in the Firebase console': [
      async ({ directory }, { google }) => {
        google.users.delete('owner');
        await handleAccountDeleted(directory, { uid: 'owner', requestId: 'event' });
      },
      'invalid_token',
    ],
  };

const PROTECTED = routes.filter(({ access }) => access !== 'public');
/** Decided on the record. */
const isRecorded = ({ access, factorPolicy }: (typeof routes)[number]) =>
  needsFreshRecord(access) || factorPolicy === 'enrolment';
const RECORDED_CALLABLES = routes
  .filter((route) => route.callable && isRecorded(route))
  .map(({ name }) => name);

async function assertRouteRefuses(api: Api, { method, path }: (typeof routes)[number], code: string) {
  const url = `/v1${path.replace(/:\w+/, 'member')}`;
  assertProblem(await api.as('owner')[method](url), 401, code);
}

async function assertCallableRefuses(api: Api, name: string, code: string) {
  const { status, text } = await call(api, name, {}, { as: 'owner' });
  assert.deepEqual([status, JSON.parse(text).error.details.code], [401, code], name);
}

for (const [what, [revoke, code]] of Object.entries(REVOCATIONS)) {
  describe(`the token of a user who was ${what}`, function () {
    this.timeout(20_000);
    let api: Api;
    /** Another instance on the same Firestore and Firebase Auth. */
    let otherInstance: TestInstance;
    /** Milliseconds that the test has moved the clock of the instance under test forward. */
    let offset: number;

    beforeEach(async () => {
      offset = 0;
      api = await openApi({ serve, clock: () => Date.now() + offset });
      const { log } = recordingLog();
      const { app, fetch } = api.google;
      otherInstance = openInstance(api.deps.config, { app, fetch, firestore: api.firestore.open, log });
      api.google.users.set('other', { localId: 'other', customAttributes: '{"roles":["owner"],"rv":1}' });
      for (const uid of ['owner', 'other']) await otherInstance.users.get(uid);
      // The token is cached here, and the feed has just been read.
      assert.equal((await api.as('owner').get('/v1/me')).status, 200);
      assert.equal((await api.as('owner').get('/v1/roles')).status, 200);
      assert.equal((await call(api, 'getMyAccess', {}, { as: 'owner' })).status, 200);
    });
    afterEach(() => api.close());

    it('is refused at once by every route and callable of the instance that made the change', async () => {
      await revoke(api.deps, api);
      for (const route of PROTECTED) {
        await assertRouteRefuses(api, route, isRecorded(route) ? code : 'token_stale');
      }
      for (const name of CALLABLES) {
        await assertCallableRefuses(api, name, RECORDED_CALLABLES.includes(name) ? code : 'token_stale');
      }
    });

    it('is refused by other instances: at once if privileged, else within the maximum age', async () => {
      await revoke(otherInstance, api);
      for (const route of PROTECTED.filter(isRecorded)) await assertRouteRefuses(api, route, code);
      for (const name of RECORDED_CALLABLES) await assertCallableRefuses(api, name, code);
      offset = api.deps.config.accessChangeMaxAge * 1000;
      for (const route of PROTECTED.filter((row) => !isRecorded(row))) {
        await assertRouteRefuses(api, route, 'token_stale');
      }
      for (const name of CALLABLES.filter((each) => !RECORDED_CALLABLES.includes(each))) {
        await assertCallableRefuses(api, name, 'token_stale');
      }
    });
  });
}

describe('the tests of immediate revocation', () => {
  it('include privileged routes and others', () => {
    assert.ok(PROTECTED.filter(isRecorded).length > 2);
    assert.ok(PROTECTED.filter((row) => !isRecorded(row)).length > 5);
  });
});
