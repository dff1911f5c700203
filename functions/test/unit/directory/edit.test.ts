import assert from 'node:assert/strict';
import { applyEdit } from '../../../src/directory/edit.ts';
import { assertRefused } from '../../helpers/refusal.ts';
import { entryOf } from '../../helpers/test-directory.ts';

const NOW = 1_000;
const MEMBER = [{ role: 'member', grantedBy: 'olga', grantedAt: NOW } as const];

describe('applyEdit', () => {
  it('of grants increments the version, leaves the claims pending, and announces the version', () => {
    const { entry, accessChange } = applyEdit(entryOf('bob', { rolesVersion: 4 }), { grants: MEMBER }, NOW);
    assert.deepEqual([entry.grants, entry.rolesVersion, entry.claimsVersion], [MEMBER, 5, 1]);
    assert.deepEqual([entry.pending, entry.updated], [['claims'], NOW]);
    assert.deepEqual(accessChange, { rolesVersion: 5 });
  });

  it('that disables ends the sessions up to and including this second', () => {
    const { entry, accessChange } = applyEdit(entryOf('bob'), { disabled: true }, NOW);
    assert.deepEqual([entry.disabled, entry.validAfter], [true, NOW + 1]);
    assert.deepEqual(entry.pending, ['sessions', 'disabled']);
    assert.deepEqual(accessChange, { validAfter: NOW + 1 });
  });

  it('that enables ends nothing and announces nothing', () => {
    const before = entryOf('bob', { disabled: true, validAfter: 7 });
    const edited = applyEdit(before, { disabled: false }, NOW);
    assert.deepEqual([edited.entry.disabled, edited.entry.validAfter], [false, 7]);
    assert.deepEqual(edited.entry.pending, ['disabled']);
    assert.ok(!('accessChange' in edited));
  });

  it('that revokes sessions changes no role', () => {
    const { entry, accessChange } = applyEdit(entryOf('bob', { roles: ['member'] }), { revoke: true }, NOW);
    assert.deepEqual([entry.validAfter, entry.rolesVersion, entry.disabled], [NOW + 1, 1, false]);
    assert.deepEqual(entry.pending, ['sessions']);
    assert.deepEqual(accessChange, { validAfter: NOW + 1 });
  });

  it('never lowers validAfter', () => {
    const { entry } = applyEdit(entryOf('bob', { validAfter: NOW + 60 }), { revoke: true }, NOW);
    assert.equal(entry.validAfter, NOW + 60);
  });

  it('that deletes disables at once, and allows no further edit', async () => {
    const { entry, accessChange } = applyEdit(entryOf('bob', { roles: ['owner'] }), { remove: true }, NOW);
    assert.deepEqual([entry.disabled, entry.validAfter], [true, NOW + 1]);
    assert.deepEqual(entry.pending, ['sessions', 'disabled', 'deletion']);
    assert.deepEqual(accessChange, { validAfter: NOW + 1 });
    await assertRefused(() => applyEdit(entry, { disabled: false }, NOW), 'not_found');
    await assertRefused(() => applyEdit(entry, { grants: MEMBER }, NOW), 'not_found');
  });

  it('adds to pending, each once, in order', () => {
    const before = entryOf('bob', { pending: ['sessions', 'claims'] });
    const { entry } = applyEdit(before, { grants: MEMBER, disabled: true }, NOW);
    assert.deepEqual(entry.pending, ['sessions', 'claims', 'disabled']);
  });

  it('does not modify its input', () => {
    const before = Object.freeze(entryOf('bob'));
    applyEdit(before, { grants: MEMBER, disabled: true, revoke: true }, NOW);
    assert.deepEqual(before, entryOf('bob'));
  });
});
