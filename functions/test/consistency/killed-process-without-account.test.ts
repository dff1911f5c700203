import assert from 'node:assert/strict';
import type { ExternalIdentity } from '../../src/authn/external-identity.ts';
import { toDocument } from '../../src/directory/entry-document.ts';
import { identityOf } from '../helpers/identities.ts';
import { syncedAccount } from './auth-server.ts';
import type { ChangeName } from './changes.ts';
import { doneEvents, entryIn, OWNER, TARGET } from './invariants.ts';
import { killAtEachCall, onEachCopy } from './kill-at-each-call.ts';
import { type LeftState, openSandbox, type Sandbox } from './sandbox.ts';
import { entryOf } from './seed.ts';
import { type State, withExpiredLeases } from './state.ts';

/** Bob is an external user without an account in Firebase Auth. */
const BOB: ExternalIdentity = { ...identityOf('bob', { jitProvisioning: false }), id: TARGET };

describe('a process that is killed at any of its calls, for a user without an account', function () {
  this.timeout(180_000);
  let sandboxes: Sandbox[] = [];
  before(async () => {
    sandboxes = [await openSandbox(), await openSandbox()];
  });
  after(() => Promise.all(sandboxes.map((sandbox) => sandbox.close())));

  for (const name of ['promote', 'delete'] as const satisfies ChangeName[]) {
    it(`applies a committed ${name} at once, and reconcileAccess completes it`, async () => {
      const [sandbox = assert.fail()] = sandboxes;
      const initial = await sandbox.withCopy(state(), (copy) => copy.state());
      const change = { name, by: OWNER, uid: TARGET };
      const leftStates = await killAtEachCall(sandboxes, initial, { change }, 'before');
      const committed = leftStates.map((left) => doneEvents(left).length > 0);
      assert.ok(committed.includes(true) && committed.includes(false), `${leftStates.length} kills`);

      // A committed change applies to the user's tokens at once, even with work pending.
      await onEachCopy(sandboxes, leftStates, unchanged, async ({ instance }, left) => {
        const { record } = await instance.accessRecords.readExternal(BOB);
        assert.deepEqual(record && rolesOf(record), expected(name, doneEvents(left).length > 0, left));
      });
      await onEachCopy(sandboxes, leftStates, withExpiredLeases, async ({ instance, state: read }, left) => {
        assert.equal((await instance.reconcileAccess({ kind: 'system', requestId: 'r' })).failed, 0);
        const after = await read();
        const isDeleted = name === 'delete' && doneEvents(left).length > 0;
        const entry = entryIn(after);
        assert.deepEqual(
          [entry?.pending, entry?.lease],
          isDeleted ? [undefined, undefined] : [[], undefined],
        );
        assert.equal(doneEvents(after).length, doneEvents(left).length);
        assert.deepEqual([...after.accounts.keys()], [OWNER], 'created no account');
      });
    });
  }
});

const unchanged = (left: State): State => left;
const rolesOf = ({ grants, disabled }: { grants: readonly { role: string }[]; disabled: boolean }) =>
  disabled ? 'disabled' : grants.map(({ role }) => role).join();

function expected(name: 'promote' | 'delete', isCommitted: boolean, left: LeftState): string | undefined {
  if (!isCommitted) return 'member';
  if (name === 'promote') return 'owner';
  return entryIn(left) === undefined ? undefined : 'disabled';
}

function state(): State {
  const { issuer, subject } = BOB;
  const bob = { ...entryOf(TARGET, ['member']), identity: { issuer, subject } };
  const olga = entryOf(OWNER, ['owner']);
  return {
    documents: new Map<string, object>([
      ...[bob, olga].map((entry) => [`directory/${entry.uid}`, toDocument(entry)] as const),
      ['system/owners', { uids: [OWNER] }],
    ]),
    accounts: new Map([[OWNER, syncedAccount(olga)]]),
  };
}
