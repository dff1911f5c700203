import assert from 'node:assert/strict';
import type { PrincipalActor } from '../../../src/authz/principal.ts';
import type { Role } from '../../../src/authz/roles.ts';
import { unavailable } from '../../../src/core/errors.ts';
import { toRfc3339 } from '../../../src/core/time.ts';
import { actor } from '../../helpers/actor.ts';
import type { accountOf } from '../../helpers/memory-accounts.ts';
import { assertRefused } from '../../helpers/refusal.ts';
import { openTestDirectory, type TestDirectory } from '../../helpers/test-directory.ts';

const OLGA = actor('olga', ['owner']);
const ADAM = actor('adam', ['admin']);
const PEOPLE: Parameters<typeof accountOf>[] = [
  ['olga', { roles: ['owner'] }],
  ['adam', { roles: ['admin'] }],
  ['bob', { claims: { plan: 'pro', roles: ['member'], rv: 1 } }],
];

/** Olga is an owner, Adam an admin, Bob a member with a claim of other code. */
let access: TestDirectory;
async function openAccess(): Promise<void> {
  access = await openTestDirectory(PEOPLE);
  for (const [uid] of PEOPLE) await access.users.get(uid);
}

const set = (uid: string, roles: readonly Role[], version = 1) => ({
  ...{ uid, version },
  grants: roles.map((role) => ({ role })),
});
const recorded = async () =>
  (await access.all('auditEvents')).filter(({ action }) => action !== 'user.import');
const bob = () => access.accounts.byUid.get('bob');

describe('users: setting grants', () => {
  beforeEach(openAccess);
  afterEach(() => access.close());

  it('writes them with the next version and their giver, and keeps the claims of other code', async () => {
    const after = await access.users.setRoles(OLGA, {
      ...set('bob', ['member', 'support']),
      auditReason: 'joined',
    });
    const given = after.grants.map(({ role, grantedBy }) => [role, grantedBy]);
    assert.deepEqual(
      [given, after.version],
      [
        [
          ['member', 'import'],
          ['support', 'olga'],
        ],
        2,
      ],
    );
    assert.deepEqual(bob()?.claims, { plan: 'pro', roles: ['member', 'support'], rv: 2 });
    assert.equal(access.lines.at(-1)?.reason, 'joined');
  });

  it('ends no session: older tokens are stale by their version', async () => {
    await access.users.setRoles(OLGA, set('bob', []));
    assert.deepEqual(access.accounts.changes, ['setClaims bob']);
    assert.equal((await access.feed.find('bob'))?.rolesVersion, 2);
  });

  it('takes expiries, and writes them to the claims', async () => {
    const expiresAt = access.now() + 60;
    const grants = [{ role: 'support', expiresAt, reason: 'on call' } as const];
    const after = await access.users.setRoles(OLGA, { uid: 'bob', grants, version: 1 });
    const ends = new Date(expiresAt * 1000).toISOString();
    assert.deepEqual([after.grants[0]?.expiresAt, after.grants[0]?.reason], [ends, 'on call']);
    assert.deepEqual(bob()?.claims.rx, { support: expiresAt });
  });

  it('refuses an expiry in the past, naming the grant', async () => {
    const grants = [{ role: 'member' }, { role: 'support', expiresAt: access.now() }] as const;
    const error = await assertRefused(
      () => access.users.setRoles(OLGA, { uid: 'bob', grants, version: 1 }),
      'invalid_argument',
    );
    assert.deepEqual(
      error.errors?.map(({ field }) => field),
      ['grants.1.expiresAt'],
    );
  });

  it('removes an expired grant that was sent again', async () => {
    const ended = { role: 'support', expiresAt: access.now() + 1 } as const;
    await access.users.setRoles(OLGA, { uid: 'bob', grants: [ended], version: 1 });
    access.clock.move(1_000);
    const grants = [ended, { role: 'member' } as const];
    const after = await access.users.setRoles(OLGA, { uid: 'bob', grants, version: 2 });
    assert.deepEqual(
      after.grants.map(({ role }) => role),
      ['member'],
    );
  });

  it('is refused for another version, and nothing is written', async () => {
    for (const version of [0, 2]) {
      await assertRefused(
        () => access.users.setRoles(OLGA, set('bob', ['support'], version)),
        'version_mismatch',
      );
    }
    assert.deepEqual(access.accounts.changes, []);
    assert.deepEqual(
      access.lines.map(({ outcome, code }) => [outcome, code]),
      Array(2).fill(['refused', 'version_mismatch']),
    );
  });

  const refused: Record<
    string,
    readonly [PrincipalActor, string, readonly Role[], Parameters<typeof assertRefused>[1]]
  > = {
    'on the own account': [OLGA, 'olga', ['owner', 'member'], 'own_account'],
    'beyond the own permissions': [ADAM, 'bob', ['owner'], 'exceeds_own_permissions'],
    'on a user with more permissions': [ADAM, 'olga', [], 'exceeds_own_permissions'],
    'of a user who does not exist': [OLGA, 'missing', ['member'], 'not_found'],
    'to an actor without an entry': [actor('ghost', ['owner']), 'bob', [], 'permission_denied'],
    'to an actor with more roles in the token than in the directory': [
      actor('bob', ['owner']),
      'adam',
      [],
      'permission_denied',
    ],
  };
  for (const [what, [who, uid, roles, code]] of Object.entries(refused)) {
    it(`is refused ${what}, and nothing is written`, async () => {
      await assertRefused(() => access.users.setRoles(who, set(uid, roles)), code);
      assert.deepEqual(access.accounts.changes, []);
    });
  }

  it('is refused when the claims would be too large', async () => {
    access.accounts.byUid.set('bob', { ...(bob() ?? assert.fail()), claims: { pad: 'x'.repeat(960) } });
    await assertRefused(
      () => access.users.setRoles(OLGA, set('bob', ['member', 'auditor'])),
      'claims_too_large',
    );
    assert.equal((await access.users.get('bob')).version, 1);
  });

  it('succeeds once of fifty concurrent changes of one version', async () => {
    const results = await Promise.allSettled(
      Array.from({ length: 50 }, () => access.users.setRoles(OLGA, set('bob', ['member', 'auditor']))),
    );
    assert.equal(results.filter(({ status }) => status === 'fulfilled').length, 1);
    assert.equal((await access.users.get('bob')).version, 2);
    for (const result of results) {
      if (result.status === 'rejected') assert.equal(result.reason.code, 'version_mismatch');
    }
  }).timeout(30_000);

  it('stands when Firebase Auth fails, and is reported as not synced', async () => {
    access.accounts.before = () => {
      throw unavailable('setCustomUserClaims');
    };
    const after = await access.users.setRoles(OLGA, set('bob', []));
    assert.deepEqual([after.grants, after.synced], [[], false]);
    assert.deepEqual((await access.directory.find('bob'))?.pending, ['claims']);
    assert.equal((await access.feed.find('bob'))?.rolesVersion, 2, 'the old token is stale all the same');
  });

  it('changes nothing when the grants are the same: no version, no event, no sync', async () => {
    const after = await access.users.setRoles(OLGA, set('bob', ['member']));
    assert.deepEqual([after.version, await recorded()], [1, []]);
    assert.deepEqual([access.accounts.changes, access.lines], [[], []]);
    assert.deepEqual(await access.all('accessChanges'), []);
  });

  it('changes nothing when only the order differs', async () => {
    await access.users.setRoles(OLGA, set('bob', ['member', 'support']));
    const after = await access.users.setRoles(OLGA, set('bob', ['support', 'member'], 2));
    assert.equal(after.version, 2);
  });

  it('refuses a new reason on a grant of a user with more permissions', async () => {
    const change = { uid: 'olga', version: 1, grants: [{ role: 'owner', reason: 'so I say' }] } as const;
    await assertRefused(() => access.users.setRoles(ADAM, change), 'exceeds_own_permissions');
    assert.equal((await access.users.get('olga')).version, 1);
  });

  it('lets one of two administrators win who remove each other’s roles at once', async () => {
    await access.users.setRoles(OLGA, set('bob', ['admin']));
    const results = await Promise.allSettled([
      access.users.setRoles(ADAM, set('bob', [], 2)),
      access.another().users.setRoles(actor('bob', ['admin']), set('adam', [])),
    ]);
    assert.deepEqual(results.map(({ status }) => status).sort(), ['fulfilled', 'rejected']);
    const lost = results.find((result) => result.status === 'rejected');
    assert.equal(lost?.reason.code, 'permission_denied');
  });
});

describe('users: disabling, deleting, signing out', () => {
  beforeEach(openAccess);
  afterEach(() => access.close());

  it('ends the sessions of a disabled user, and enables without restoring them', async () => {
    assert.equal((await access.users.setDisabled(ADAM, 'bob', true)).disabled, true);
    assert.equal((await access.users.setDisabled(ADAM, 'bob', false)).disabled, false);
    assert.deepEqual(access.accounts.changes, ['disable bob', 'revokeTokens bob', 'enable bob']);
    assert.equal((await access.feed.find('bob'))?.validAfter, access.now() + 1);
  });

  it('deletes the account and the entry, and records the state before', async () => {
    await access.users.remove(ADAM, 'bob');
    assert.equal(access.accounts.byUid.has('bob'), false);
    assert.equal(await access.directory.find('bob'), undefined);
    const line = access.lines.find(({ action }) => action === 'user.delete');
    assert.deepEqual([line?.target, line?.actor], ['bob', 'adam']);
    await assertRefused(() => access.users.get('bob'), 'not_found');
  });

  it('refuses the own account, users with more permissions, and missing users', async () => {
    for (const attempt of [
      (uid: string) => access.users.setDisabled(ADAM, uid, true),
      (uid: string) => access.users.setDisabled(ADAM, uid, false),
      (uid: string) => access.users.remove(ADAM, uid),
    ]) {
      await assertRefused(() => attempt('adam'), 'own_account');
      await assertRefused(() => attempt('olga'), 'exceeds_own_permissions');
      await assertRefused(() => attempt('missing'), 'not_found');
    }
    assert.deepEqual(access.accounts.changes, []);
  });

  it('signs out any user, the actor included', async () => {
    const { sessionsValidAfter } = await access.users.revoke(actor('bob', ['member']), 'bob');
    assert.equal(sessionsValidAfter, toRfc3339(access.now() + 1));
    await access.users.revoke(ADAM, 'olga');
    assert.deepEqual(access.accounts.changes, ['revokeTokens bob', 'revokeTokens olga']);
    await assertRefused(() => access.users.revoke(OLGA, 'missing'), 'not_found');
  });

  it('changes nothing for a user who is already enabled or disabled: no event, no sync', async () => {
    assert.equal((await access.users.setDisabled(ADAM, 'bob', false)).disabled, false);
    assert.deepEqual([await recorded(), await access.all('accessChanges')], [[], []]);
    await access.users.setDisabled(ADAM, 'bob', true);
    const before = [await recorded(), await access.all('accessChanges'), [...access.accounts.changes]];
    access.clock.move(5_000);
    assert.equal((await access.users.setDisabled(ADAM, 'bob', true)).disabled, true);
    assert.deepEqual([await recorded(), await access.all('accessChanges'), access.accounts.changes], before);
  });

  it('ends sessions once a second under repeated calls, and again in the next second', async () => {
    const self = actor('bob', ['member']);
    const other = access.another();
    const entries = await Promise.all(
      Array.from({ length: 20 }, (_, n) => (n % 2 === 0 ? access : other).users.revoke(self, 'bob')),
    );
    const end = toRfc3339(access.now() + 1);
    for (const { sessionsValidAfter } of entries) assert.equal(sessionsValidAfter, end);
    assert.deepEqual([(await recorded()).length, (await access.all('accessChanges')).length], [1, 1]);
    assert.deepEqual(access.accounts.changes, ['revokeTokens bob']);
    access.clock.move(1_000);
    await access.users.revoke(self, 'bob');
    assert.equal((await recorded()).length, 2);
  });

  it('refuses an actor who just lost the permission to sign out others, and records it', async () => {
    const sue = actor('sue', ['support']);
    access.accounts.byUid.set('sue', { ...(bob() ?? assert.fail()), uid: 'sue' });
    await assertRefused(() => access.users.revoke(sue, 'bob'), 'permission_denied');
    const [event, ...others] = await recorded();
    assert.deepEqual(
      [event?.actor, event?.action, event?.target, event?.outcome, others],
      ['sue', 'sessions.revoke', 'bob', 'refused', []],
    );
    const { sessionsValidAfter } = await access.users.revoke(sue, 'sue');
    assert.equal(sessionsValidAfter, toRfc3339(access.now() + 1), 'the own sessions');
    assert.deepEqual(access.accounts.changes, ['revokeTokens sue']);
  });

  const taking: Record<string, (who: PrincipalActor, uid: string) => Promise<unknown>> = {
    demotes: (who, uid) => access.users.setRoles(who, set(uid, ['admin'])),
    disables: (who, uid) => access.users.setDisabled(who, uid, true),
    deletes: (who, uid) => access.users.remove(who, uid),
  };
  for (const [what, take] of Object.entries(taking)) {
    it(`${what} one of two owners, and keeps one when both try at once`, async () => {
      access.accounts.byUid.set('otto', {
        ...(access.accounts.byUid.get('olga') ?? assert.fail()),
        uid: 'otto',
      });
      await access.users.get('otto');
      const results = await Promise.allSettled([take(OLGA, 'otto'), take(actor('otto', ['owner']), 'olga')]);
      assert.deepEqual(results.map(({ status }) => status).sort(), ['fulfilled', 'rejected']);
      assert.equal(((await access.owners()) as string[]).length, 1);
    });
  }
});
