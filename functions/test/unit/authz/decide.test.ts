import assert from 'node:assert/strict';
import { type AccessRule, needsFreshRecord, permissionOf, ruleName } from '../../../src/authz/access-rule.ts';
import {
  decide as decideAt,
  dependsOnOwner,
  type Resource,
  toDenialError,
} from '../../../src/authz/decide.ts';
import { ALL_PERMISSIONS, isPrivileged, type Permission } from '../../../src/authz/permissions.ts';
import { ANONYMOUS, type Assurance, createPrincipal, type Principal } from '../../../src/authz/principal.ts';
import { ALL_ROLES, ROLES, type Role } from '../../../src/authz/roles.ts';
import { challengeFor } from '../../../src/core/challenge.ts';
import { AppError } from '../../../src/core/errors.ts';

/** Known to the issuer by another name than to the directory. */
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
const decide = (who: Principal, access: AccessRule, resource?: Resource) =>
  decideAt(who, access, resource, NOW);
const rule = (permission: Permission): AccessRule => ({ permission });
const own = (permission: Permission): AccessRule => ({ permission, own: true });
/** Notes as the API has them: one's own, or anybody's for a moderator. */
const note = (permission: Permission): AccessRule => ({ permission, own: true, unless: 'notes:moderate' });

describe('decide', () => {
  it('lets everybody pass what is public', () => {
    for (const who of [ANONYMOUS, principal([])]) {
      assert.deepEqual(decide(who, 'public'), { allowed: true, reason: 'public' });
    }
  });

  it('lets anybody signed in pass what asks for that alone', () => {
    assert.deepEqual(decide(principal([]), 'signed-in'), { allowed: true, reason: 'signed-in' });
    assert.deepEqual(decide(ANONYMOUS, 'signed-in'), { allowed: false, reason: 'anonymous' });
  });

  it('lets nobody anonymous pass anything else, not even to what belongs to nobody', () => {
    for (const permission of ALL_PERMISSIONS) {
      assert.deepEqual(decide(ANONYMOUS, rule(permission)), { allowed: false, reason: 'anonymous' });
      assert.deepEqual(decide(ANONYMOUS, own(permission), { owner: '' }), {
        allowed: false,
        reason: 'anonymous',
      });
    }
  });

  for (const role of ALL_ROLES) {
    it(`lets ${role} pass exactly the permissions of that role`, () => {
      for (const permission of ALL_PERMISSIONS) {
        const expected = (ROLES[role] as readonly string[]).includes(permission)
          ? { allowed: true, reason: 'granted' }
          : { allowed: false, reason: 'missing-permission', missing: permission };
        assert.deepEqual(decide(principal([role]), rule(permission)), expected);
      }
    });
  }

  it('denies who has no role', () => {
    for (const permission of ALL_PERMISSIONS)
      assert.equal(decide(principal([]), rule(permission)).allowed, false);
  });

  it('denies what the scopes leave out', () => {
    const scoped = principal(['owner'], { scopes: ['notes:read'] });
    assert.equal(decide(scoped, rule('notes:read')).allowed, true);
    assert.deepEqual(decide(scoped, rule('users:read')), {
      allowed: false,
      reason: 'missing-permission',
      missing: 'users:read',
    });
  });

  it('grants access to one’s own only for a resource of exactly this directory id', () => {
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

  it('denies access to one’s own when nobody says whose it is', () => {
    assert.deepEqual(decide(principal(['owner']), own('notes:read')), { allowed: false, reason: 'not-own' });
  });

  it('has nothing of one’s own for a principal without an entry in the directory', () => {
    const { directoryId: _, ...facts } = principal(['owner']);
    const stranger = createPrincipal({ ...facts, subject: 'ada' });
    for (const owner of ['ada', '', 'undefined']) {
      const decision = decide(stranger, own('notes:read'), { owner });
      assert.deepEqual(decision, { allowed: false, reason: 'not-own' }, owner);
    }
    assert.equal(decide(stranger, own('notes:read')).allowed, false);
  });

  it('grants anybody’s to who holds the other permission, too, even when nobody says whose it is', () => {
    for (const resource of [{ owner: 'bob' }, { owner: 'ada' }, undefined]) {
      assert.deepEqual(decide(principal(['support']), note('notes:write'), resource), {
        allowed: true,
        reason: 'granted',
      });
    }
  });

  it('grants one’s own alone to who does not', () => {
    assert.equal(decide(principal(['member']), note('notes:write'), { owner: 'ada' }).allowed, true);
    for (const resource of [{ owner: 'bob' }, undefined]) {
      const decision = decide(principal(['member']), note('notes:write'), resource);
      assert.deepEqual(decision, { allowed: false, reason: 'not-own' });
    }
  });

  it('does not take the other permission for the one that is asked for', () => {
    const moderator = principal(['support'], { scopes: ['notes:moderate'] });
    assert.deepEqual(decide(moderator, note('notes:write'), { owner: 'ada' }), {
      allowed: false,
      reason: 'missing-permission',
      missing: 'notes:write',
    });
  });

  it('leaves it at one’s own where the scopes leave the other permission out', () => {
    const scoped = principal(['support'], { scopes: ['notes:write'] });
    assert.equal(decide(scoped, note('notes:write'), { owner: 'ada' }).allowed, true);
    assert.equal(decide(scoped, note('notes:write'), { owner: 'bob' }).reason, 'not-own');
  });

  it('denies one’s own without the permission', () => {
    assert.deepEqual(decide(principal([]), own('notes:read'), { owner: 'ada' }), {
      allowed: false,
      reason: 'missing-permission',
      missing: 'notes:read',
    });
  });

  it('denies an access that no rule knows, even to an owner', () => {
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

describe('a rule that asks for assurance', () => {
  const MEMBER = ['member'] as const;
  const by = (level: Assurance['level'], at?: number, roles: readonly Role[] = MEMBER) =>
    principal(roles, { assurance: { level, at, methods: [] } });
  const stepUp = (needed: AccessRule) => ({ allowed: false, reason: 'step-up-required', needed });

  it('asks for a second factor, unless the session has one', () => {
    for (const access of [
      { permission: 'notes:read', assurance: 'aal2' },
      { signedIn: true, assurance: 'aal2' },
    ] as const) {
      assert.deepEqual(decide(by('aal1', NOW), access), stepUp(access));
      assert.equal(decide(by('aal2', NOW), access).allowed, true);
      assert.equal(decide(by('aal2'), access).allowed, true);
    }
  });

  it('is content with one factor where it asks for aal1', () => {
    assert.deepEqual(decide(by('aal1'), { signedIn: true, assurance: 'aal1' }), {
      allowed: true,
      reason: 'signed-in',
    });
    assert.deepEqual(decide(by('aal2'), { permission: 'notes:read', assurance: 'aal1' }), {
      allowed: true,
      reason: 'granted',
    });
  });

  it('asks for a recent sign-in, to the second', () => {
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

  it('takes a sign-in of unknown time for one that is too old', () => {
    const access = { signedIn: true, maxAge: 10 ** 12 } as const;
    assert.deepEqual(decide(by('aal2'), access), stepUp(access));
  });

  it('asks for both where it names both', () => {
    const access = { permission: 'notes:read', assurance: 'aal2', maxAge: 300 } as const;
    assert.equal(decide(by('aal2', NOW - 301), access).reason, 'step-up-required');
    assert.equal(decide(by('aal1', NOW), access).reason, 'step-up-required');
    assert.equal(decide(by('aal2', NOW - 300), access).reason, 'granted');
  });

  it('is signed-in and nothing more without either', () => {
    assert.deepEqual(decide(by('aal1'), { signedIn: true }), { allowed: true, reason: 'signed-in' });
    assert.deepEqual(decide(ANONYMOUS, { signedIn: true }), { allowed: false, reason: 'anonymous' });
  });

  it('does not ask for a step-up that would not help', () => {
    const access = { permission: 'notes:read', own: true, assurance: 'aal2' } as const;
    assert.equal(decide(ANONYMOUS, access).reason, 'anonymous');
    assert.equal(decide(by('aal1', NOW, []), access).reason, 'missing-permission');
    assert.equal(decide(by('aal1'), access, { owner: 'bob' }).reason, 'not-own');
    assert.equal(decide(by('aal1'), access, { owner: 'ada' }).reason, 'step-up-required');
    assert.equal(decide(by('aal2'), access, { owner: 'ada' }).reason, 'granted');
  });

  it('is refused with a challenge that says what is needed', () => {
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

describe('a decision', () => {
  it('hangs on whose it is exactly where a permission is held for one’s own alone', () => {
    assert.equal(dependsOnOwner(principal(['member']), own('notes:read')), true);
    assert.equal(dependsOnOwner(principal(['member']), note('notes:read')), true);
    for (const [who, access] of [
      [principal(['member']), rule('notes:read')],
      [principal(['member']), 'signed-in'],
      [principal(['member']), { signedIn: true, maxAge: 300 }],
      [ANONYMOUS, 'public'],
      [ANONYMOUS, own('notes:read')],
      [principal(['auditor']), own('notes:read')],
      [principal(['support']), note('notes:read')],
    ] as const) {
      assert.equal(dependsOnOwner(who, access), false);
    }
  });

  it('is the same whoever owns it wherever it does not', () => {
    for (const role of ALL_ROLES) {
      for (const permission of ALL_PERMISSIONS) {
        for (const access of [rule(permission), own(permission), note(permission)]) {
          const who = principal([role]);
          if (dependsOnOwner(who, access)) continue;
          const decision = decide(who, access);
          for (const owner of ['ada', 'bob']) assert.deepEqual(decide(who, access, { owner }), decision);
        }
      }
    }
  });
});

describe('the permission of an access', () => {
  it('is the one it names', () => {
    for (const permission of ALL_PERMISSIONS) {
      assert.equal(permissionOf(rule(permission)), permission);
      assert.equal(permissionOf(own(permission)), permission);
    }
  });

  it('does not exist where none is asked for', () => {
    assert.equal(permissionOf('public'), undefined);
    assert.equal(permissionOf('signed-in'), undefined);
    assert.equal(permissionOf({ signedIn: true }), undefined);
    assert.deepEqual([ruleName({ signedIn: true }), ruleName('signed-in')], ['signed-in', 'signed-in']);
  });

  it('wants the current record exactly when it is privileged', () => {
    for (const permission of ALL_PERMISSIONS) {
      assert.equal(needsFreshRecord(rule(permission)), isPrivileged(permission));
      assert.equal(needsFreshRecord(own(permission)), isPrivileged(permission));
    }
    assert.equal(needsFreshRecord('public'), false);
    assert.equal(needsFreshRecord('signed-in'), false);
    assert.equal(needsFreshRecord({ signedIn: true, assurance: 'aal2' }), false);
  });
});
