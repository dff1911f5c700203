import assert from 'node:assert/strict';
import type { Role } from '../../../src/authz/roles.ts';
import type { Grant } from '../../../src/directory/entry.ts';
import { exchangedGrants } from '../../../src/token-exchange/entry-changes.ts';
import { LOGIN } from '../../helpers/identities.ts';

const NOW = 1_800_000_000;
const END = NOW + 3600;
const given = (...roles: Role[]) => ({ roles, issuer: LOGIN, expiresAt: END, now: NOW });
/** As an exchange made it. */
const exchanged = (role: Role, facts: Partial<Grant> = {}): Grant => ({
  ...{ role, grantedBy: LOGIN, grantedAt: NOW, expiresAt: END, reason: 'token exchange' },
  ...facts,
});
const granted = (role: Role, expiresAt?: number): Grant => ({
  ...{ role, grantedBy: 'olga', grantedAt: 1 },
  ...(expiresAt !== undefined && { expiresAt }),
});

describe('the grants of an exchange', () => {
  it('are the roles that the issuer gives, until its token expires', () => {
    assert.deepEqual(exchangedGrants([], given('member', 'support')), [
      exchanged('member'),
      exchanged('support'),
    ]);
    assert.deepEqual(exchangedGrants([], given()), []);
  });

  it('keep grants of administrators with their giver and expiry', () => {
    const before = [granted('admin'), granted('support', NOW + 5)];
    const after = exchangedGrants(before, given('support', 'member'));
    assert.deepEqual(after, [...before, exchanged('member')]);
  });

  it('replace expired grants of administrators', () => {
    assert.deepEqual(exchangedGrants([granted('support', NOW)], given('support')), [exchanged('support')]);
  });

  it('are removed when the issuer no longer gives the role; other grants stay', () => {
    const other = exchanged('auditor', { grantedBy: 'https://other.example.com' });
    const before = [exchanged('support'), granted('member'), other];
    assert.deepEqual(exchangedGrants(before, given()), [granted('member'), other]);
  });

  it('are not written while half of their lifetime is left', () => {
    const before = [exchanged('support', { grantedAt: NOW - 1800, expiresAt: NOW + 1800 }), granted('admin')];
    assert.equal(exchangedGrants(before, given('support')), before);
    const shorter = [exchanged('support', { expiresAt: END + 60 })];
    assert.equal(exchangedGrants(shorter, given('support')), shorter);
  });

  it('are extended when less is left, they have expired, or others are written', () => {
    const worn = exchanged('support', { grantedAt: NOW - 1800, expiresAt: NOW + 1799 });
    assert.deepEqual(exchangedGrants([worn], given('support')), [exchanged('support')]);
    const ended = exchanged('support', { grantedAt: NOW - 1800, expiresAt: NOW });
    assert.deepEqual(exchangedGrants([ended], given('support')), [exchanged('support')]);
    const fresh = exchanged('support', { grantedAt: NOW - 60, expiresAt: END - 60 });
    assert.deepEqual(exchangedGrants([fresh], given('support', 'member')), [
      exchanged('support'),
      exchanged('member'),
    ]);
  });

  it('are never shortened by a token that expires sooner', () => {
    const longer = exchanged('support', { expiresAt: END + 60 });
    assert.deepEqual(exchangedGrants([longer], given('support', 'member')), [longer, exchanged('member')]);
  });

  it('never have a role twice', () => {
    const after = exchangedGrants([granted('support', NOW + 5)], given('support', 'support', 'member'));
    assert.deepEqual(
      after.map(({ role }) => role),
      ['support', 'member'],
    );
  });
});
