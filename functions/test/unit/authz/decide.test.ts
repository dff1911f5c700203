import assert from 'node:assert/strict';
import { ANONYMOUS, createPrincipal } from '../../../src/authn/principal.ts';
import { type Access, decide, needsFreshRecord, permissionOf } from '../../../src/authz/decide.ts';
import { ALL_PERMISSIONS, isPrivileged, type Permission } from '../../../src/authz/permissions.ts';
import { ALL_ROLES, ROLES, type Role } from '../../../src/authz/roles.ts';

const principal = (roles: readonly Role[], scopes?: readonly string[]) =>
  createPrincipal({
    kind: 'user',
    issuer: 'https://issuer.example',
    subject: 'ada',
    roles,
    ...(scopes && { scopes }),
    authTime: 1,
    assurance: 'aal1',
    tokenExpiresAt: 2,
    credential: 'bearer',
  });
const own = (permission: Permission): Access => ({ permission, own: true });

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
      assert.deepEqual(decide(ANONYMOUS, permission), { allowed: false, reason: 'anonymous' });
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
        assert.deepEqual(decide(principal([role]), permission), expected);
      }
    });
  }

  it('denies who has no role', () => {
    for (const permission of ALL_PERMISSIONS) assert.equal(decide(principal([]), permission).allowed, false);
  });

  it('denies what the scopes leave out', () => {
    const scoped = principal(['owner'], ['notes:read']);
    assert.equal(decide(scoped, 'notes:read').allowed, true);
    assert.deepEqual(decide(scoped, 'users:read'), {
      allowed: false,
      reason: 'missing-permission',
      missing: 'users:read',
    });
  });

  it('grants access to one’s own only for a resource of exactly this subject', () => {
    const access = own('notes:read');
    assert.deepEqual(decide(principal(['member']), access, { owner: 'ada' }), {
      allowed: true,
      reason: 'granted',
    });
    for (const owner of ['bob', 'Ada', 'ada ', '', 'ad']) {
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

  it('denies one’s own without the permission', () => {
    assert.deepEqual(decide(principal([]), own('notes:read'), { owner: 'ada' }), {
      allowed: false,
      reason: 'missing-permission',
      missing: 'notes:read',
    });
  });

  it('denies an access that no rule knows, even to an owner', () => {
    for (const access of ['', 'Public', 'users:*', '*', 'constructor', '__proto__', 'has']) {
      assert.equal(decide(principal(['owner']), access as Access).allowed, false, access);
      assert.equal(
        decide(principal(['owner']), own(access as Permission), { owner: 'ada' }).allowed,
        false,
        access,
      );
    }
  });
});

describe('the permission of an access', () => {
  it('is the one it names', () => {
    for (const permission of ALL_PERMISSIONS) {
      assert.equal(permissionOf(permission), permission);
      assert.equal(permissionOf(own(permission)), permission);
    }
  });

  it('does not exist where none is asked for', () => {
    assert.equal(permissionOf('public'), undefined);
    assert.equal(permissionOf('signed-in'), undefined);
  });

  it('wants the current record exactly when it is privileged', () => {
    for (const permission of ALL_PERMISSIONS) {
      assert.equal(needsFreshRecord(permission), isPrivileged(permission));
      assert.equal(needsFreshRecord(own(permission)), isPrivileged(permission));
    }
    assert.equal(needsFreshRecord('public'), false);
    assert.equal(needsFreshRecord('signed-in'), false);
  });
});
