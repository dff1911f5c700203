import assert from 'node:assert/strict';
import type { AccessRule } from '../../../src/authz/access-rule.ts';
import type { Resource } from '../../../src/authz/decide.ts';
import { AppError, unavailable } from '../../../src/core/errors.ts';
import type { DecisionFields } from '../../../src/pipeline/call-line.ts';
import { guard } from '../../../src/pipeline/guard.ts';
import { mintAppCheckToken, serveAppCheck } from '../../helpers/app-check-tokens.ts';
import { requestOf, requestWith } from '../../helpers/credential-request.ts';
import { forgeIdToken, unsigned } from '../../helpers/forge.ts';
import { ACCOUNTS_LOOKUP, ISSUER, mintIdToken } from '../../helpers/google.ts';
import { useTestInstance } from '../../helpers/instance.ts';
import { assertRefused } from '../../helpers/refusal.ts';
import { entryOf } from '../../helpers/test-directory.ts';

type FindResource = () => Promise<Resource | undefined>;

let decisions: DecisionFields[];
const decided = (decision: DecisionFields) => void decisions.push(decision);
beforeEach(() => {
  decisions = [];
});

describe('guard', () => {
  const test = useTestInstance('each');
  beforeEach(() => {
    test.google.users.set('ada', { localId: 'ada', customAttributes: '{"roles":["member"],"rv":1}' });
  });

  const callGuard = (
    access: AccessRule,
    token?: string,
    { appCheck = [], ...more }: { appCheck?: string[]; changes?: boolean; resource?: FindResource } = {},
  ) =>
    guard(test.instance, {
      request: requestWith({
        authorization: token === undefined ? [] : [`Bearer ${token}`],
        'x-firebase-appcheck': appCheck,
      }),
      access,
      changes: false,
      requestId: 'r1',
      decided,
      ...more,
    });
  const member = () => mintIdToken({ roles: ['member'], rv: 1 });

  it('returns the principal if it has the permission, and logs one decision', async () => {
    assert.equal((await callGuard({ permission: 'notes:read' }, await member())).subject, 'ada');
    assert.deepEqual(decisions, [
      {
        permission: 'notes:read',
        issuer: ISSUER,
        subject: 'ada',
        granted: true,
        reason: 'granted',
      },
    ]);
  });

  it('names a missing permission, and logs one decision', async () => {
    const token = await member();
    const error = await assertRefused(
      () => callGuard({ permission: 'users:read' }, token),
      'permission_denied',
    );
    assert.equal(error.missing, 'users:read');
    assert.equal(decisions.length, 1);
    assert.deepEqual(
      decisions.map(({ granted, reason, subject }) => [granted, reason, subject]),
      [[false, 'missing-permission', 'ada']],
    );
  });

  it('refuses an anonymous caller as unauthenticated', async () => {
    const error = await assertRefused(() => callGuard('signed-in'), 'unauthenticated');
    assert.equal(error.missing, undefined);
    assert.deepEqual(
      decisions.map(({ granted, reason }) => [granted, reason]),
      [[false, 'anonymous']],
    );
  });

  it('allows a public operation to an anonymous caller', async () => {
    assert.equal((await callGuard('public')).kind, 'anonymous');
  });

  it('refuses a bad credential, with the reason only in the log', async () => {
    const token = forgeIdToken({ header: { alg: 'none' }, signer: unsigned });
    const error = await assertRefused(
      () => callGuard('signed-in', token),
      'invalid_token',
      'wrong-algorithm',
    );
    assert.equal(error.message, 'The credential was not accepted.');
    assert.deepEqual(decisions, [
      {
        permission: 'signed-in',
        granted: false,
        reason: 'wrong-algorithm',
        code: 'invalid_token',
      },
    ]);
  });

  const invalidHeaders: Record<
    string,
    readonly [authorization: string[], code: 'invalid_request' | 'invalid_token']
  > = {
    'two Authorization headers': [['Bearer a.b.c', 'Bearer a.b.c'], 'invalid_request'],
    'another scheme': [['Basic YTpi'], 'invalid_token'],
  };
  for (const [what, [authorization, code]] of Object.entries(invalidHeaders)) {
    it(`logs one decision for ${what}`, async () => {
      const attempt = {
        request: requestOf(...authorization),
        access: 'signed-in',
        changes: false,
        requestId: 'r1',
        decided,
      } as const;
      await assertRefused(() => guard(test.instance, attempt), code);
      assert.deepEqual(
        decisions.map((line) => [line.granted, line.code]),
        [[false, code]],
      );
    });
  }

  it('logs no part of a token, for any outcome', async () => {
    const tokens = [
      await member(),
      await mintIdToken({ aud: 'other' }),
      forgeIdToken({ header: { kid: 'x' } }),
      'secret.secret.secret',
      'secret',
    ];
    for (const token of tokens) await callGuard({ permission: 'users:read' }, token).catch(() => undefined);
    assert.equal(decisions.length, tokens.length);
    const written = JSON.stringify(decisions);
    for (const part of tokens.flatMap((token) => token.split('.'))) assert.ok(!written.includes(part), part);
  });

  it('decides on a privileged operation by the record, not by the token', async () => {
    const token = await mintIdToken({ roles: ['owner'], rv: 1 });
    assert.deepEqual((await callGuard({ permission: 'notes:read' }, token)).roles, ['owner']);
    const error = await assertRefused(
      () => callGuard({ permission: 'roles:assign' }, token),
      'permission_denied',
    );
    assert.equal(error.missing, 'roles:assign');
  });

  it('records a refused privileged request in the audit log, and no other', async () => {
    const token = await member();
    await assertRefused(() => callGuard({ permission: 'users:read' }, token), 'permission_denied');
    await assertRefused(() => callGuard({ permission: 'roles:assign' }), 'unauthenticated');
    assert.deepEqual((await test.instance.audit.list({ pageSize: 10, action: 'access.refused' })).events, []);
    await assertRefused(() => callGuard({ permission: 'roles:assign' }, token), 'permission_denied');
    const { events } = await test.instance.audit.list({ pageSize: 10, action: 'access.refused' });
    assert.deepEqual(
      events.map(({ actor, issuer, target, outcome, reason, requestId }) => ({
        ...{ actor, issuer, target, outcome, reason, requestId },
      })),
      [
        {
          actor: 'ada',
          issuer: ISSUER,
          target: 'roles:assign',
          outcome: 'refused',
          reason: 'missing-permission',
          requestId: 'r1',
        },
      ],
    );
    assert.ok(!JSON.stringify(events).includes(token.split('.')[2] ?? assert.fail()));
  });

  const refusedByRecord: [what: string, user: object, reason: string][] = [
    ['disabled', { disabled: true }, 'account-disabled'],
    ['revoked', { validSince: '4000000000' }, 'revoked'],
    ['of another version', { customAttributes: '{"roles":[],"rv":5}' }, 'roles-changed'],
  ];
  for (const [what, user, reason] of refusedByRecord) {
    it(`records 30 refused privileged requests a minute, without the token: ${what}`, async () => {
      const token = await mintIdToken({ roles: ['owner'], rv: 1 });
      test.google.users.set('ada', { localId: 'ada', ...user });
      for (let n = 0; n < 40; n++) await assert.rejects(callGuard({ permission: 'roles:assign' }, token));
      await callGuard({ permission: 'notes:read' }, token);
      const { events } = await test.instance.audit.list({ pageSize: 100, action: 'access.refused' });
      assert.equal(events.length, 30);
      for (const event of events) {
        assert.deepEqual(
          [event.actor, event.issuer, event.target, event.outcome, event.reason, event.requestId],
          ['ada', ISSUER, 'roles:assign', 'refused', reason, 'r1'],
        );
      }
      for (const part of token.split('.')) assert.ok(!JSON.stringify(events).includes(part));
    });
  }

  it('does not record a request that is refused by the revocation feed', async () => {
    const token = await member();
    await test.instance.directory.change({ uid: 'ada' }, () => ({
      entry: entryOf('ada', { validAfter: 4e9 }),
      accessChange: { validAfter: 4e9 },
    }));
    await assertRefused(() => callGuard({ permission: 'notes:read' }, token), 'token_stale', 'revoked');
    assert.deepEqual((await test.instance.audit.list({ pageSize: 10, action: 'access.refused' })).events, []);
  });

  it('does not record a privileged request with a token that is not verified', async () => {
    const token = forgeIdToken({ header: { alg: 'none' }, signer: unsigned });
    await assertRefused(() => callGuard({ permission: 'roles:assign' }, token), 'invalid_token');
    assert.deepEqual((await test.instance.audit.list({ pageSize: 100 })).events, []);
  });

  it('also refuses when the refusal cannot be recorded', async () => {
    const refused = async () => test.instance.log.failure('r1', unavailable('auditEvents.create'));
    const token = await member();
    const attempt = {
      request: requestOf(`Bearer ${token}`),
      changes: true,
      requestId: 'r1',
      decided,
    };
    await assertRefused(
      () =>
        guard(
          { ...test.instance, audit: { recordRefusal: refused } },
          { ...attempt, access: { permission: 'roles:assign' } },
        ),
      'permission_denied',
    );
  });

  it('fails closed when the record cannot be read', async () => {
    test.google.answer(ACCOUNTS_LOOKUP, () => (res) => void res.writeHead(500).end());
    const token = await mintIdToken({ roles: ['owner'], rv: 1 });
    await assertRefused(() => callGuard({ permission: 'roles:assign' }, token), 'unavailable');
    assert.deepEqual(
      decisions.map(({ granted, code }) => [granted, code]),
      [[false, 'unavailable']],
    );
  });

  it('allows an own resource, and answers not_found for one of others and for a missing one', async () => {
    const access = { permission: 'notes:read', own: true } as const;
    const token = await member();
    const of = (owner: string) => ({ resource: async () => ({ owner }) });
    assert.equal((await callGuard(access, token, of('ada'))).subject, 'ada');
    const errors = [
      await assertRefused(() => callGuard(access, token, of('bob')), 'not_found'),
      await assertRefused(() => callGuard(access, token, { resource: async () => undefined }), 'not_found'),
      await assertRefused(() => callGuard(access, token), 'not_found'),
    ];
    assert.equal(new Set(errors.map(({ message }) => message)).size, 1);
    assert.deepEqual(
      decisions.map(({ granted, reason }) => [granted, reason]),
      [[true, 'granted'], ...errors.map(() => [false, 'not-own'])],
    );
  });

  it('loads the resource only if the decision depends on its owner', async () => {
    let loads = 0;
    const resource = async () => {
      loads++;
      return { owner: 'bob' };
    };
    const note = { permission: 'notes:read', own: true, unless: 'notes:moderate' } as const;
    await assertRefused(() => callGuard(note, undefined, { resource }), 'unauthenticated');
    const auditor = await mintIdToken({ roles: ['auditor'], rv: 1 });
    await assertRefused(() => callGuard(note, auditor, { resource }), 'permission_denied');
    const moderator = await mintIdToken({ roles: ['support'], rv: 1 });
    assert.equal((await callGuard(note, moderator, { resource })).subject, 'ada');
    assert.equal(loads, 0);
    const token = await member();
    await assertRefused(() => callGuard(note, token, { resource }), 'not_found');
    assert.equal(loads, 1);
  });

  it('logs a decision, with its caller, where the resource cannot be loaded', async () => {
    const resource = () => Promise.reject(new AppError('invalid_argument', 'Invalid id.'));
    const token = await member();
    await assertRefused(
      () => callGuard({ permission: 'notes:read', own: true }, token, { resource }),
      'invalid_argument',
    );
    assert.deepEqual(
      decisions.map(({ granted, reason, subject }) => [granted, reason, subject]),
      [[false, 'invalid_argument', 'ada']],
    );
  });

  it('passes the principal to the function that loads the resource', async () => {
    const owners: (string | undefined)[] = [];
    await guard(test.instance, {
      request: requestOf(`Bearer ${await member()}`),
      access: { permission: 'notes:read', own: true },
      changes: false,
      requestId: 'r1',
      decided,
      resource: async ({ directoryId = '' }) => {
        owners.push(directoryId);
        return { owner: directoryId };
      },
    });
    assert.deepEqual(owners, ['ada']);
  });

  it('passes on an error that is not a refusal, with one decision', async () => {
    const broken = {
      ...test.instance,
      accessChanges: { find: () => Promise.reject(new TypeError('a bug')) },
    };
    const token = await member();
    const attempt = {
      request: requestOf(`Bearer ${token}`),
      access: 'signed-in',
      changes: false,
    } as const;
    await assert.rejects(guard(broken, { ...attempt, requestId: 'r1', decided }), TypeError);
    assert.deepEqual(
      decisions.map(({ granted, reason, code }) => [granted, reason, code]),
      [[false, 'internal', 'internal']],
    );
  });
});

describe('guard with App Check', () => {
  const test = useTestInstance('each', { env: { APP_CHECK: 'true', APP_CHECK_CONSUME: 'true' } });
  beforeEach(() => {
    serveAppCheck(test.google);
    test.google.users.set('ada', { localId: 'ada' });
  });

  const callGuard = (access: AccessRule, authorization: string[], appCheck: string[], changes = false) =>
    guard(test.instance, {
      request: requestWith({ authorization, 'x-firebase-appcheck': appCheck }),
      ...{ access, changes, requestId: 'r1', decided },
    });

  it('checks the app of a user, and logs one decision with the user', async () => {
    const bearer = [`Bearer ${await mintIdToken()}`];
    await assertRefused(() => callGuard('signed-in', bearer, []), 'app_check_failed');
    assert.deepEqual(
      decisions.map(({ granted, code, subject }) => [granted, code, subject]),
      [[false, 'app_check_failed', 'ada']],
    );
    const app = [await mintAppCheckToken()];
    assert.equal((await callGuard('signed-in', bearer, app)).subject, 'ada');
  });

  it('does not check the app for a public operation', async () => {
    assert.equal((await callGuard('public', [], [])).kind, 'anonymous');
  });

  it('accepts an App Check token for one change', async () => {
    const bearer = [`Bearer ${await mintIdToken()}`];
    const app = [await mintAppCheckToken()];
    await callGuard('signed-in', bearer, app, true);
    await assertRefused(
      () => callGuard('signed-in', bearer, app, true),
      'app_check_failed',
      'app-check-consumed',
    );
  });
});
