import assert from 'node:assert/strict';
import { routes } from '../../src/http/routes.ts';
import { assertProblem } from '../helpers/answers.ts';
import { type Api, accountOf, openApi } from '../helpers/api.ts';
import { call, type Name, openCallables } from './callables/call.ts';

/** As a deployment is set unless somebody chooses otherwise. */
const DEFAULTS = { env: { ACCESS_CHANGE_MAX_AGE: '0' } };

/** What takes an owner's rights away elsewhere, and what their token is then answered with. */
const ENDS: Record<string, readonly [object | undefined, string]> = {
  disabled: [{ disabled: true }, 'invalid_token'],
  deleted: [undefined, 'invalid_token'],
  'signed out': [{ validSince: String(Math.floor(Date.now() / 1000) + 1) }, 'token_stale'],
  demoted: [{ customAttributes: '{"roles":["member"],"rv":2}' }, 'token_stale'],
};

function take(api: Api, change: object | undefined): void {
  if (change === undefined) api.google.users.delete('owner');
  else api.google.users.set('owner', { ...accountOf('owner'), ...change });
}

for (const [what, [change, code]] of Object.entries(ENDS)) {
  describe(`the token of somebody ${what} elsewhere is refused at once`, () => {
    const guarded = routes.filter(({ access }) => access !== 'public');

    it('on every route', async () => {
      const api = await openApi(DEFAULTS);
      try {
        assert.equal((await api.as('owner').get('/v1/me')).status, 200);
        take(api, change);
        for (const { method, path } of guarded) {
          const answer = await api.as('owner')[method](`/v1${path.replace(':uid', 'member')}`);
          assertProblem(answer, 401, code);
        }
      } finally {
        await api.close();
      }
    });

    it('by every callable', async () => {
      const api = await openCallables(DEFAULTS);
      try {
        for (const name of ['getMyAccess', 'listUsers'] as const) {
          assert.equal((await call(api, name, {}, { as: 'owner' })).status, 200);
        }
        take(api, change);
        for (const name of ['getMyAccess', 'listUsers', 'setUserRoles', 'revokeSessions'] as Name[]) {
          const { status, text } = await call(api, name, {}, { as: 'owner' });
          assert.deepEqual([status, JSON.parse(text).error.details.code], [401, code]);
        }
      } finally {
        await api.close();
      }
    });
  });
}
