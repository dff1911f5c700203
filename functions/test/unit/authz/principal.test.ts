import assert from 'node:assert/strict';
import fc from 'fast-check';
import { ALL_PERMISSIONS } from '../../../src/authz/permissions.ts';
import { ANONYMOUS, createPrincipal, type Principal } from '../../../src/authz/principal.ts';
import { ALL_ROLES, permissionsOf, type Role } from '../../../src/authz/roles.ts';

const facts = {
  kind: 'user',
  issuer: 'https://issuer.example',
  subject: 'ada',
  authTime: 1,
  assurance: { level: 'aal1', at: undefined, methods: [] },
  tokenExpiresAt: 2,
  credential: 'bearer',
} as const;
const create = (roles: readonly Role[], scopes?: readonly string[]) =>
  createPrincipal({ ...facts, roles, ...(scopes && { scopes }) });

describe('createPrincipal', () => {
  it('gives the permissions of the roles', () => {
    assert.deepEqual(create(['auditor']).permissions.toSorted(), ['audit:read', 'roles:read', 'users:read']);
  });

  it('gives no permission outside of the scopes', () => {
    const principal = create(['auditor'], ['users:read', 'users:write', 'openid', '__proto__']);
    assert.deepEqual(principal.permissions, ['users:read']);
  });

  it('gives no permission with an empty list of scopes, unlike without scopes', () => {
    assert.equal(create(['owner'], []).permissions.length, 0);
    assert.equal(create(['owner']).permissions.length, ALL_PERMISSIONS.length);
  });

  it('gives exactly the permissions that both the roles and the scopes allow', () => {
    const someRoles = fc.uniqueArray(fc.constantFrom(...ALL_ROLES));
    const someScopes = fc.array(fc.oneof(fc.constantFrom(...ALL_PERMISSIONS), fc.string()));
    fc.assert(
      fc.property(someRoles, someScopes, (roles, scopes) => {
        const { permissions } = create(roles, scopes);
        const held = permissionsOf(roles);
        for (const permission of ALL_PERMISSIONS) {
          assert.equal(
            permissions.includes(permission),
            held.includes(permission) && scopes.includes(permission),
          );
        }
      }),
    );
  });

  it('gives explicit permissions instead of those of the roles, limited by the scopes', () => {
    const held = ['users:read', 'notes:read'] as const;
    const principal = createPrincipal({ ...facts, roles: ['owner'] }, held);
    assert.deepEqual([principal.roles, principal.permissions], [['owner'], held]);
    const narrowed = createPrincipal(
      { ...facts, roles: ['owner'], scopes: ['notes:read', 'audit:read'] },
      held,
    );
    assert.deepEqual(narrowed.permissions, ['notes:read']);
  });

  it('makes ANONYMOUS without an identity and without permissions', () => {
    assert.equal(ANONYMOUS.kind, 'anonymous');
    assert.equal(ANONYMOUS.permissions.length, 0);
    assert.deepEqual([ANONYMOUS.issuer, ANONYMOUS.subject, ANONYMOUS.uid], ['', '', undefined]);
  });
});

/** All requests with a token share one principal, so a change would affect them all. */
describe('a principal cannot be changed', () => {
  const changes: Record<string, (principal: Principal) => unknown> = {
    'its subject': (principal) => Object.assign(principal, { subject: 'eve' }),
    'its roles': (principal) => (principal.roles as Role[]).push('owner'),
    'its permissions': (principal) => (principal.permissions as string[]).push('owners:assign'),
    'its assurance': (principal) => Object.assign(principal.assurance, { level: 'aal2' }),
    'its methods': (principal) => (principal.assurance.methods as string[]).push('totp'),
    'its session': (principal) => Object.assign(principal.session ?? {}, { id: 's2' }),
    'its client': (principal) => Object.assign(principal.client ?? {}, { id: 'c2' }),
    'its actor': (principal) => Object.assign(principal.actor ?? {}, { subject: 'owner' }),
    'its scopes': (principal) => (principal.scopes as string[]).push('owners:assign'),
  };
  for (const [what, change] of Object.entries(changes)) {
    it(what, () => {
      const parties = { session: { id: 's1' }, client: { id: 'c1' }, actor: { subject: 'eve' } };
      const principal = createPrincipal({ ...facts, ...parties, roles: ['member'], scopes: ['notes:read'] });
      assert.throws(() => change(principal), TypeError);
      assert.deepEqual([principal.subject, principal.roles], ['ada', ['member']]);
      assert.deepEqual(principal.assurance, facts.assurance);
      assert.deepEqual({ ...principal, ...parties }, { ...principal });
    });
  }

  it('through the list of roles or scopes it was made from', () => {
    const roles: Role[] = ['member'];
    const scopes = ['notes:read'];
    const principal = create(roles, scopes);
    roles.push('owner');
    scopes.push('users:write');
    assert.deepEqual([principal.roles, principal.scopes], [['member'], ['notes:read']]);
  });

  it('ANONYMOUS', () => {
    assert.throws(() => Object.assign(ANONYMOUS, { kind: 'user' }), TypeError);
    assert.throws(() => (ANONYMOUS.roles as Role[]).push('owner'), TypeError);
  });
});
