import assert from 'node:assert/strict';
import type { Role } from '../../src/authz/roles.ts';
import { toDocument } from '../../src/directory/entry-document.ts';
import { syncedAccount } from './auth-server.ts';
import { CHANGES, type ChangeName } from './changes.ts';
import {
  assertConsistent,
  assertSynced,
  claimsFor,
  claimsIn,
  doneEvents,
  entryIn,
  OWNER,
  TARGET,
} from './invariants.ts';
import { killAtEachCall, onEachCopy } from './kill-at-each-call.ts';
import { type LeftState, openSandbox, type Sandbox, type StateCopy } from './sandbox.ts';
import { entryOf } from './seed.ts';
import { acceptedRoles, makeRequest, newToken, signIn, tokenOf } from './sign-in.ts';
import { type State, withExpiredLeases } from './state.ts';

const ROLE: Record<ChangeName, Role> = {
  promote: 'member',
  demote: 'owner',
  disable: 'owner',
  delete: 'owner',
  revoke: 'admin',
};

describe('a process killed at any of its calls', function () {
  this.timeout(180_000);
  let lanes: Sandbox[] = [];
  const warnings: Error[] = [];
  const keep = (warning: Error) => warnings.push(warning);
  before(async () => {
    process.on('warning', keep);
    lanes = [await openSandbox(), await openSandbox()];
  });
  after(async () => {
    process.off('warning', keep);
    await Promise.all(lanes.map((lane) => lane.close()));
    // Repairs come late, when what they would wait for is long over.
    assert.deepEqual(warnings, [], 'Node had to warn');
  });

  for (const name of CHANGES) {
    describe(`while it is to ${name} somebody`, () => {
      let initial: State;
      let lefts: LeftState[] = [];
      let oldToken: string;

      before(async () => {
        const [lane = assert.fail()] = lanes;
        initial = await lane.try(stateWith(ROLE[name]), ({ state }) => state());
        oldToken = await tokenOf(initial);
        const change = { name, by: OWNER, uid: TARGET };
        lefts = await killAtEachCall(lanes, initial, change, 'before');
        // What is left after a call has had its effect is what is left before the next one: two show it.
        if (name === 'promote' || name === 'demote') {
          lefts.push(...(await killAtEachCall(lanes, initial, change, 'after')));
        }
      });

      /** @param at what it is by the time that something is tried */
      const forEach = (
        at: (left: State) => State,
        work: (trial: StateCopy, left: LeftState) => Promise<void>,
      ) => onEachCopy(lanes, lefts, at, work);
      const atOnce = (left: State) => left;

      it('is killed at calls before its transaction and after it', () => {
        const committed = lefts.map((left) => doneEvents(left).length > 0);
        assert.ok(committed.length >= 8 && committed.includes(true) && committed.includes(false));
      });

      it('has made all of the change or none of it, and given nothing yet that the directory does not give', () => {
        for (const left of lefts) {
          assertConsistent(left, initial, name);
          const entry = entryIn(left);
          const claims = claimsIn(left);
          if (entry === undefined || !left.accounts.has(TARGET)) continue;
          // Claims of an older version are worth nothing from now on.
          if (claims.rv !== 1 || entry.rolesVersion === 1)
            assert.deepEqual(claims, claimsFor(entry), left.when);
        }
      });

      it('leaves no token good that the change has made void, with any instance', () =>
        forEach(atOnce, async ({ instance }, left) => {
          for (const token of [oldToken, await tokenOf(left)]) {
            const isVoid =
              doneEvents(left).length > 0 &&
              (token === oldToken ||
                name === 'disable' ||
                name === 'delete' ||
                name === 'revoke' ||
                claimsIn(left).rv !== 2);
            for (const fresh of [true, false]) {
              const outcome = await acceptedRoles(instance, token, fresh);
              const roles = isVoid ? 'refused' : entryIn(left)?.grants.map(({ role }) => role);
              assert.deepEqual(outcome, roles, fresh ? 'privileged' : 'ordinary');
            }
          }
        }));

      it('is repaired by the next request of that user', () =>
        forEach(withExpiredLeases, async ({ instance, state }, left) => {
          await makeRequest(instance, oldToken);
          await assertRepaired(await state(), left);
        }));

      it('is repaired by reconcileAccess, once and for all', () =>
        forEach(withExpiredLeases, async ({ instance, state }, left) => {
          const run = () => instance.reconcileAccess({ kind: 'system', requestId: 'r' });
          assert.equal((await run()).failed, 0);
          await assertRepaired(await state(), left);
          assert.deepEqual(await run(), { expired: 0, repaired: 0, failed: 0, more: false });
        }));

      it('is repaired by the next sign-in as far as it matters to the user, and then by reconcileAccess', () =>
        forEach(withExpiredLeases, async ({ instance, another, accounts, state }, left) => {
          const entry = entryIn(left);
          const account = accounts.get(TARGET);
          if (account === undefined) return;
          const signedIn = await signIn(instance, left);
          assert.equal(signedIn === 'refused', entry?.disabled ?? false);
          if (signedIn !== 'refused') {
            const customClaims = signedIn.customClaims ?? claimsIn(left);
            accounts.set(TARGET, { ...account, customAttributes: JSON.stringify(customClaims) });
            const token = await newToken(customClaims);
            for (const fresh of [true, false]) {
              assert.deepEqual(
                await acceptedRoles(another(), token, fresh),
                entry?.grants.map(({ role }) => role),
              );
            }
          }
          await instance.reconcileAccess({ kind: 'system', requestId: 'r' });
          await assertRepaired(await state(), left);
        }));

      async function assertRepaired(state: State, left: LeftState): Promise<void> {
        assertConsistent(state, initial, name);
        assert.equal(doneEvents(state).length, doneEvents(left).length);
        if (name === 'delete' && doneEvents(left).length > 0) {
          assert.deepEqual([entryIn(state), state.accounts.get(TARGET)], [undefined, undefined]);
        } else {
          assertSynced(state);
        }
      }
    });
  }
});

function stateWith(role: Role): State {
  const entries = [entryOf(TARGET, [role]), entryOf(OWNER, ['owner'])];
  const uids = role === 'owner' ? [TARGET, OWNER] : [OWNER];
  return {
    documents: new Map<string, object>([
      ...entries.map((entry) => [`directory/${entry.uid}`, toDocument(entry)] as const),
      ['system/owners', { uids }],
    ]),
    accounts: new Map(entries.map((entry) => [entry.uid, syncedAccount(entry)])),
  };
}
