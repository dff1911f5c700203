import assert from 'node:assert/strict';
import { activeRoles, compileRoleClaims } from '../../src/authz/role-claims.ts';
import { type DirectoryEntry, isPermanentOwner } from '../../src/directory/entry.ts';
import { fromDocument } from '../../src/directory/entry-document.ts';
import type { ChangeName } from './changes.ts';
import { collection, type State } from './state.ts';

/** The user who is changed, and the owner who does it. */
export const TARGET = 'bob';
export const OWNER = 'olga';

export function entryIn(state: State, uid: string = TARGET): DirectoryEntry | undefined {
  const fields = collection(state, 'directory').get(uid);
  return fields && fromDocument(uid, fields);
}

/** The changes that were made, by the history. */
export function doneEvents(state: State) {
  return [...collection(state, 'auditEvents').values()].filter(({ outcome }) => outcome === 'done');
}

/** The claims that somebody's account has. */
export function claimsIn({ accounts }: State, uid: string = TARGET): Record<string, unknown> {
  return JSON.parse(accounts.get(uid)?.customAttributes ?? '{}');
}

/** The claims that an entry asks for. The other claim is somebody else's, and stays. */
export const claimsFor = ({ grants, rolesVersion }: DirectoryEntry) => ({
  tier: 'gold',
  ...compileRoleClaims(grants, rolesVersion, 0),
});

/** Documents that one transaction writes agree with each other at any moment. */
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

/** The entry is as the change leaves it, and as the history says. */
function assertChanged(state: State, name: ChangeName, after: Record<string, unknown>): void {
  const entry = entryIn(state);
  if (entry === undefined) {
    assert.equal(name, 'delete');
    return;
  }
  const { rolesVersion: version, grants, disabled, validAfter } = entry;
  const roles = activeRoles(grants, 0);
  const record = { version, grants: roles.map((role) => ({ role })), disabled };
  const { validAfter: endedAt = 0, ...others } = after;
  assert.deepEqual({ ...record, ...others }, record);
  // Whoever is disabled could sign in until Firebase Auth had been told: it then ends these sessions, too.
  if (disabled) assert.ok(validAfter >= Number(endedAt));
  else assert.equal(validAfter, endedAt);
  assert.deepEqual(
    { version, roles, disabled, ended: validAfter > 0 },
    {
      promote: { version: 2, roles: ['owner'], disabled: false, ended: false },
      demote: { version: 2, roles: ['member'], disabled: false, ended: false },
      disable: { version: 1, roles: ['owner'], disabled: true, ended: true },
      delete: { version: 1, roles: ['owner'], disabled: true, ended: true },
      revoke: { version: 1, roles: ['admin'], disabled: false, ended: true },
    }[name],
  );
}

/** Nothing is left to do: Firebase Auth holds what the directory says. */
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
  // A deletion that was begun is brought to its end.
  assert.ok(!doneEvents(state).some(({ action }) => action === 'user.delete'));
}
