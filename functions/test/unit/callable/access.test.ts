import assert from 'node:assert/strict';
import { execFile } from 'node:child_process';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import firebaseFunctionsTest from 'firebase-functions-test';
import { unavailable } from '../../../src/core/errors.ts';
import { mayCall } from '../../expectations/access.ts';
import { type Api, accountOf, breakFirebaseAuth, claimsOf, PEOPLE, SECRETS } from '../../helpers/api.ts';
import { createSigningKey, mintIdToken } from '../../helpers/google.ts';
import { CALLABLES, createCallables } from '../../helpers/operations.ts';
import { assertRefused, assertResult, call, openCallables } from './call.ts';

const UNAUTHENTICATED = [401, 'UNAUTHENTICATED', 'unauthenticated'] as const;
const INVALID_TOKEN = [401, 'UNAUTHENTICATED', 'invalid_token'] as const;
const STALE = [401, 'UNAUTHENTICATED', 'token_stale'] as const;
const DENIED = [403, 'PERMISSION_DENIED', 'permission_denied'] as const;
const INVALID = [400, 'INVALID_ARGUMENT', 'invalid_argument'] as const;
const UNAVAILABLE = [503, 'UNAVAILABLE', 'unavailable'] as const;

const SYSTEM = { kind: 'system', requestId: 'elsewhere' } as const;
const DEBUG_MODE = fileURLToPath(new URL('debug-mode.ts', import.meta.url));

describe('callables: access', () => {
  let api: Api;
  beforeEach(async () => {
    api = await openCallables();
  });
  afterEach(() => api.close());

  const bearerHeader = (token: string) => [['Authorization', `Bearer ${token}`]] as const;

  for (const name of CALLABLES) {
    it(`decides on ${name} as on the HTTP route, before it checks the input`, async () => {
      assertRefused(await call(api, name, { x: 1 }), UNAUTHENTICATED);
      for (const person of PEOPLE) {
        const answer = await call(api, name, { x: 1, version: 1 }, { as: person });
        assertRefused(answer, mayCall(name, person) ? INVALID : DENIED);
      }
    });

    it(`refuses a revoked token at ${name}`, async () => {
      await api.deps.users.get('owner');
      await api.deps.changeAccess(SYSTEM, { uid: 'owner', action: 'sessions.revoke' }, () => ({
        revoke: true,
      }));
      assertRefused(await call(api, name, {}, { as: 'owner' }), STALE);
    });

    it(`answers ${name} with UNAVAILABLE if the revocation feed was never read`, async () => {
      const unread = async () => {
        throw unavailable('access changes were never read');
      };
      const down = await openCallables({
        rewire: (deps) => ({
          ...deps,
          accessChanges: { find: unread },
          accessRecords: { ...deps.accessRecords, read: unread },
        }),
      });
      try {
        assertRefused(await call(down, name, {}, { as: 'owner' }), UNAVAILABLE);
      } finally {
        await down.close();
      }
    });
  }

  it('answers the privileged setUserRoles with UNAVAILABLE when Firebase Auth is down', async () => {
    breakFirebaseAuth(api.google);
    assertRefused(await call(api, 'setUserRoles', {}, { as: 'owner' }), UNAVAILABLE);
    assertResult(await call(api, 'getMyAccess', {}, { as: 'owner' }));
  });

  it('answers with the result only', async () => {
    const me = assertResult(await call(api, 'getMyAccess', null, { as: 'member' }));
    assert.deepEqual([me.uid, me.roles], ['member', ['member']]);
    for (const person of PEOPLE) await api.deps.users.get(person);
    const list = assertResult(await call(api, 'listUsers', { role: 'auditor' }, { as: 'admin' }));
    assert.deepEqual(
      (list.users as { uid: string }[]).map(({ uid }) => uid),
      ['auditor'],
    );
    const change = { uid: 'norole', grants: [{ role: 'auditor' }], version: 1 };
    assert.deepEqual(assertResult(await call(api, 'setUserRoles', change, { as: 'admin' })).roles, [
      'auditor',
    ]);
    assert.equal(
      assertResult(await call(api, 'revokeSessions', { uid: 'norole' }, { as: 'support' })).uid,
      'norole',
    );
  });

  it('grants and revokes one role, with the grants that were there', async () => {
    const role = { uid: 'norole', role: 'auditor' };
    for (const version of [2, 2]) {
      const granted = assertResult(await call(api, 'grantUserRole', role, { as: 'admin' }));
      assert.deepEqual([granted.roles, granted.version], [['auditor'], version]);
    }
    for (const removed of [role, role]) {
      assert.equal(assertResult(await call(api, 'revokeUserRole', removed, { as: 'admin' })), null);
    }
    assert.deepEqual((await api.deps.users.get('norole')).roles, []);
  });

  it('answers with no account data beyond what the API documents', async () => {
    const { text } = await call(api, 'listUsers', {}, { as: 'owner' });
    for (const secret of SECRETS) assert.ok(!text.includes(secret), secret);
  });

  it('treats a missing input as an empty one', async () => {
    assertResult(await call(api, 'listUsers', null, { as: 'owner' }));
    assertResult(await call(api, 'getMyAccess', {}, { as: 'member' }));
  });

  it('decides on role changes by the record, not by the token', async () => {
    const token = await mintIdToken({ ...claimsOf('member'), roles: ['owner'] });
    assertRefused(await call(api, 'setUserRoles', {}, { headers: bearerHeader(token) }), DENIED);
    const other = await mintIdToken({ ...claimsOf('owner'), rv: 2 });
    assertRefused(await call(api, 'setUserRoles', {}, { headers: bearerHeader(other) }), STALE);
  });

  it('names the invalid fields', async () => {
    const change = { uid: 'norole', grants: [{ role: 'king' }], version: 1.5 };
    const { fields } = assertRefused(await call(api, 'setUserRoles', change, { as: 'owner' }), INVALID);
    assert.deepEqual(fields.sort(), ['data.grants.0.role', 'data.version']);
  });

  it('asks for the version of a change without one', async () => {
    const change = { uid: 'norole', grants: [] };
    const refusal = assertRefused(await call(api, 'setUserRoles', change, { as: 'owner' }), [
      ...([400, 'FAILED_PRECONDITION', 'precondition_required'] as const),
    ]);
    assert.deepEqual(refusal.fields, ['data.version']);
  });

  it('refuses disabled and deleted accounts at a privileged callable', async () => {
    api.google.users.set('owner', { ...accountOf('owner'), disabled: true });
    api.google.users.delete('admin');
    assertRefused(await call(api, 'setUserRoles', {}, { as: 'owner' }), INVALID_TOKEN);
    assertRefused(await call(api, 'setUserRoles', {}, { as: 'admin' }), INVALID_TOKEN);
  });

  it('refuses a token that is unsigned, signed by another key, or malformed', async () => {
    const part = (value: object) => Buffer.from(JSON.stringify(value)).toString('base64url');
    const [, payload = ''] = api.token('owner').split('.');
    const bad = [
      `${part({ alg: 'none', typ: 'JWT' })}.${payload}.`,
      `${part({ alg: 'RS256', kid: 'x' })}.${payload}.`,
      await mintIdToken(claimsOf('owner'), { key: createSigningKey('stranger') }),
      'x',
    ];
    for (const token of bad)
      assertRefused(await call(api, 'getMyAccess', {}, { headers: bearerHeader(token) }), INVALID_TOKEN);
  });

  it('refuses two Authorization headers', async () => {
    const headers = [...bearerHeader(api.token('member')), ...bearerHeader(api.token('owner'))];
    assertRefused(await call(api, 'getMyAccess', {}, { headers }), [
      400,
      'INVALID_ARGUMENT',
      'invalid_request',
    ]);
  });

  it('refuses an unsigned token that the SDK accepts in debug mode', async () => {
    const env = {
      PATH: process.env.PATH,
      FIREBASE_DEBUG_MODE: 'true',
      FIREBASE_DEBUG_FEATURES: '{"skipTokenVerification":true}',
    };
    const { stdout } = await promisify(execFile)(process.execPath, [DEBUG_MODE], { env });
    const { sdk, ours } = JSON.parse(stdout.trim().split('\n').at(-1) ?? '');
    assert.deepEqual(sdk, { result: 'owner' }, 'the debug mode is on: the SDK alone accepts the token');
    assert.deepEqual([ours.error?.status, ours.error?.details?.code], ['UNAUTHENTICATED', 'invalid_token']);
  });

  it('ignores the auth context that the emulator reads from headers', async () => {
    const auth = JSON.stringify({ uid: 'owner', token: { sub: 'owner', roles: ['owner'] } });
    for (const value of [auth, encodeURIComponent(auth)]) {
      const headers = [
        ['X-Callable-Context-Auth', value],
        ['X-Original-Auth', `Bearer ${api.token('owner')}`],
      ] as const;
      assertRefused(await call(api, 'getMyAccess', {}, { headers }), UNAUTHENTICATED);
    }
  });

  it('hides both tokens from the SDK, which would verify and log them itself', async () => {
    const headers = [['X-Firebase-AppCheck', 'x.y.z']] as const;
    const good = await call(api, 'getMyAccess', {}, { as: 'member', headers });
    const bad = await call(api, 'getMyAccess', {}, { headers: bearerHeader('x.y.z') });
    assertResult(good);
    assertRefused(bad, INVALID_TOKEN);
    assert.doesNotMatch(good.output + bad.output, /verification failed|Failed to validate|AppCheck/);
  });

  it('logs one decision per call', async () => {
    await call(api, 'listUsers', {}, { as: 'member' });
    assert.deepEqual(
      api.lines.map(({ kind, permission, granted, subject, method, route, status, code }) => ({
        ...{ kind, permission, granted, subject, method, route, status, code },
      })),
      [
        {
          ...{ kind: 'decision', permission: 'users:read', granted: false, subject: 'member' },
          ...{ method: 'POST', route: '/listUsers', status: 403, code: 'permission_denied' },
        },
      ],
    );
  });

  it('requires App Check if it is enabled', async () => {
    const strict = await openCallables({ env: { APP_CHECK: 'true' } });
    try {
      for (const name of CALLABLES) {
        assertRefused(await call(strict, name, {}, { as: 'owner' }), [
          401,
          'UNAUTHENTICATED',
          'app_check_failed',
        ]);
      }
    } finally {
      await strict.close();
    }
  });

  it('ignores the `auth` of a call that bypasses the server', async () => {
    const test = firebaseFunctionsTest({ projectId: 'gatehouse-test' });
    try {
      const callables = createCallables(() => api.deps);
      const getMyAccess = callables.get('getMyAccess') ?? assert.fail();
      const listUsers = callables.get('listUsers') ?? assert.fail();
      const token = { sub: 'owner', uid: 'owner', roles: ['owner'] };
      // The types require a whole raw request; a unit test has only a part.
      const request = { data: {}, auth: { uid: 'owner', token, rawToken: api.token('owner') } } as never;
      for (const run of [test.wrap(getMyAccess), test.wrap(listUsers)]) {
        await assert.rejects(
          async () => run(request),
          (error: { code?: unknown; details?: { code?: unknown } }) =>
            error.code === 'unauthenticated' && error.details?.code === 'unauthenticated',
        );
      }
    } finally {
      test.cleanup();
    }
  });
});
