import assert from 'node:assert/strict';
import { type AccessRule, needsFreshRecord, permissionOf, ruleName } from '../../../src/authz/access-rule.ts';
import {
  decide as decideAt,
  dependsOnOwner,
  type Resource,
  toDenialError,
} from '../../../src/authz/decide.ts';
import { ALL_PERMISSIONS, isPrivileged, type Permission } from '../../../src/authz/permissions.ts';
import { ANONYMOUS, createPrincipal, type Principal } from '../../../src/authz/principal.ts';
import { ALL_ROLES, ROLES, type Role } from '../../../src/authz/roles.ts';
import type { Assurance } from '../../../src/core/access-types.ts';
import { challengeFor } from '../../../src/core/challenge.ts';
import { AppError } from '../../../src/core/errors.ts';

/** The subject at the issuer differs from the directory id. */
const principal = (
  roles: readonly Role[],
  facts: { scopes?: readonly string[]; directoryId?: string; assurance?: Assurance } = {},
) =>
  createPrincipal({
    kind: 'user',
    issuer: 'https://issuer.example',
    subject: 'okta|ada',
    directoryId: 'ada',
    roles,
    authTime: 1,
    assurance: { level: 'aal1', at: undefined, methods: [] },
    tokenExpiresAt: 2,
    credential: 'bearer',
    ...facts,
  });
const NOW = 1_800_000_000;
const decide = (caller: Principal, access: AccessRule, resource?: Resource) =>
  decideAt(caller, access, resource, NOW);
const rule = (permission: Permission): AccessRule => ({ permission });
const own = (permission: Permission): AccessRule => ({ permission, own: true });
/** The rule of the notes API: own notes, or all notes for a moderator. */
const note = (permission: Permission): AccessRule => ({ permission, own: true, unless: 'notes:moderate' });

describe('decide', () => {
  it('allows a public operation to every caller', () => {
    for (const caller of [ANONYMOUS, principal([])]) {
      assert.deepEqual(decide(caller, 'public'), { allowed: true, reason: 'public' });
    }
  });

  it('allows a signed-in operation to every signed-in caller', () => {
    assert.deepEqual(decide(principal([]), 'signed-in'), { allowed: true, reason: 'signed-in' });
    assert.deepEqual(decide(ANONYMOUS, 'signed-in'), { allowed: false, reason: 'anonymous' });
  });

  it('denies everything else to an anonymous caller, even a resource with an empty owner', () => {
    for (const permission of ALL_PERMISSIONS) {
      assert.deepEqual(decide(ANONYMOUS, rule(permission)), { allowed: false, reason: 'anonymous' });
      assert.deepEqual(decide(ANONYMOUS, own(permission), { owner: '' }), {
        allowed: false,
        reason: 'anonymous',
      });
    }
  });

  for (const role of ALL_ROLES) {
    it(`allows ${role} exactly the permissions of the role`, () => {
      for (const permission of ALL_PERMISSIONS) {
        const expected = (ROLES[role] as readonly string[]).includes(permission)
          ? { allowed: true, reason: 'granted' }
          : { allowed: false, reason: 'missing-permission', missing: permission };
        assert.deepEqual(decide(principal([role]), rule(permission)), expected);
      }
    });
  }

  it('denies every permission without a role', () => {
    for (const permission of ALL_PERMISSIONS)
      assert.equal(decide(principal([]), rule(permission)).allowed, false);
  });

  it('denies a permission that is not in the scopes', () => {
    const scoped = principal(['owner'], { scopes: ['notes:read'] });
    assert.equal(decide(scoped, rule('notes:read')).allowed, true);
    assert.deepEqual(decide(scoped, rule('users:read')), {
      allowed: false,
      reason: 'missing-permission',
      missing: 'users:read',
    });
  });

  it('allows `own` only for a resource owned by exactly this directory id', () => {
    const access = own('notes:read');
    assert.deepEqual(decide(principal(['member']), access, { owner: 'ada' }), {
      allowed: true,
      reason: 'granted',
    });
    for (const owner of ['bob', 'Ada', 'ada ', '', 'ad', 'okta|ada']) {
      assert.deepEqual(
        decide(principal(['owner']), access, { owner }),
        { allowed: false, reason: 'not-own' },
        owner,
      );
    }
  });

  it('denies `own` without a resource', () => {
    assert.deepEqual(decide(principal(['owner']), own('notes:read')), { allowed: false, reason: 'not-own' });
  });

  it('denies `own` to a principal without a directory id', () => {
    const { directoryId: _, ...facts } = principal(['owner']);
    const withoutEntry = createPrincipal({ ...facts, subject: 'ada' });
    for (const owner of ['ada', '', 'undefined']) {
      const decision = decide(withoutEntry, own('notes:read'), { owner });
      assert.deepEqual(decision, { allowed: false, reason: 'not-own' }, owner);
    }
    assert.equal(decide(withoutEntry, own('notes:read')).allowed, false);
  });

  it('allows every resource with the `unless` permission, even without an owner', () => {
    for (const resource of [{ owner: 'bob' }, { owner: 'ada' }, undefined]) {
      assert.deepEqual(decide(principal(['support']), note('notes:write'), resource), {
        allowed: true,
        reason: 'granted',
      });
    }
  });

  it('allows only own resources without the `unless` permission', () => {
    assert.equal(decide(principal(['member']), note('notes:write'), { owner: 'ada' }).allowed, true);
    for (const resource of [{ owner: 'bob' }, undefined]) {
      const decision = decide(principal(['member']), note('notes:write'), resource);
      assert.deepEqual(decision, { allowed: false, reason: 'not-own' });
    }
  });

  it('denies with the `unless` permission alone, without the required one', () => {
    const moderator = principal(['support'], { scopes: ['notes:moderate'] });
    assert.deepEqual(decide(moderator, note('notes:write'), { owner: 'ada' }), {
      allowed: false,
      reason: 'missing-permission',
      missing: 'notes:write',
    });
  });

  it('allows only own resources if the scopes leave out the `unless` permission', () => {
    const scoped = principal(['support'], { scopes: ['notes:write'] });
    assert.equal(decide(scoped, note('notes:write'), { owner: 'ada' }).allowed, true);
    assert.equal(decide(scoped, note('notes:write'), { owner: 'bob' }).reason, 'not-own');
  });

  it('denies an own resource without the permission', () => {
    assert.deepEqual(decide(principal([]), own('notes:read'), { owner: 'ada' }), {
      allowed: false,
      reason: 'missing-permission',
      missing: 'notes:read',
    });
  });

  it('denies an unknown access rule, even to an owner', () => {
    for (const access of ['', 'Public', 'users:*', '*', 'constructor', '__proto__', 'has']) {
      assert.equal(decide(principal(['owner']), access as AccessRule).allowed, false, access);
      assert.equal(
        decide(principal(['owner']), own(access as Permission), { owner: 'ada' }).allowed,
        false,
        access,
      );
    }
  });
});

describe('decide with assurance and maxAge', () => {
  const MEMBER = ['member'] as const;
  const by = (level: Assurance['level'], at?: number, roles: readonly Role[] = MEMBER) =>
    principal(roles, { assurance: { level, at, methods: [] } });
  const stepUp = (needed: AccessRule) => ({ allowed: false, reason: 'step-up-required', needed });

  it('requires a second factor for aal2', () => {
    for (const access of [
      { permission: 'notes:read', assurance: 'aal2' },
      { signedIn: true, assurance: 'aal2' },
    ] as const) {
      assert.deepEqual(decide(by('aal1', NOW), access), stepUp(access));
      assert.equal(decide(by('aal2', NOW), access).allowed, true);
      assert.equal(decide(by('aal2'), access).allowed, true);
    }
  });

  it('accepts one or two factors for aal1', () => {
    assert.deepEqual(decide(by('aal1'), { signedIn: true, assurance: 'aal1' }), {
      allowed: true,
      reason: 'signed-in',
    });
    assert.deepEqual(decide(by('aal2'), { permission: 'notes:read', assurance: 'aal1' }), {
      allowed: true,
      reason: 'granted',
    });
  });

  it('requires a sign-in within maxAge, to the second', () => {
    for (const access of [
      { permission: 'notes:read', maxAge: 300 },
      { signedIn: true, maxAge: 300 },
    ] as const) {
      assert.equal(decide(by('aal1', NOW - 300), access).allowed, true);
      assert.deepEqual(decide(by('aal1', NOW - 301), access), stepUp(access));
    }
    assert.equal(decide(by('aal1', NOW), { signedIn: true, maxAge: 0 }).allowed, true);
    assert.equal(decide(by('aal1', NOW - 1), { signedIn: true, maxAge: 0 }).allowed, false);
  });

  it('treats a sign-in of unknown time as too old', () => {
    const access = { signedIn: true, maxAge: 10 ** 12 } as const;
    assert.deepEqual(decide(by('aal2'), access), stepUp(access));
  });

  it('requires both if the rule has both', () => {
    const access = { permission: 'notes:read', assurance: 'aal2', maxAge: 300 } as const;
    assert.equal(decide(by('aal2', NOW - 301), access).reason, 'step-up-required');
    assert.equal(decide(by('aal1', NOW), access).reason, 'step-up-required');
    assert.equal(decide(by('aal2', NOW - 300), access).reason, 'granted');
  });

  it('treats a rule without either as signed-in', () => {
    assert.deepEqual(decide(by('aal1'), { signedIn: true }), { allowed: true, reason: 'signed-in' });
    assert.deepEqual(decide(ANONYMOUS, { signedIn: true }), { allowed: false, reason: 'anonymous' });
  });

  it('does not require a step-up that would not help', () => {
    const access = { permission: 'notes:read', own: true, assurance: 'aal2' } as const;
    assert.equal(decide(ANONYMOUS, access).reason, 'anonymous');
    assert.equal(decide(by('aal1', NOW, []), access).reason, 'missing-permission');
    assert.equal(decide(by('aal1'), access, { owner: 'bob' }).reason, 'not-own');
    assert.equal(decide(by('aal1'), access, { owner: 'ada' }).reason, 'step-up-required');
    assert.equal(decide(by('aal2'), access, { owner: 'ada' }).reason, 'granted');
  });

  it('refuses with a challenge that names the required level and age', () => {
    const challengeOf = (access: AccessRule) => {
      const decision = decide(by('aal1'), access);
      assert.ok(!decision.allowed);
      const error = toDenialError(decision);
      assert.equal(error.code, 'step_up_required');
      return challengeFor(error);
    };
    const start = 'Bearer realm="gatehouse", error="insufficient_user_authentication"';
    assert.equal(challengeOf({ signedIn: true, assurance: 'aal2' }), `${start}, acr_values="aal2"`);
    assert.equal(challengeOf({ signedIn: true, maxAge: 300 }), `${start}, max_age="300"`);
    assert.equal(
      challengeOf({ permission: 'notes:read', assurance: 'aal2', maxAge: 0 }),
      `${start}, acr_values="aal2", max_age="0"`,
    );
    assert.equal(challengeFor(new AppError('step_up_required')), start);
  });
});

describe('dependsOnOwner', () => {
  it('is true exactly if the permission is held only for own resources', () => {
    assert.equal(dependsOnOwner(principal(['member']), own('notes:read')), true);
    assert.equal(dependsOnOwner(principal(['member']), note('notes:read')), true);
    for (const [caller, access] of [
      [principal(['member']), rule('notes:read')],
      [principal(['member']), 'signed-in'],
      [principal(['member']), { signedIn: true, maxAge: 300 }],
      [ANONYMOUS, 'public'],
      [ANONYMOUS, own('notes:read')],
      [principal(['auditor']), own('notes:read')],
      [principal(['support']), note('notes:read')],
    ] as const) {
      assert.equal(dependsOnOwner(caller, access), false);
    }
  });

  it('is false only if the decision is the same for every owner', () => {
    for (const role of ALL_ROLES) {
      for (const permission of ALL_PERMISSIONS) {
        for (const access of [rule(permission), own(permission), note(permission)]) {
          const caller = principal([role]);
          if (dependsOnOwner(caller, access)) continue;
          const decision = decide(caller, access);
          for (const owner of ['ada', 'bob']) assert.deepEqual(decide(caller, access, { owner }), decision);
        }
      }
    }
  });
});

describe('an access rule', () => {
  it('has the permission that it names', () => {
    for (const permission of ALL_PERMISSIONS) {
      assert.equal(permissionOf(rule(permission)), permission);
      assert.equal(permissionOf(own(permission)), permission);
    }
  });

  it('has no permission if it names none', () => {
    assert.equal(permissionOf('public'), undefined);
    assert.equal(permissionOf('signed-in'), undefined);
    assert.equal(permissionOf({ signedIn: true }), undefined);
    assert.deepEqual([ruleName({ signedIn: true }), ruleName('signed-in')], ['signed-in', 'signed-in']);
  });

  it('needs a fresh record exactly if its permission is privileged', () => {
    for (const permission of ALL_PERMISSIONS) {
      assert.equal(needsFreshRecord(rule(permission)), isPrivileged(permission));
      assert.equal(needsFreshRecord(own(permission)), isPrivileged(permission));
    }
    assert.equal(needsFreshRecord({ permission: 'notes:read', own: true, unless: 'users:write' }), true);
    assert.equal(needsFreshRecord({ permission: 'notes:read', own: true, unless: 'notes:moderate' }), false);
    assert.equal(needsFreshRecord('public'), false);
    assert.equal(needsFreshRecord('signed-in'), false);
    assert.equal(needsFreshRecord({ signedIn: true, assurance: 'aal2' }), false);
  });
});
