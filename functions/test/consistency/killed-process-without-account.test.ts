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

/** Bob is of another issuer, and has no account in Firebase Auth. */
const BOB: ExternalIdentity = { ...identityOf('bob', { jitProvisioning: false }), id: TARGET };

describe('a process killed at any of its calls, for somebody without an account', function () {
  this.timeout(180_000);
  let lanes: Sandbox[] = [];
  before(async () => {
    lanes = [await openSandbox(), await openSandbox()];
  });
  after(() => Promise.all(lanes.map((lane) => lane.close())));

  for (const name of ['promote', 'delete'] as const satisfies ChangeName[]) {
    it(`while it is to ${name} them, leaves what holds, and what reconcileAccess finishes`, async () => {
      const [lane = assert.fail()] = lanes;
      const initial = await lane.try(state(), (trial) => trial.state());
      const lefts = await killAtEachCall(lanes, initial, { name, by: OWNER, uid: TARGET }, 'before');
      const committed = lefts.map((left) => doneEvents(left).length > 0);
      assert.ok(committed.includes(true) && committed.includes(false), `${lefts.length} kills`);

      // What was done holds for their tokens at once, whatever is left to be done.
      await onEachCopy(lanes, lefts, asItIs, async ({ instance }, left) => {
        const { record } = await instance.accessRecords.readExternal(BOB);
        assert.deepEqual(record && heldBy(record), expected(name, doneEvents(left).length > 0, left));
      });
      await onEachCopy(lanes, lefts, withExpiredLeases, async ({ instance, state: read }, left) => {
        assert.equal((await instance.reconcileAccess({ kind: 'system', requestId: 'r' })).failed, 0);
        const after = await read();
        const isGone = name === 'delete' && doneEvents(left).length > 0;
        const entry = entryIn(after);
        assert.deepEqual([entry?.pending, entry?.lease], isGone ? [undefined, undefined] : [[], undefined]);
        assert.equal(doneEvents(after).length, doneEvents(left).length);
        assert.deepEqual([...after.accounts.keys()], [OWNER], 'and made no account');
      });
    });
  }
});

const asItIs = (left: State): State => left;
const heldBy = ({ grants, disabled }: { grants: readonly { role: string }[]; disabled: boolean }) =>
  disabled ? 'nothing' : grants.map(({ role }) => role).join();

function expected(name: 'promote' | 'delete', isDone: boolean, left: LeftState): string | undefined {
  if (!isDone) return 'member';
  if (name === 'promote') return 'owner';
  return entryIn(left) === undefined ? undefined : 'nothing';
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
