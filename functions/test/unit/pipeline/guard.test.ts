import assert from 'node:assert/strict';
import type { AccessRule } from '../../../src/authz/access-rule.ts';
import type { Resource } from '../../../src/authz/decide.ts';
import { unavailable } from '../../../src/core/errors.ts';
import { guard } from '../../../src/pipeline/guard.ts';
import { entryOf } from '../../helpers/access.ts';
import { mintAppCheckToken, playAppCheck } from '../../helpers/app-check-tokens.ts';
import { requestOf, requestWith } from '../../helpers/credential-request.ts';
import { openTestFirestore, type TestFirestore } from '../../helpers/firestore.ts';
import { forgeIdToken, unsigned } from '../../helpers/forge.ts';
import { ACCOUNTS_LOOKUP, type Google, ISSUER, mintIdToken, openGoogle } from '../../helpers/google.ts';
import { createInstance, type Instance } from '../../helpers/instance.ts';
import { assertRefused } from '../../helpers/refusal.ts';

type Look = () => Promise<Resource | undefined>;

describe('guard', () => {
  let google: Google;
  let firestore: TestFirestore;
  let instance: Instance;
  beforeEach(async () => {
    google = await openGoogle();
    firestore = await openTestFirestore();
    google.users.set('ada', { localId: 'ada', customAttributes: '{"roles":["member"],"rv":1}' });
    instance = createInstance(google, firestore);
  });
  afterEach(() => Promise.all([google.close(), firestore.close()]));

  const knock = (
    access: AccessRule,
    token?: string,
    { appCheck = [], ...more }: { appCheck?: string[]; changes?: boolean; resource?: Look } = {},
  ) =>
    guard(instance, {
      request: requestWith({
        authorization: token === undefined ? [] : [`Bearer ${token}`],
        'x-firebase-appcheck': appCheck,
      }),
      access,
      changes: false,
      requestId: 'r1',
      labels: {},
      ...more,
    });
  const member = () => mintIdToken({ roles: ['member'], rv: 1 });

  it('lets pass who may, and writes one line about it', async () => {
    assert.equal((await knock({ permission: 'notes:read' }, await member())).subject, 'ada');
    assert.deepEqual(instance.lines, [
      {
        kind: 'decision',
        requestId: 'r1',
        labels: {},
        permission: 'notes:read',
        issuer: ISSUER,
        subject: 'ada',
        granted: true,
        reason: 'granted',
      },
    ]);
  });

  it('tells who lacks a permission which one, and writes one line about it', async () => {
    const token = await member();
    const error = await assertRefused(() => knock({ permission: 'users:read' }, token), 'permission_denied');
    assert.equal(error.missing, 'users:read');
    assert.equal(instance.lines.length, 1);
    assert.deepEqual(
      instance.lines.map(({ granted, reason, subject }) => [granted, reason, subject]),
      [[false, 'missing-permission', 'ada']],
    );
  });

  it('asks who is nobody to sign in', async () => {
    const error = await assertRefused(() => knock('signed-in'), 'unauthenticated');
    assert.equal(error.missing, undefined);
    assert.deepEqual(
      instance.lines.map(({ granted, reason }) => [granted, reason]),
      [[false, 'anonymous']],
    );
  });

  it('lets nobody in particular pass to what is public', async () => {
    assert.equal((await knock('public')).kind, 'anonymous');
  });

  it('refuses a bad credential even where none is needed, and says why in the log alone', async () => {
    const token = forgeIdToken({ header: { alg: 'none' }, signer: unsigned });
    const error = await assertRefused(() => knock('public', token), 'invalid_token', 'wrong-algorithm');
    assert.equal(error.message, 'The credential was not accepted.');
    assert.deepEqual(instance.lines, [
      {
        kind: 'decision',
        requestId: 'r1',
        labels: {},
        permission: 'public',
        granted: false,
        reason: 'wrong-algorithm',
        code: 'invalid_token',
      },
    ]);
  });

  const odd: Record<string, readonly [authorization: string[], code: 'invalid_request' | 'invalid_token']> = {
    'two Authorization headers': [['Bearer a.b.c', 'Bearer a.b.c'], 'invalid_request'],
    'another scheme': [['Basic YTpi'], 'invalid_token'],
  };
  for (const [what, [authorization, code]] of Object.entries(odd)) {
    it(`writes one line about ${what}, too`, async () => {
      const attempt = {
        request: requestOf(...authorization),
        access: 'public',
        changes: false,
        requestId: 'r1',
        labels: {},
      } as const;
      await assertRefused(() => guard(instance, attempt), code);
      assert.deepEqual(
        instance.lines.map((line) => [line.kind, line.granted, line.code]),
        [['decision', false, code]],
      );
    });
  }

  it('writes no part of a token, whatever becomes of it', async () => {
    const tokens = [
      await member(),
      await mintIdToken({ aud: 'other' }),
      forgeIdToken({ header: { kid: 'x' } }),
      'secret.secret.secret',
      'secret',
    ];
    for (const token of tokens) await knock({ permission: 'users:read' }, token).catch(() => undefined);
    assert.equal(instance.lines.length, tokens.length);
    const written = JSON.stringify(instance.lines);
    for (const part of tokens.flatMap((token) => token.split('.'))) assert.ok(!written.includes(part), part);
  });

  it('decides on privileged access by the record, not by the token', async () => {
    const token = await mintIdToken({ roles: ['owner'], rv: 1 });
    assert.deepEqual((await knock({ permission: 'notes:read' }, token)).roles, ['owner']);
    const error = await assertRefused(
      () => knock({ permission: 'roles:assign' }, token),
      'permission_denied',
    );
    assert.equal(error.missing, 'roles:assign');
  });

  it('records a privileged attempt that is refused, and no other', async () => {
    const token = await member();
    await assertRefused(() => knock({ permission: 'users:read' }, token), 'permission_denied');
    await assertRefused(() => knock({ permission: 'roles:assign' }), 'unauthenticated');
    assert.deepEqual((await instance.audit.list({ pageSize: 10, action: 'access.refused' })).events, []);
    await assertRefused(() => knock({ permission: 'roles:assign' }, token), 'permission_denied');
    const { events } = await instance.audit.list({ pageSize: 10, action: 'access.refused' });
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

  const outs: [what: string, user: object, reason: string][] = [
    ['disabled', { disabled: true }, 'account-disabled'],
    ['revoked', { validSince: '4000000000' }, 'revoked'],
    ['of another version', { customAttributes: '{"roles":[],"rv":5}' }, 'roles-changed'],
  ];
  for (const [what, user, reason] of outs) {
    it(`records privileged attempts of whom the record says: ${what}, thirty a minute, and no token`, async () => {
      const token = await mintIdToken({ roles: ['owner'], rv: 1 });
      google.users.set('ada', { localId: 'ada', ...user });
      for (let n = 0; n < 40; n++) await assert.rejects(knock({ permission: 'roles:assign' }, token));
      await knock({ permission: 'notes:read' }, token);
      const { events } = await instance.audit.list({ pageSize: 100, action: 'access.refused' });
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

  it('records no ordinary attempt of whom the access changes say that they are out', async () => {
    const token = await member();
    await instance.directory.change({ uid: 'ada' }, () => ({
      entry: entryOf('ada', { validAfter: 4e9 }),
      accessChange: { validAfter: 4e9 },
    }));
    await assertRefused(() => knock({ permission: 'notes:read' }, token), 'token_stale', 'revoked');
    assert.deepEqual((await instance.audit.list({ pageSize: 10, action: 'access.refused' })).events, []);
  });

  it('records no privileged attempt under a name that nobody has proved', async () => {
    const token = forgeIdToken({ header: { alg: 'none' }, signer: unsigned });
    await assertRefused(() => knock({ permission: 'roles:assign' }, token), 'invalid_token');
    assert.deepEqual((await instance.audit.list({ pageSize: 100 })).events, []);
  });

  it('refuses all the same when that cannot be recorded', async () => {
    const refused = async () => instance.log.failure('r1', unavailable('auditEvents.create'));
    const token = await member();
    const attempt = {
      request: requestOf(`Bearer ${token}`),
      changes: true,
      requestId: 'r1',
      labels: {},
    };
    await assertRefused(
      () =>
        guard(
          { ...instance, audit: { recordRefusal: refused } },
          { ...attempt, access: { permission: 'roles:assign' } },
        ),
      'permission_denied',
    );
  });

  it('fails closed when the record cannot be read', async () => {
    google.answer(ACCOUNTS_LOOKUP, () => (res) => void res.writeHead(500).end());
    const token = await mintIdToken({ roles: ['owner'], rv: 1 });
    await assertRefused(() => knock({ permission: 'roles:assign' }, token), 'unavailable');
    assert.deepEqual(
      instance.lines.map(({ granted, code }) => [granted, code]),
      [[false, 'unavailable']],
    );
  });

  it('lets pass to one’s own; somebody else’s is not there, and neither is what is not there', async () => {
    const access = { permission: 'notes:read', own: true } as const;
    const token = await member();
    const of = (owner: string) => ({ resource: async () => ({ owner }) });
    assert.equal((await knock(access, token, of('ada'))).subject, 'ada');
    const errors = [
      await assertRefused(() => knock(access, token, of('bob')), 'not_found'),
      await assertRefused(() => knock(access, token, { resource: async () => undefined }), 'not_found'),
      await assertRefused(() => knock(access, token), 'not_found'),
    ];
    assert.equal(new Set(errors.map(({ message }) => message)).size, 1);
    assert.deepEqual(
      instance.lines.map(({ granted, reason }) => [granted, reason]),
      [[true, 'granted'], ...errors.map(() => [false, 'not-own'])],
    );
  });

  it('looks at the resource only when the decision hangs on whose it is', async () => {
    let looked = 0;
    const resource = async () => {
      looked++;
      return { owner: 'bob' };
    };
    const note = { permission: 'notes:read', own: true, unless: 'notes:moderate' } as const;
    await assertRefused(() => knock(note, undefined, { resource }), 'unauthenticated');
    const auditor = await mintIdToken({ roles: ['auditor'], rv: 1 });
    await assertRefused(() => knock(note, auditor, { resource }), 'permission_denied');
    const moderator = await mintIdToken({ roles: ['support'], rv: 1 });
    assert.equal((await knock(note, moderator, { resource })).subject, 'ada');
    assert.equal(looked, 0);
    const token = await member();
    await assertRefused(() => knock(note, token, { resource }), 'not_found');
    assert.equal(looked, 1);
  });

  it('gives the principal to whoever looks at the resource, so that it is looked up as theirs', async () => {
    const owners: (string | undefined)[] = [];
    await guard(instance, {
      request: requestOf(`Bearer ${await member()}`),
      access: { permission: 'notes:read', own: true },
      changes: false,
      requestId: 'r1',
      labels: {},
      resource: async ({ directoryId = '' }) => {
        owners.push(directoryId);
        return { owner: directoryId };
      },
    });
    assert.deepEqual(owners, ['ada']);
  });

  it('lets a failure that is no refusal go on as it is', async () => {
    const broken = {
      ...instance,
      accessChanges: { find: () => Promise.reject(new TypeError('a bug')) },
    };
    const token = await member();
    const attempt = {
      request: requestOf(`Bearer ${token}`),
      access: 'signed-in',
      changes: false,
    } as const;
    await assert.rejects(guard(broken, { ...attempt, requestId: 'r1', labels: {} }), TypeError);
  });
});

describe('guard with App Check', () => {
  let google: Google;
  let firestore: TestFirestore;
  let instance: Instance;
  beforeEach(async () => {
    google = await openGoogle();
    firestore = await openTestFirestore();
    playAppCheck(google);
    google.users.set('ada', { localId: 'ada' });
    instance = createInstance(google, firestore, { env: { APP_CHECK: 'true', APP_CHECK_CONSUME: 'true' } });
  });
  afterEach(() => Promise.all([google.close(), firestore.close()]));

  const knock = (access: AccessRule, authorization: string[], appCheck: string[], changes = false) =>
    guard(instance, {
      request: requestWith({ authorization, 'x-firebase-appcheck': appCheck }),
      ...{ access, changes, requestId: 'r1', labels: {} },
    });

  it('asks for an app before it asks who is there, and writes one line about it', async () => {
    await assertRefused(() => knock('signed-in', [], []), 'app_check_failed');
    assert.deepEqual(
      instance.lines.map(({ granted, code }) => [granted, code]),
      [[false, 'app_check_failed']],
    );
    await assertRefused(async () => knock('signed-in', [], [await mintAppCheckToken()]), 'unauthenticated');
  });

  it('does not ask for an app where access is public', async () => {
    assert.equal((await knock('public', [], [])).kind, 'anonymous');
  });

  it('takes an App Check token for one change', async () => {
    const bearer = [`Bearer ${await mintIdToken()}`];
    const app = [await mintAppCheckToken()];
    await knock('signed-in', bearer, app, true);
    await assertRefused(
      () => knock('signed-in', bearer, app, true),
      'app_check_failed',
      'app-check-consumed',
    );
  });
});
