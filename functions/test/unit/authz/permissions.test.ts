import assert from 'node:assert/strict';
import { ALL_PERMISSIONS, isPrivileged, PERMISSIONS } from '../../../src/authz/permissions.ts';

describe('permissions', () => {
  it('are named resource:action, each once', () => {
    for (const permission of ALL_PERMISSIONS) assert.match(permission, /^[a-z]+:[a-z]+$/);
    assert.equal(new Set(ALL_PERMISSIONS).size, ALL_PERMISSIONS.length);
    assert.deepEqual([...ALL_PERMISSIONS], Object.keys(PERMISSIONS));
  });

  it('say what they allow', () => {
    for (const { summary } of Object.values(PERMISSIONS)) assert.match(summary, /^[A-Z].{5,}/);
  });

  it('are privileged where they change who may do what', () => {
    assert.deepEqual(ALL_PERMISSIONS.filter(isPrivileged), [
      'users:write',
      'roles:assign',
      'owners:assign',
      'access:reconcile',
      'clients:write',
    ]);
  });

  it('are privileged if they write to anything but notes', () => {
    const writing = ALL_PERMISSIONS.filter((name) => /:(write|assign)$/.test(name) && name !== 'notes:write');
    assert.ok(writing.every(isPrivileged), writing.join());
  });

  it('are a fixed list', () => {
    assert.ok(Object.isFrozen(ALL_PERMISSIONS));
  });
});
