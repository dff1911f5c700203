import assert from 'node:assert/strict';
import { applyGrantRequests } from '../../../src/directory/edit.ts';

const HELD = [
  { role: 'member', grantedBy: 'ann', grantedAt: 1, reason: 'joined' },
  { role: 'support', grantedBy: 'ann', grantedAt: 2, expiresAt: 500 },
] as const;
const by = { by: 'olga', now: 100 };

describe('applyGrantRequests', () => {
  it('keeps giver, time and reason of a grant that stays the same', () => {
    const asked = [{ role: 'member' }, { role: 'support', expiresAt: 500 }] as const;
    assert.deepEqual(applyGrantRequests(HELD, asked, by), HELD);
  });

  it('keeps a grant when the same reason is given again', () => {
    assert.deepEqual(applyGrantRequests(HELD, [{ role: 'member', reason: 'joined' }], by), [HELD[0]]);
  });

  it('makes a new grant for another expiry or none', () => {
    for (const expiresAt of [501, undefined]) {
      assert.deepEqual(applyGrantRequests(HELD, [{ role: 'support', expiresAt }], by), [
        { role: 'support', grantedBy: 'olga', grantedAt: 100, expiresAt, reason: undefined },
      ]);
    }
  });

  it('makes a new grant for another reason', () => {
    const [grant] = applyGrantRequests(HELD, [{ role: 'member', reason: 'promoted' }], by);
    assert.deepEqual([grant?.grantedBy, grant?.grantedAt, grant?.reason], ['olga', 100, 'promoted']);
  });

  it('leaves out roles that are not requested, and keeps the requested order', () => {
    const roles = applyGrantRequests(HELD, [{ role: 'auditor' }, { role: 'member' }], by).map(
      ({ role }) => role,
    );
    assert.deepEqual(roles, ['auditor', 'member']);
    assert.deepEqual(applyGrantRequests(HELD, [], by), []);
  });
});
