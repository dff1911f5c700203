import assert from 'node:assert/strict';
import type { AccessRule } from '../../../src/authz/access-rule.ts';
import {
  type FactorScope,
  underFactorPolicy,
  withAssurance,
  withStepUp,
} from '../../../src/authz/factor-policy.ts';
import { ANONYMOUS, createPrincipal, type Principal } from '../../../src/authz/principal.ts';
import type { Role } from '../../../src/authz/roles.ts';
import type { Assurance } from '../../../src/core/access-types.ts';

const principal = (role: Role, facts: Partial<Principal> = {}) =>
  createPrincipal({
    ...{ kind: 'user', issuer: 'https://issuer.example', subject: 'ada', roles: [role], authTime: 1 },
    ...{ assurance: { level: 'aal1', at: 1, methods: ['pwd'] }, tokenExpiresAt: 2, credential: 'bearer' },
    ...facts,
  });

const POLICY = { requireFactorFor: ['owner', 'support'], maxAge: 600 } as const;
const ROLES_ASSIGN = { permission: 'roles:assign' } as const;
const NOTES_READ = { permission: 'notes:read' } as const;

describe('underFactorPolicy', () => {
  const member = principal('member');
  const owner = principal('owner');
  const cases: [
    what: string,
    rule: AccessRule,
    caller: Parameters<typeof underFactorPolicy>[1],
    expected: AccessRule,
    scope?: FactorScope,
  ][] = [
    ['adds nothing for others', 'signed-in', { principal: member }, 'signed-in'],
    ['adds nothing to a privileged rule without a factor', ROLES_ASSIGN, { principal: member }, ROLES_ASSIGN],
    [
      'asks who has a factor for a recent one, for a privileged rule',
      ROLES_ASSIGN,
      { principal: member, factors: ['totp'] },
      { ...ROLES_ASSIGN, assurance: 'aal2', maxAge: 600 },
    ],
    [
      'counts a factor of Identity Platform',
      ROLES_ASSIGN,
      { principal: member, factors: ['firebase'] },
      { ...ROLES_ASSIGN, assurance: 'aal2', maxAge: 600 },
    ],
    [
      'asks for no factor for other rules of who has one',
      NOTES_READ,
      { principal: member, factors: ['totp'] },
      NOTES_READ,
    ],
    [
      'asks a holder of a listed role for everything',
      'signed-in',
      { principal: owner },
      { signedIn: true, assurance: 'aal2' },
    ],
    [
      'keeps the smaller maxAge of the rule',
      { ...NOTES_READ, assurance: 'aal1', maxAge: 60 },
      { principal: owner },
      { ...NOTES_READ, assurance: 'aal2', maxAge: 60 },
    ],
    [
      'asks a holder without a factor for a recent one, for a privileged rule',
      { ...ROLES_ASSIGN, maxAge: 3600 },
      { principal: owner, factors: [] },
      { ...ROLES_ASSIGN, assurance: 'aal2', maxAge: 600 },
    ],
    [
      'keeps a smaller maxAge than that of the policy',
      { ...ROLES_ASSIGN, maxAge: 0 },
      { principal: owner },
      { ...ROLES_ASSIGN, assurance: 'aal2', maxAge: 0 },
    ],
    [
      'counts a listed role that only the issuer gives',
      NOTES_READ,
      { principal: member, issuedRoles: ['support'] },
      { ...NOTES_READ, assurance: 'aal2' },
    ],
    ['leaves public rules', 'public', { principal: owner }, 'public'],
    ['leaves anonymous callers', 'signed-in', { principal: ANONYMOUS }, 'signed-in'],
    [
      'leaves services, which have no second factor',
      ROLES_ASSIGN,
      { principal: principal('owner', { kind: 'service' }) },
      ROLES_ASSIGN,
    ],
    [
      'leaves an exempt operation',
      'signed-in',
      { principal: owner, factors: ['totp'] },
      'signed-in',
      'exempt',
    ],
    ['lets a holder without a factor enrol', 'signed-in', { principal: owner }, 'signed-in', 'enrolment'],
    [
      'asks for a recent factor to change the factors',
      { signedIn: true, maxAge: 300 },
      { principal: member, factors: ['passkey'] },
      { signedIn: true, assurance: 'aal2', maxAge: 300 },
      'enrolment',
    ],
  ];
  for (const [what, rule, caller, expected, scope] of cases) {
    it(what, () => assert.deepEqual(underFactorPolicy(rule, caller, POLICY, scope), expected));
  }

  it('adds nothing for any role without a list', () => {
    const none = { requireFactorFor: [], maxAge: 600 };
    assert.equal(underFactorPolicy('signed-in', { principal: owner }, none), 'signed-in');
  });
});

describe('withStepUp', () => {
  const at = (level: Assurance['level'], second: number | undefined, method: string): Assurance => ({
    ...{ level, at: second, methods: [method] },
  });
  const password = at('aal1', 100, 'password');

  it('is the sign-in without a step-up', () => {
    assert.equal(withStepUp(password, undefined), password);
  });

  it('is the step-up, with the methods of both', () => {
    assert.deepEqual(withStepUp(password, at('aal2', 200, 'totp')), {
      ...{ level: 'aal2', at: 200, methods: ['password', 'totp'] },
    });
    assert.equal(withStepUp(at('aal1', undefined, 'custom'), at('aal2', 200, 'totp')).at, 200);
  });

  it('has the time of the factor, not that of a later sign-in without one', () => {
    assert.equal(withStepUp(password, at('aal2', 50, 'totp')).at, 50);
  });

  it('is the later one of two with a second factor', () => {
    const phone = at('aal2', 100, 'phone');
    assert.equal(withStepUp(phone, at('aal2', 50, 'totp')), phone);
    assert.equal(withStepUp(phone, at('aal2', undefined, 'totp')), phone);
    assert.equal(withStepUp(phone, at('aal2', 150, 'totp')).at, 150);
  });
});

describe('withAssurance', () => {
  it('changes the assurance of a frozen principal, and no permission', () => {
    const before = principal('owner', { scopes: ['notes:read'] });
    const after = withAssurance(before, { level: 'aal2', at: 5, methods: ['totp'] });
    assert.deepEqual(after, { ...before, assurance: { level: 'aal2', at: 5, methods: ['totp'] } });
    assert.ok(Object.isFrozen(after) && Object.isFrozen(after.assurance.methods));
    assert.equal(before.assurance.level, 'aal1');
  });

  it('keeps permissions that the roles do not give', () => {
    const { roles, permissions: _, ...facts } = principal('member');
    const mapped = createPrincipal({ ...facts, roles }, ['audit:read']);
    assert.deepEqual(withAssurance(mapped, mapped.assurance), mapped);
  });
});
