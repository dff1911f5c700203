import assert from 'node:assert/strict';
import type { FirestoreServer } from '../../../../packages/firestore-emulator/server.ts';
import { AppError, type ErrorCode, unavailable } from '../../../src/core/errors.ts';
import { createChangeAccess } from '../../../src/directory/change-access.ts';
import type { Grant } from '../../../src/directory/entry.ts';
import { actor } from '../../helpers/actor.ts';
import { connect, startTestFirestore } from '../../helpers/firestore.ts';
import { recordingLog } from '../../helpers/log.ts';
import { assertRefused } from '../../helpers/refusal.ts';
import { openTestDirectory, type TestDirectory } from '../../helpers/test-directory.ts';

const OLGA = actor('olga', ['owner']);
const INTENT = { uid: 'bob', action: 'roles.set', reason: 'joined' } as const;
const AUDITOR: readonly Grant[] = [{ role: 'auditor', grantedBy: 'olga', grantedAt: 1 }];

describe('changeAccess', () => {
  let server: FirestoreServer;
  let access: TestDirectory;
  const commits: string[][] = [];
  before(async () => {
    server = await startTestFirestore({
      beforeCall(method, request) {
        if (method === 'Commit') commits.push(writesOf(request));
      },
    });
  });
  after(() => server.stop());
  beforeEach(async () => {
    const people = [
      ['olga', { roles: ['owner'] }],
      ['bob', { roles: ['member'] }],
    ] as const;
    access = await openTestDirectory(
      people.map(([uid, facts]) => [uid, facts]),
      { firestore: connect(server) },
    );
    await access.users.get('olga');
    await access.users.get('bob');
    commits.length = 0;
  });
  afterEach(() => access.close());

  const events = async (outcome: 'done' | 'refused') =>
    (await access.all('auditEvents')).filter(
      (event) => event.outcome === outcome && event.action !== 'user.import',
    );

  it('writes the entry, the access change and the audit event in one commit', async () => {
    await access.changeAccess(OLGA, INTENT, () => ({ grants: AUDITOR }));
    assert.deepEqual(commits[0], ['accessChanges', 'auditEvents', 'directory']);
    const [{ at: _at, expireAt: _expireAt, ...event } = {}] = await events('done');
    const recorded = {
      actor: 'olga',
      issuer: 'https://issuer.example',
      action: 'roles.set',
      target: 'bob',
      reason: 'joined',
      requestId: 'r1',
      outcome: 'done',
      before: { version: 1, grants: [{ role: 'member' }] },
      after: { version: 2, grants: [{ role: 'auditor' }] },
    };
    assert.deepEqual(event, recorded);
    assert.deepEqual(access.lines, [{ kind: 'change', ...recorded }]);
  });

  it('writes the list of owners in the same commit when a user becomes an owner', async () => {
    await access.changeAccess(OLGA, INTENT, () => ({
      grants: [{ role: 'owner', grantedBy: 'olga', grantedAt: 1 }],
    }));
    assert.deepEqual(commits[0], ['accessChanges', 'auditEvents', 'directory', 'system']);
  });

  it('takes the lease in that commit, updates Firebase Auth, and returns the entry after that', async () => {
    const entry = await access.changeAccess(OLGA, INTENT, () => ({ grants: AUDITOR }));
    assert.deepEqual([entry?.rolesVersion, entry?.pending], [2, []]);
    assert.equal(commits[0]?.length, 3);
    const stored = await access.directory.find('bob');
    assert.deepEqual([stored?.claimsVersion, stored?.pending, stored?.lease], [2, [], undefined]);
    assert.equal(commits.length, 2, 'the change, and that Firebase Auth was told');
    assert.deepEqual(access.accounts.byUid.get('bob')?.claims, { roles: ['auditor'], rv: 2 });
  });

  it('stands when Firebase Auth fails, and the entry says what is pending', async () => {
    access.accounts.before = () => {
      throw unavailable('setCustomUserClaims');
    };
    const entry = await access.changeAccess(OLGA, INTENT, () => ({ grants: AUDITOR }));
    assert.deepEqual([entry?.grants.map(({ role }) => role), entry?.pending], [['auditor'], ['claims']]);
  });

  it('records nothing when nothing changes', async () => {
    assert.equal(await access.changeAccess(OLGA, INTENT, () => undefined), undefined);
    assert.deepEqual([await events('done'), access.lines, commits.flat()], [[], [], []]);
  });

  it('records only the state before a deletion', async () => {
    await access.changeAccess(OLGA, { uid: 'bob', action: 'user.delete' }, () => ({ remove: true }));
    const [event] = await events('done');
    assert.deepEqual(event?.before, {
      version: 1,
      grants: [{ role: 'member' }],
      disabled: false,
      validAfter: 0,
    });
    assert.equal(event?.after, undefined);
  });

  const refusals: Record<string, boolean> = {
    own_account: true,
    exceeds_own_permissions: true,
    permission_denied: true,
    version_mismatch: false,
    invalid_argument: false,
    claims_too_large: false,
  } satisfies Partial<Record<ErrorCode, boolean>>;
  for (const [code, recorded] of Object.entries(refusals) as [ErrorCode, boolean][]) {
    it(`logs a refusal for ${code}, and ${recorded ? 'records it' : 'does not record it'}`, async () => {
      const refuse = () => {
        throw new AppError(code, undefined, { reason: 'missing-permission' });
      };
      await assertRefused(() => access.changeAccess(OLGA, INTENT, refuse), code);
      const [line, ...others] = access.lines;
      assert.deepEqual(
        [line?.kind, line?.outcome, line?.code, line?.reason],
        ['change', 'refused', code, 'missing-permission'],
      );
      assert.deepEqual(others, []);
      const found = (await events('refused')).map(({ actor, target, reason }) => [actor, target, reason]);
      assert.deepEqual(found, recorded ? [['olga', 'bob', 'missing-permission']] : []);
    });
  }

  it('records the refused attempt to remove the last owner, and keeps the owner', async () => {
    const intent = { uid: 'olga', action: 'roles.set' } as const;
    const demote = () =>
      access.changeAccess({ kind: 'system', requestId: 'r' }, intent, () => ({ grants: [] }));
    await assertRefused(demote, 'last_owner');
    assert.deepEqual(
      (await events('refused')).map(({ actor, target, reason }) => [actor, target, reason]),
      [['system', 'olga', 'last_owner']],
    );
    assert.deepEqual(await access.owners(), ['olga']);
  });

  it('refuses a change of a user without an entry, and does not record it', async () => {
    const change = () => access.changeAccess(OLGA, { ...INTENT, uid: 'ghost' }, () => ({ grants: [] }));
    await assertRefused(change, 'not_found');
    assert.deepEqual(await events('refused'), []);
  });

  it('logs the outcome as unknown when Firestore does not answer', async () => {
    const { lines, log } = recordingLog();
    const { sync, audit } = access;
    const directory = { ...access.directory, change: () => Promise.reject(unavailable('directory.change')) };
    const changeAccess = createChangeAccess({ directory, sync, audit, log });
    await assertRefused(() => changeAccess(OLGA, INTENT, () => ({ grants: AUDITOR })), 'unavailable');
    assert.deepEqual(
      lines.map(({ outcome, code, reason, detail }) => [outcome, code, reason, detail]),
      [['unknown', 'unavailable', 'service-unavailable', 'directory.change']],
    );
    assert.deepEqual(await events('refused'), []);
  });

  it('leaves the sync to the instance that has the lease', async () => {
    const until = access.now() + 5;
    await access.directory.change({ uid: 'bob' }, ({ entry }) => ({
      entry: { ...(entry ?? assert.fail()), pending: ['claims'], lease: { by: 'other', until } },
    }));
    const changing = access.changeAccess(OLGA, INTENT, () => ({ grants: AUDITOR }));
    // The other instance crashed: its lease expires.
    access.clock.move(5_000);
    const entry = await changing;
    assert.deepEqual([entry?.rolesVersion, entry?.pending], [2, []]);
    assert.deepEqual(access.accounts.changes, ['setClaims bob']);
  });
});

/** Collections that a commit writes to. */
function writesOf(request: unknown): string[] {
  const { writes = [] } = request as { writes?: { update?: { name: string }; delete?: string }[] };
  return writes
    .map(({ update, delete: gone }) => (update?.name ?? gone ?? '').split('/').at(-2) ?? '')
    .sort();
}
