import assert from 'node:assert/strict';
import type { PrincipalActor } from '../../../src/authz/principal.ts';
import type { Role } from '../../../src/authz/roles.ts';
import { actor } from '../../helpers/actor.ts';
import type { accountOf } from '../../helpers/memory-accounts.ts';
import { assertRefused } from '../../helpers/refusal.ts';
import { openTestDirectory, type TestDirectory } from '../../helpers/test-directory.ts';

const OLGA = actor('olga', ['owner']);
const OTTO = actor('otto', ['owner']);
const ADAM = actor('adam', ['admin']);
const PEOPLE: Parameters<typeof accountOf>[] = [
  ['olga', { roles: ['owner'] }],
  ['otto', { roles: ['owner'] }],
  ['adam', { roles: ['admin'] }],
  ['bob', { claims: { plan: 'pro', roles: ['member'], rv: 1 } }],
];

/** Olga and Otto are owners, Adam an admin, Bob a member with a claim of other code. */
let access: TestDirectory;
async function openAccess(): Promise<void> {
  access = await openTestDirectory(PEOPLE);
  for (const [uid] of PEOPLE) await access.users.get(uid);
}

const rolesOf = async (uid: string) => (await access.users.get(uid)).roles;
const recorded = async () => (await access.all('auditEvents')).filter(({ action }) => action === 'roles.set');
const claims = () => access.accounts.byUid.get('bob')?.claims;

describe('users: one grant', () => {
  beforeEach(openAccess);
  afterEach(() => access.close());

  it('is added to the others, without a version, with its event and the new claims', async () => {
    const expiresAt = access.now() + 60;
    const after = await access.users.addGrant(OLGA, {
      ...{ uid: 'bob', role: 'support', expiresAt, reason: 'on call', auditReason: 'ticket 7' },
    });
    const added = after.grants.map(({ role, grantedBy, reason }) => [role, grantedBy, reason]);
    assert.deepEqual(added, [
      ['member', 'import', undefined],
      ['support', 'olga', 'on call'],
    ]);
    assert.deepEqual(claims(), {
      plan: 'pro',
      roles: ['member', 'support'],
      rv: 2,
      rx: { support: expiresAt },
    });
    const [event] = await recorded();
    assert.deepEqual(
      [event?.actor, event?.target, event?.reason, event?.before, event?.after],
      [
        ...['olga', 'bob', 'ticket 7'],
        { version: 1, grants: [{ role: 'member' }] },
        { version: 2, grants: [{ role: 'member' }, { role: 'support', expiresAt, reason: 'on call' }] },
      ],
    );
  });

  it('is removed from the others, without a version, with its event and the new claims', async () => {
    await access.users.addGrant(OLGA, { uid: 'bob', role: 'support' });
    await access.users.removeGrant(OLGA, { uid: 'bob', role: 'member', auditReason: 'left' });
    assert.deepEqual(claims(), { plan: 'pro', roles: ['support'], rv: 3 });
    assert.equal((await access.feed.find('bob'))?.rolesVersion, 3);
    const event = (await recorded()).find(({ reason }) => reason === 'left');
    assert.deepEqual(event?.after, { version: 3, grants: [{ role: 'support' }] });
  });

  const granted = (more: { expiresAt?: number; reason?: string } = {}) =>
    access.users.addGrant(OTTO, { uid: 'bob', role: 'support', ...more });

  it('that the user has already changes nothing', async () => {
    const expiresAt = access.now() + 60;
    const first = await granted({ expiresAt, reason: 'on call' });
    for (const more of [{ expiresAt }, { expiresAt, reason: 'on call' }]) {
      assert.deepEqual(await granted(more), { ...first, created: false });
    }
    assert.deepEqual([first.version, (await recorded()).length], [2, 1]);
  });

  it('with another expiry or reason replaces the one of the same role', async () => {
    const expiresAt = access.now() + 60;
    await granted({ expiresAt });
    for (const [more, expected] of [
      [{ expiresAt: expiresAt + 60 }, [expiresAt + 60, undefined]],
      [{}, [undefined, undefined]],
      [{ reason: 'on call' }, [undefined, 'on call']],
    ] as const) {
      await granted(more);
      const entry = await access.directory.find('bob');
      assert.deepEqual(
        entry?.grants.map(({ role }) => role),
        ['member', 'support'],
      );
      assert.deepEqual([entry?.grants[1]?.expiresAt, entry?.grants[1]?.reason], expected);
    }
  });

  it('with an expiry in the past is refused, also when that grant has just expired', async () => {
    const expiresAt = access.now() + 1;
    await granted({ expiresAt });
    access.clock.move(1_000);
    const { errors = [] } = await assertRefused(() => granted({ expiresAt }), 'invalid_argument');
    assert.deepEqual(
      errors.map(({ field }) => field),
      ['expiresAt'],
    );
    assert.deepEqual((await granted()).roles, ['member', 'support']);
  });

  it('that the user does not have is removed without a change', async () => {
    await access.users.removeGrant(ADAM, { uid: 'bob', role: 'owner' });
    assert.deepEqual([await rolesOf('bob'), (await recorded()).length], [['member'], 0]);
  });

  it('is refused for another version, where one was sent', async () => {
    await assertRefused(
      () => access.users.addGrant(OLGA, { uid: 'bob', role: 'support', version: 2 }),
      'version_mismatch',
    );
    await assertRefused(
      () => access.users.removeGrant(OLGA, { uid: 'bob', role: 'support', version: 0 }),
      'version_mismatch',
    );
    await access.users.addGrant(OLGA, { uid: 'bob', role: 'support', version: 1 });
    await access.users.removeGrant(OLGA, { uid: 'bob', role: 'support', version: 2 });
    assert.deepEqual(await rolesOf('bob'), ['member']);
  });

  const refused: Record<
    string,
    readonly [PrincipalActor, string, Role, Parameters<typeof assertRefused>[1]]
  > = {
    'on the own account': [OLGA, 'olga', 'owner', 'own_account'],
    'beyond the own permissions': [ADAM, 'olga', 'owner', 'exceeds_own_permissions'],
    'of a user who does not exist': [OLGA, 'missing', 'member', 'not_found'],
    'to an actor without an entry': [actor('ghost', ['owner']), 'bob', 'member', 'permission_denied'],
    'to an actor with more roles in the token than in the directory': [
      ...[actor('bob', ['owner']), 'adam', 'admin', 'permission_denied'],
    ] as const,
  };
  for (const [what, [who, uid, role, code]] of Object.entries(refused)) {
    it(`is refused ${what}, and nothing is written`, async () => {
      const expiresAt = access.now() + 60;
      await assertRefused(() => access.users.addGrant(who, { uid, role, expiresAt }), code);
      await assertRefused(() => access.users.removeGrant(who, { uid, role }), code);
      assert.deepEqual(access.accounts.changes, []);
      assert.deepEqual(
        access.lines.map(({ outcome, code }) => [outcome, code]),
        code === 'not_found' ? [] : Array(2).fill(['refused', code]),
      );
    });
  }

  it('of the last owner stays', async () => {
    await access.users.removeGrant(OLGA, { uid: 'otto', role: 'owner' });
    const operator = { kind: 'operator', requestId: 'r' } as const;
    await access.changeAccess(operator, { uid: 'adam', action: 'roles.set' }, ({ now }) => ({
      grants: [{ role: 'owner', grantedBy: 'test', grantedAt: now, expiresAt: now + 60 }],
    }));
    await assertRefused(
      () => access.users.removeGrant(actor('adam', ['owner']), { uid: 'olga', role: 'owner' }),
      'last_owner',
    );
    const expiring = { uid: 'olga', role: 'owner', expiresAt: access.now() + 60 } as const;
    await assertRefused(() => access.users.addGrant(actor('adam', ['owner']), expiring), 'last_owner');
    assert.deepEqual(await access.owners(), ['olga']);
  });

  it('is refused when the claims would be too large, and can be removed then', async () => {
    const bob = access.accounts.byUid.get('bob') ?? assert.fail();
    access.accounts.byUid.set('bob', { ...bob, claims: { pad: 'x'.repeat(960) } });
    await assertRefused(() => granted(), 'claims_too_large');
    await access.users.removeGrant(OLGA, { uid: 'bob', role: 'member' });
    assert.deepEqual(await rolesOf('bob'), []);
  });

  it('can be removed where the claims of other code leave no room for any claim of roles', async () => {
    await access.users.addGrant(OLGA, { uid: 'bob', role: 'support' });
    const bob = access.accounts.byUid.get('bob') ?? assert.fail();
    access.accounts.byUid.set('bob', { ...bob, claims: { pad: 'x'.repeat(985) } });
    await assertRefused(
      () => access.users.addGrant(OLGA, { uid: 'bob', role: 'auditor' }),
      'claims_too_large',
    );
    await access.users.removeGrant(OLGA, { uid: 'bob', role: 'support' });
    assert.deepEqual(await rolesOf('bob'), ['member']);
    const none = { uid: 'bob', grants: [], version: 3 };
    assert.deepEqual((await access.users.setRoles(OLGA, none)).roles, []);
  });
});

describe('users: parallel changes of single grants', () => {
  beforeEach(openAccess);
  afterEach(() => access.close());

  it('of different roles by two administrators all arrive', async () => {
    const other = access.another();
    await Promise.all([
      access.users.addGrant(OLGA, { uid: 'bob', role: 'support' }),
      other.users.addGrant(OTTO, { uid: 'bob', role: 'auditor' }),
      access.users.removeGrant(OTTO, { uid: 'bob', role: 'member' }),
      other.users.addGrant(OLGA, { uid: 'bob', role: 'admin' }),
    ]);
    assert.deepEqual((await rolesOf('bob')).toSorted(), ['admin', 'auditor', 'support']);
    const versions = (await recorded()).map(({ after }) => Object(after).version).toSorted();
    assert.deepEqual(versions, [2, 3, 4, 5]);
  });

  it('of the same role by two administrators give one grant', async () => {
    const other = access.another();
    await Promise.all([
      access.users.addGrant(OLGA, { uid: 'bob', role: 'support' }),
      other.users.addGrant(OTTO, { uid: 'bob', role: 'support' }),
    ]);
    assert.deepEqual([await rolesOf('bob'), (await recorded()).length], [['member', 'support'], 1]);
  });

  it('keep an owner when two owners remove the role of each other', async () => {
    const results = await Promise.allSettled([
      access.users.removeGrant(OLGA, { uid: 'otto', role: 'owner' }),
      access.another().users.removeGrant(OTTO, { uid: 'olga', role: 'owner' }),
    ]);
    assert.deepEqual(results.map(({ status }) => status).toSorted(), ['fulfilled', 'rejected']);
    assert.equal(Object(await access.owners()).length, 1);
  });
});
