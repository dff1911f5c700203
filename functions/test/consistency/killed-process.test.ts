import assert from 'node:assert/strict';
import type { Role } from '../../src/authz/roles.ts';
import { toDocument } from '../../src/directory/entry-document.ts';
import { serveInstance } from '../helpers/session-server.ts';
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
import { useSession } from './session-steps.ts';
import { acceptedRoles, makeRequest, newToken, signIn, tokenOf } from './sign-in.ts';
import { type State, withExpiredLeases } from './state.ts';

const ROLE: Record<ChangeName, Role> = {
  promote: 'member',
  demote: 'owner',
  disable: 'owner',
  delete: 'owner',
  revoke: 'admin',
};

describe('a process that is killed at any of its calls', function () {
  this.timeout(180_000);
  let sandboxes: Sandbox[] = [];
  const warnings: Error[] = [];
  const keep = (warning: Error) => warnings.push(warning);
  before(async () => {
    process.on('warning', keep);
    sandboxes = [await openSandbox(), await openSandbox()];
  });
  after(async () => {
    process.off('warning', keep);
    await Promise.all(sandboxes.map((sandbox) => sandbox.close()));
    // Node warns, for example, of a timer for a time in the past, which a late repair must not set.
    assert.deepEqual(warnings, [], 'Node printed warnings');
  });

  for (const name of CHANGES) {
    describe(`during ${name}`, () => {
      let initial: State;
      let leftStates: LeftState[] = [];
      let oldToken: string;
      let cookie: string;

      before(async () => {
        const [sandbox = assert.fail()] = sandboxes;
        [initial, cookie] = await sandbox.withCopy(stateWith(ROLE[name]), withSession);
        oldToken = await tokenOf(initial);
        const change = { change: { name, by: OWNER, uid: TARGET } };
        leftStates = await killAtEachCall(sandboxes, initial, change, 'before');
        // The state after the effect of a call is the state before the next call: two changes show it.
        if (name === 'promote' || name === 'demote') {
          leftStates.push(...(await killAtEachCall(sandboxes, initial, change, 'after')));
        }
      });

      /** @param later makes the state at the time of `work` from the state that was left */
      const forEach = (
        later: (left: State) => State,
        work: (copy: StateCopy, left: LeftState) => Promise<void>,
      ) => onEachCopy(sandboxes, leftStates, later, work);
      const atOnce = (left: State) => left;

      it('is killed both before and after its commit', () => {
        const committed = leftStates.map((left) => doneEvents(left).length > 0);
        assert.ok(committed.length >= 8 && committed.includes(true) && committed.includes(false));
      });

      it('leaves all or nothing of the change, and no claims beyond the directory entry', () => {
        for (const left of leftStates) {
          assertConsistent(left, initial, name);
          const entry = entryIn(left);
          const claims = claimsIn(left);
          if (entry === undefined || !left.accounts.has(TARGET)) continue;
          // Tokens with claims of an older version are refused.
          if (claims.rv !== 1 || entry.rolesVersion === 1)
            assert.deepEqual(claims, claimsFor(entry), left.when);
        }
      });

      it('leaves no token valid that the change has revoked', () =>
        forEach(atOnce, async ({ instance }, left) => {
          for (const token of [oldToken, await tokenOf(left)]) {
            const isRevoked =
              doneEvents(left).length > 0 &&
              (token === oldToken ||
                name === 'disable' ||
                name === 'delete' ||
                name === 'revoke' ||
                claimsIn(left).rv !== 2);
            for (const fresh of [true, false]) {
              const outcome = await acceptedRoles(instance, token, fresh);
              const roles = isRevoked ? 'refused' : entryIn(left)?.grants.map(({ role }) => role);
              assert.deepEqual(outcome, roles, fresh ? 'privileged' : 'ordinary');
            }
          }
        }));

      it('leaves no session valid that the change has revoked, and no old roles in it', () =>
        forEach(atOnce, async ({ instance }, left) => {
          const { status, body } = await useSession(instance, cookie);
          const isMade = doneEvents(left).length > 0;
          const isRevoked = isMade && name !== 'promote' && name !== 'demote';
          assert.equal(status, isRevoked ? 401 : 200);
          if (!isRevoked)
            assert.deepEqual(
              body.roles,
              entryIn(left)?.grants.map(({ role }) => role),
            );
        }));

      it('is repaired by the next request of the user', () =>
        forEach(withExpiredLeases, async ({ instance, state }, left) => {
          await makeRequest(instance, oldToken);
          await assertRepaired(await state(), left);
        }));

      it('is repaired by reconcileAccess, and a second run finds nothing', () =>
        forEach(withExpiredLeases, async ({ instance, state }, left) => {
          const run = () => instance.reconcileAccess({ kind: 'system', requestId: 'r' });
          assert.equal((await run()).failed, 0);
          await assertRepaired(await state(), left);
          assert.deepEqual(await run(), { expired: 0, repaired: 0, failed: 0, more: false });
        }));

      it('lets the user sign in with the right roles, and is repaired by reconcileAccess', () =>
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

/** The state with a session of the target, and its cookie. Only the change is in the audit log. */
async function withSession({ instance, state }: StateCopy): Promise<[State, string]> {
  const server = await serveInstance(instance);
  const browser = server.browser();
  await browser.signIn(await tokenOf(await state()));
  await server.close();
  const { documents, accounts } = await state();
  const kept = [...documents].filter(([path]) => !path.startsWith('auditEvents/'));
  return [{ documents: new Map(kept), accounts }, browser.cookie ?? assert.fail('no cookie')];
}

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
