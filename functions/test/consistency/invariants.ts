import assert from 'node:assert/strict';
import { activeRoles, compileRoleClaims } from '../../src/authz/role-claims.ts';
import { type DirectoryEntry, isPermanentOwner } from '../../src/directory/entry.ts';
import { fromDocument } from '../../src/directory/entry-document.ts';
import type { ChangeName } from './changes.ts';
import { collection, type State } from './state.ts';

/** The user who is changed, and the owner who changes them. */
export const TARGET = 'bob';
export const OWNER = 'olga';

export function entryIn(state: State, uid: string = TARGET): DirectoryEntry | undefined {
  const fields = collection(state, 'directory').get(uid);
  return fields && fromDocument(uid, fields);
}

/** The audit events of the changes that were made. */
export function doneEvents(state: State) {
  return [...collection(state, 'auditEvents').values()].filter(({ outcome }) => outcome === 'done');
}

/** The custom claims of an account. */
export function claimsIn({ accounts }: State, uid: string = TARGET): Record<string, unknown> {
  return JSON.parse(accounts.get(uid)?.customAttributes ?? '{}');
}

/** The custom claims for an entry. `tier` stands for a claim that Gatehouse does not manage and has to keep. */
export const claimsFor = ({ grants, rolesVersion }: DirectoryEntry) => ({
  tier: 'gold',
  ...compileRoleClaims(grants, rolesVersion, 0),
});

/** Asserts that the documents of one transaction agree with each other. This holds at any time. */
export function assertConsistent(state: State, before: State, name: ChangeName): void {
  const owners = [...collection(state, 'directory').keys()].filter((uid) =>
    isPermanentOwner(entryIn(state, uid)),
  );
  assert.deepEqual([...(collection(state, 'system').get('owners')?.uids ?? [])].sort(), owners.sort());
  const [event, ...more] = doneEvents(state);
  assert.deepEqual(more, []);
  const changes = collection(state, 'accessChanges');
  if (event === undefined) {
    assert.deepEqual([state.documents, state.accounts], [before.documents, before.accounts]);
    return;
  }
  assert.deepEqual([event.actor, event.target], [OWNER, TARGET]);
  assert.ok([...changes.values()].some(({ uid }) => uid === TARGET));
  assertChanged(state, name, event.after ?? {});
}

/** Asserts that the entry is what the change makes of it, and what the audit event says. */
function assertChanged(state: State, name: ChangeName, after: Record<string, unknown>): void {
  const entry = entryIn(state);
  if (entry === undefined) {
    assert.equal(name, 'delete');
    return;
  }
  const { rolesVersion: version, grants, disabled, validAfter } = entry;
  const roles = activeRoles(grants, 0);
  const record = { version, grants: roles.map((role) => ({ role })), disabled };
  const { validAfter: revokedAt = 0, ...others } = after;
  assert.deepEqual({ ...record, ...others }, record);
  // A disabled user can sign in until Firebase Auth is synced; the sync then ends these sessions, too.
  if (disabled) assert.ok(validAfter >= Number(revokedAt));
  else assert.equal(validAfter, revokedAt);
  assert.deepEqual(
    { version, roles, disabled, revoked: validAfter > 0 },
    {
      promote: { version: 2, roles: ['owner'], disabled: false, revoked: false },
      demote: { version: 2, roles: ['member'], disabled: false, revoked: false },
      disable: { version: 1, roles: ['owner'], disabled: true, revoked: true },
      delete: { version: 1, roles: ['owner'], disabled: true, revoked: true },
      revoke: { version: 1, roles: ['admin'], disabled: false, revoked: true },
    }[name],
  );
}

/** Asserts that nothing is pending, and that Firebase Auth matches the directory. */
export function assertSynced(state: State): void {
  const entry = entryIn(state);
  const account = state.accounts.get(TARGET);
  assert.equal(entry === undefined, account === undefined);
  if (entry === undefined || account === undefined) return;
  assert.deepEqual([entry.pending, entry.lease], [[], undefined]);
  assert.equal(entry.claimsVersion, entry.rolesVersion);
  assert.deepEqual(claimsIn(state), claimsFor(entry));
  assert.equal(account.disabled ?? false, entry.disabled);
  assert.ok(Number(account.validSince) >= entry.validAfter);
  // A started deletion has been completed.
  assert.ok(!doneEvents(state).some(({ action }) => action === 'user.delete'));
}
