import assert from 'node:assert/strict';
import type { AccessRule } from '../../../src/authz/access-rule.ts';
import type { Resource } from '../../../src/authz/decide.ts';
import type { Principal } from '../../../src/authz/principal.ts';
import type { AppError, ErrorCode } from '../../../src/core/errors.ts';
import type { DecisionReason } from '../../../src/core/log.ts';
import { allowCall } from '../../../src/pipeline/call.ts';
import { type CallLine, openCallLine } from '../../../src/pipeline/call-line.ts';
import { guard } from '../../../src/pipeline/guard.ts';
import { serveAppCheck } from '../../helpers/app-check-tokens.ts';
import { requestWith } from '../../helpers/credential-request.ts';
import { forgeIdToken, unsigned } from '../../helpers/forge.ts';
import { ACCOUNTS_LOOKUP, mintIdToken } from '../../helpers/google.ts';
import { useTestInstance } from '../../helpers/instance.ts';
import { assertRefused } from '../../helpers/refusal.ts';
import { entryOf } from '../../helpers/test-directory.ts';

const SHADOW = { ENFORCEMENT: 'shadow' };

describe('shadow mode', () => {
  const test = useTestInstance('each', { env: { ...SHADOW, APP_CHECK: 'true' } });
  let line: CallLine;
  let errors: AppError[];
  beforeEach(() => {
    serveAppCheck(test.google);
    test.google.users.set('ada', { localId: 'ada', customAttributes: '{"roles":["member"],"rv":1}' });
    line = openCallLine(test.instance.log, { requestId: 'r1', method: 'GET', route: '/projects' });
    errors = [];
  });

  const SERVICE = { appCheck: 'none' } as const;
  function pass(
    access: AccessRule,
    authorization: readonly string[],
    more: { resource?: () => Promise<Resource | undefined>; appCheck?: 'none' } = {},
  ): Promise<Principal> {
    const { appCheck, ...rest } = more;
    return guard(appCheck ? withoutAppCheck() : test.instance, {
      request: requestWith({ authorization }),
      ...{ access, changes: false, requestId: 'r1', decided: line.decided },
      inShadow: (error) => void errors.push(error),
      ...rest,
    });
  }
  const withoutAppCheck = () => ({ ...test.instance, appCheck: { check: async () => undefined } });
  const bearer = async (claims: Record<string, unknown> = { roles: ['member'], rv: 1 }) => [
    `Bearer ${await mintIdToken(claims)}`,
  ];

  /** The line of the request, after the handler has answered 200. */
  function written() {
    line.answered(200);
    const lines = test.instance.lines.filter(({ kind }) => kind === 'decision');
    assert.equal(lines.length, 1);
    return lines[0] ?? assert.fail();
  }

  function assertLogged(granted: boolean, reason: DecisionReason, code?: ErrorCode): void {
    const { granted: g, reason: r, code: c, enforcement, status } = written();
    assert.deepEqual(
      { granted: g, reason: r, code: c, enforcement, status },
      { granted, reason, code, enforcement: granted ? undefined : 'shadow', status: 200 },
    );
    assert.deepEqual(
      errors.map((error) => error.code),
      code === undefined ? [] : [code],
    );
  }

  it('grants as enforcement does', async () => {
    const principal = await pass({ permission: 'notes:read' }, await bearer(), SERVICE);
    assert.equal(principal.subject, 'ada');
    assertLogged(true, 'granted');
  });

  it('lets a caller without the permission pass, with their own permissions only', async () => {
    const { subject, permissions } = await pass({ permission: 'users:read' }, await bearer(), SERVICE);
    assert.equal(subject, 'ada');
    assert.ok(!permissions.includes('users:read'));
    assertLogged(false, 'missing-permission', 'permission_denied');
  });

  it('lets a request without a credential pass, as anonymous', async () => {
    assert.equal((await pass('signed-in', [])).kind, 'anonymous');
    assertLogged(false, 'anonymous', 'unauthenticated');
  });

  const stranger = forgeIdToken({ header: { alg: 'none' }, signer: unsigned });
  const refused: [what: string, authorization: string[], reason: DecisionReason, code: ErrorCode][] = [
    ['a forged token', [`Bearer ${stranger}`], 'wrong-algorithm', 'invalid_token'],
    ['a credential of another kind', ['Basic YTpi'], 'malformed-authorization', 'invalid_token'],
    ['two credentials', ['Bearer a', 'Bearer b'], 'several-credentials', 'invalid_request'],
  ];
  for (const [what, authorization, reason, code] of refused) {
    it(`lets ${what} pass, as anonymous`, async () => {
      assert.equal((await pass('signed-in', authorization)).kind, 'anonymous');
      assertLogged(false, reason, code);
    });
  }

  it('lets a revoked token pass as anonymous, and names its user in the log', async () => {
    const token = await bearer();
    await test.instance.directory.change({ uid: 'ada' }, () => ({
      entry: entryOf('ada', { validAfter: 4e9 }),
      accessChange: { validAfter: 4e9 },
    }));
    const { kind, permissions } = await pass('signed-in', token, SERVICE);
    assert.deepEqual([kind, permissions], ['anonymous', []]);
    assert.equal(written().subject, 'ada');
    assertLogged(false, 'revoked', 'token_stale');
  });

  it('lets an app without App Check pass, as the user of the token', async () => {
    assert.equal((await pass('signed-in', await bearer())).subject, 'ada');
    assertLogged(false, 'app-check-missing', 'app_check_failed');
  });

  it('lets a caller pass who would have to sign in again', async () => {
    const rule = { permission: 'notes:read', assurance: 'aal2' } as const;
    assert.equal((await pass(rule, await bearer(), SERVICE)).subject, 'ada');
    assertLogged(false, 'step-up-required', 'step_up_required');
  });

  it('lets a caller pass to the resource of another user, and to a missing one', async () => {
    const own = { permission: 'notes:read', own: true } as const;
    for (const resource of [async () => ({ owner: 'bob' }), async () => undefined])
      assert.equal((await pass(own, await bearer(), { ...SERVICE, resource })).subject, 'ada');
    assert.deepEqual(
      errors.map(({ code }) => code),
      ['not_found', 'not_found'],
    );
  });

  it('lets a request pass when the decision fails', async () => {
    const failed = { accessChanges: { find: () => Promise.reject(new TypeError('a bug')) } };
    const principal = await guard(
      { ...test.instance, ...failed },
      {
        request: requestWith({ authorization: await bearer() }),
        ...{ access: 'signed-in', changes: false, requestId: 'r1', decided: line.decided },
        inShadow: (error) => void errors.push(error),
      },
    );
    assert.equal(principal.kind, 'anonymous');
    assertLogged(false, 'internal', 'internal');
  });

  for (const access of [
    { permission: 'roles:assign' },
    { permission: 'users:read', own: true, unless: 'roles:assign' },
  ] as const) {
    it(`enforces a rule with a privileged permission: ${JSON.stringify(access)}`, async () => {
      await assertRefused(() => pass(access, []), 'unauthenticated');
      const token = await mintIdToken({ roles: ['owner'], rv: 1 });
      await assertRefused(() => pass(access, [`Bearer ${token}`], SERVICE), 'permission_denied');
      test.google.answer(ACCOUNTS_LOOKUP, () => (res) => void res.writeHead(500).end());
      await assertRefused(() => pass(access, [`Bearer ${token}`], SERVICE), 'unavailable');
      assert.deepEqual(errors, []);
    });
  }

  it('keeps the first refusal of several rules on one request', async () => {
    await pass({ permission: 'users:read' }, await bearer(), SERVICE);
    await pass('signed-in', await bearer(), SERVICE);
    assert.equal(written().reason, 'missing-permission');
  });

  it('gives the line to a later rule that is enforced', async () => {
    await pass('signed-in', []);
    await assertRefused(() => pass({ permission: 'roles:assign' }, []), 'unauthenticated');
    const { permission, enforcement } = written();
    assert.deepEqual([permission, enforcement], ['roles:assign', undefined]);
  });

  it('is enforcement for every operation of Gatehouse', async () => {
    for (const bound of test.instance.operations.filter(({ operation }) => operation.access !== 'public')) {
      const call = {
        ...{ request: requestWith({ authorization: [] }), requestId: 'r1', decided: () => undefined },
        ...{ readInput: () => ({}), locate: (field: string) => field },
      };
      await assertRefused(() => allowCall(test.instance, bound, call), 'unauthenticated');
    }
  });

  it('writes one warning when an instance starts, and none with enforcement', () => {
    const warnings = ({ lines }: { lines: readonly { kind: string }[] }) =>
      lines.filter(({ kind }) => kind === 'shadowMode').length;
    assert.equal(warnings(test.instance), 1);
    assert.equal(warnings(test.another({ env: {} })), 0);
  });
});
