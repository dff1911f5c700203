import assert from 'node:assert/strict';
import type { AccessRule } from '../../../src/authz/access-rule.ts';
import type { FactorScope } from '../../../src/authz/factor-policy.ts';
import type { Assurance, FactorKind } from '../../../src/core/access-types.ts';
import { type AppError, unavailable } from '../../../src/core/errors.ts';
import type { DecisionFields } from '../../../src/pipeline/call-line.ts';
import { guard } from '../../../src/pipeline/guard.ts';
import type { SecondFactors } from '../../../src/pipeline/second-factor.ts';
import { requestWith } from '../../helpers/credential-request.ts';
import { mintIdToken } from '../../helpers/google.ts';
import { useTestInstance } from '../../helpers/instance.ts';
import { assertRefused } from '../../helpers/refusal.ts';
import {
  cookieValue,
  openSessionPort,
  readSessionOf,
  sessionOf,
  withSessions,
} from '../../helpers/session-port.ts';
import { entryOf } from '../../helpers/test-directory.ts';

const ROLES_ASSIGN = { permission: 'roles:assign' } as const;

describe('guard, with second factors', () => {
  const test = useTestInstance('each', { product: { mfa: { requireFactorFor: ['owner'] } } });
  let asked: Parameters<SecondFactors['findStepUp']>[];
  let lines: DecisionFields[];
  let stepUp: Assurance | undefined;
  let provable: SecondFactors['provableFactors'];
  const now = () => Math.floor(Date.now() / 1000);
  const proof = (ago: number): Assurance => ({ level: 'aal2', at: now() - ago, methods: ['totp'] });

  beforeEach(() => {
    asked = [];
    lines = [];
    stepUp = undefined;
    provable = async () => ['totp', 'recovery-code'];
  });

  const secondFactors: SecondFactors = {
    findStepUp: (...args) => {
      asked.push(args);
      return stepUp;
    },
    provableFactors: (principal) => provable(principal),
  };

  async function seed(role: 'owner' | 'admin' | 'member', factors: readonly FactorKind[]) {
    test.google.users.set('ada', { localId: 'ada', customAttributes: `{"roles":["${role}"],"rv":1}` });
    const grants = [{ role, grantedBy: 'operator', grantedAt: 1 }];
    await test.instance.directory.change({ uid: 'ada' }, () => ({
      entry: entryOf('ada', { grants, rolesVersion: 1, claimsVersion: 1, factors }),
    }));
    return mintIdToken({ roles: [role], rv: 1 });
  }

  const call = (
    token: string,
    access: AccessRule,
    { inShadow, factorPolicy }: { inShadow?: (error: AppError) => void; factorPolicy?: FactorScope } = {},
  ) =>
    guard(
      { ...test.instance, secondFactors },
      {
        request: requestWith({ authorization: [`Bearer ${token}`] }),
        ...{ access, factorPolicy, inShadow, changes: true, requestId: 'r1' },
        decided: (line) => void lines.push(line),
      },
    );
  const refused = async (...args: Parameters<typeof call>) =>
    (await assertRefused(() => call(...args), 'step_up_required')).stepUp;

  it('asks for a factor only who has one, for a privileged operation', async () => {
    assert.equal((await call(await seed('admin', []), ROLES_ASSIGN)).assurance.level, 'aal1');
    assert.equal(asked.length, 0);
    const token = await seed('admin', ['totp']);
    assert.deepEqual(await refused(token, ROLES_ASSIGN), {
      ...{ assurance: 'aal2', maxAge: 600, factors: ['totp', 'recovery-code'] },
    });
    assert.deepEqual(
      asked.map(([{ subject }, rolesVersion, options]) => [subject, rolesVersion, options]),
      [['ada', 1, { fresh: true, since: now() - 600 }]],
    );
    assert.equal((await call(token, { permission: 'users:read' })).assurance.level, 'aal1');
    assert.equal(asked.length, 1);
  });

  it('records the refused attempt in the audit log', async () => {
    await refused(await seed('admin', ['totp']), ROLES_ASSIGN);
    const { events } = await test.instance.audit.list({ pageSize: 10, action: 'access.refused' });
    assert.deepEqual(
      events.map(({ target, reason }) => [target, reason]),
      [['roles:assign', 'step-up-required']],
    );
  });

  it('accepts a step-up of the last ten minutes, and hands it to the operation', async () => {
    const token = await seed('admin', ['totp']);
    stepUp = proof(599);
    const { assurance } = await call(token, ROLES_ASSIGN);
    assert.deepEqual(assurance, { ...stepUp, methods: ['password', 'totp'] });
    stepUp = proof(610);
    assert.equal((await refused(token, ROLES_ASSIGN))?.maxAge, 600);
  });

  it('asks a holder of a listed role for a factor for every operation, not from Firestore', async () => {
    const token = await seed('owner', []);
    provable = async () => [];
    assert.deepEqual(await refused(token, 'signed-in'), {
      ...{ assurance: 'aal2', maxAge: undefined, factors: [] },
    });
    assert.deepEqual(asked[0]?.[2], { fresh: false, since: 0 });
    stepUp = proof(36_000);
    assert.equal((await call(token, 'signed-in')).assurance.level, 'aal2');
    assert.equal((await call(token, 'public')).kind, 'anonymous');
  });

  it('lets a holder without a factor enrol, and asks one with a factor for it', async () => {
    const enrolment = { factorPolicy: 'enrolment' } as const;
    assert.equal((await call(await seed('owner', []), 'signed-in', enrolment)).subject, 'ada');
    const token = await seed('owner', ['passkey']);
    assert.equal((await refused(token, 'signed-in', enrolment))?.maxAge, 600);
    stepUp = proof(10);
    assert.equal((await call(token, 'signed-in', enrolment)).assurance.level, 'aal2');
  });

  it('decides an exempt operation on the sign-in alone', async () => {
    const token = await seed('owner', ['totp']);
    stepUp = proof(0);
    const exempt = { factorPolicy: 'exempt' } as const;
    assert.equal((await call(token, 'signed-in', exempt)).assurance.level, 'aal1');
    const needed = await refused(token, { signedIn: true, assurance: 'aal2' }, exempt);
    assert.deepEqual(needed, { assurance: 'aal2', maxAge: undefined, factors: undefined });
    assert.equal(asked.length, 0);
  });

  it('accepts a step-up where an endpoint asks for a recent sign-in', async () => {
    const token = await seed('member', ['totp']);
    const access = { signedIn: true, maxAge: 300 } as const;
    const old = await mintIdToken({ roles: ['member'], rv: 1, auth_time: now() - 4000 });
    assert.equal((await call(token, access)).assurance.level, 'aal1');
    assert.equal((await refused(old, access))?.maxAge, 300);
    stepUp = proof(100);
    assert.equal((await call(old, access)).assurance.at, stepUp.at);
  });

  it('accepts the second factor of a sign-in without a look-up', async () => {
    await seed('owner', []);
    const firebase = { sign_in_provider: 'password', sign_in_second_factor: 'phone', identities: {} };
    const token = await mintIdToken({ roles: ['owner'], rv: 1, firebase });
    assert.equal((await call(token, ROLES_ASSIGN)).assurance.level, 'aal2');
    assert.equal(asked.length, 0);
  });

  it('refuses while the step-ups cannot be read, and also while the factors cannot', async () => {
    const token = await seed('owner', ['totp']);
    provable = async () => {
      throw unavailable('factors');
    };
    assert.equal((await refused(token, 'signed-in'))?.factors, undefined);
    const failing = { ...secondFactors, findStepUp: () => Promise.reject(unavailable('stepUps')) };
    const attempt = { request: requestWith({ authorization: [`Bearer ${token}`] }), requestId: 'r1' };
    const rest = { ...attempt, access: 'signed-in', changes: true, decided: () => undefined } as const;
    await assertRefused(() => guard({ ...test.instance, secondFactors: failing }, rest), 'unavailable');
  });

  it('lets an endpoint in shadow mode pass, without reading the factors', async () => {
    const token = await seed('owner', ['totp']);
    const errors: AppError[] = [];
    provable = () => assert.fail('read');
    const inShadow = (error: AppError) => void errors.push(error);
    assert.equal((await call(token, 'signed-in', { inShadow })).subject, 'ada');
    assert.deepEqual(
      errors.map(({ code }) => code),
      ['step_up_required'],
    );
    assert.deepEqual(
      lines.map(({ reason, enforcement }) => [reason, enforcement]),
      [['step-up-required', 'shadow']],
    );
  });

  it('takes the assurance of a session from the session', async () => {
    await seed('owner', ['totp']);
    const port = openSessionPort();
    const session = sessionOf(now());
    const record = { grants: [{ role: 'owner' }], factors: ['totp'] } as const;
    const attempt = {
      request: requestWith({ cookie: [`__session=${cookieValue('ada')}`] }),
      ...{ access: ROLES_ASSIGN, changes: true, requestId: 'r1', csrf: 'none' as const },
      decided: () => undefined,
    } as const;
    const deps = { ...withSessions(test.instance, port), secondFactors };
    port.put('ada', readSessionOf(session, record));
    const error = await assertRefused(() => guard(deps, attempt), 'step_up_required');
    assert.deepEqual(error.stepUp?.factors, ['totp', 'recovery-code']);
    port.put('ada', readSessionOf({ ...session, assurance: proof(10) }, record));
    assert.equal((await guard(deps, attempt)).assurance.level, 'aal2');
    assert.equal(asked.length, 0);
  });
});
