import assert from 'node:assert/strict';
import { ALL_PERMISSIONS, isPrivileged, PERMISSIONS } from '../../../src/authz/permissions.ts';
import { PRIVILEGED } from '../../expectations/access.ts';

describe('permissions', () => {
  it('are named resource:action, each once', () => {
    for (const permission of ALL_PERMISSIONS) assert.match(permission, /^[a-z]+:[a-z]+$/);
    assert.equal(new Set(ALL_PERMISSIONS).size, ALL_PERMISSIONS.length);
    assert.deepEqual([...ALL_PERMISSIONS], Object.keys(PERMISSIONS));
  });

  it('have a summary', () => {
    for (const { summary } of Object.values(PERMISSIONS)) assert.match(summary, /^[A-Z].{5,}/);
  });

  it('are privileged if they change the access of users', () => {
    assert.deepEqual(
      PRIVILEGED.filter((permission) => !isPrivileged(permission)),
      [],
    );
  });

  it('are a frozen list', () => {
    assert.ok(Object.isFrozen(ALL_PERMISSIONS));
  });
});
