import assert from 'node:assert/strict';
import { randomUUID } from 'node:crypto';
import type { DirectoryEntry } from '../../src/directory/entry.ts';
import {
  api,
  authAdmin,
  localInstance,
  makeSignedIn,
  makeUser,
  outcome,
  untilRefused,
} from '../helpers/emulator.ts';

/** The state after a process has crashed between the commit and the call to Firebase Auth. */
describe('changes pending after a crash', function () {
  this.timeout(30_000);

  /** Commits a change without syncing Firebase Auth, like a process that crashes then. */
  async function commitOnly(uid: string, change: (before: DirectoryEntry) => Partial<DirectoryEntry>) {
    await localInstance.directory.change({ uid }, ({ entry }) => {
      assert.ok(entry);
      const after = { ...entry, ...change(entry), lease: undefined };
      const { validAfter, rolesVersion } = after;
      return { entry: after, accessChange: { validAfter, rolesVersion } };
    });
  }

  /** Replaces the roles by support, at the next version. */
  const promoted = ({ rolesVersion }: DirectoryEntry): Partial<DirectoryEntry> => ({
    grants: [{ role: 'support', grantedBy: 'test', grantedAt: Math.floor(Date.now() / 1000) }],
    rolesVersion: rolesVersion + 1,
    pending: ['claims'],
  });

  it('are completed by POST /directory/reconcile: claims, sessions, disabled, deletion', async () => {
    const owner = await makeSignedIn(['owner']);
    const [ada, bob, gone] = await Promise.all([
      makeUser(['member']),
      makeUser(['member']),
      makeUser(['member']),
    ]);
    const validAfter = Math.floor(Date.now() / 1000) - 5;
    await commitOnly(ada.uid, promoted);
    await commitOnly(bob.uid, () => ({ disabled: true, validAfter, pending: ['disabled', 'sessions'] }));
    await commitOnly(gone.uid, () => ({ disabled: true, pending: ['disabled', 'deletion'] }));

    const { status, body } = await api('POST /directory/reconcile', { token: owner.idToken });
    assert.equal(status, 200);
    assert.ok(body.repaired >= 3 && body.failed === 0, JSON.stringify(body));
    assert.deepEqual((await authAdmin.getUser(ada.uid)).customClaims, { roles: ['support'], rv: 2 });
    assert.equal((await authAdmin.getUser(bob.uid)).disabled, true);
    await assert.rejects(authAdmin.getUser(gone.uid), { code: 'auth/user-not-found' });
    assert.equal(await localInstance.directory.find(gone.uid), undefined);
    for (const { uid } of [ada, bob]) assert.equal((await localInstance.users.get(uid)).synced, true);
  });

  it('are completed by the user’s next request: old token stale, new one has the roles', async () => {
    const ada = await makeSignedIn(['member']);
    await commitOnly(ada.uid, promoted);
    assert.equal((await untilRefused('GET /me', ada.idToken)).body.code, 'token_stale');
    const me = await api('GET /me', { token: await ada.token(true) });
    assert.deepEqual([me.status, me.body.roles], [200, ['support']]);
  });

  it('can be reconciled by owners only, and without a body', async () => {
    for (const role of ['member', 'support', 'auditor', 'admin'] as const) {
      const { idToken } = await makeSignedIn([role]);
      assert.equal(
        outcome(await api('POST /directory/reconcile', { token: idToken })),
        '403 permission_denied',
      );
    }
    const body = { uid: randomUUID() };
    const { idToken } = await makeSignedIn(['owner']);
    assert.equal(
      outcome(await api('POST /directory/reconcile', { token: idToken, body })),
      '400 invalid_argument',
    );
  });
});
