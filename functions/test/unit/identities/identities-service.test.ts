import assert from 'node:assert/strict';
import type { Role } from '../../../src/authz/roles.ts';
import type { Actor } from '../../../src/directory/change-access.ts';
import { createIdentitiesService } from '../../../src/identities/identities-service.ts';
import { type Access, createAccess } from '../../helpers/access.ts';
import { actor, somebody } from '../../helpers/actor.ts';
import { identityOf } from '../../helpers/identities.ts';
import { recordingLog } from '../../helpers/instance.ts';
import { assertRefused } from '../../helpers/refusal.ts';

const OLGA = actor('olga', ['owner']);
const ADAM = actor('adam', ['admin']);
const ADA = identityOf('ada', { email: 'bob@example.com', emailVerified: true });
const EVE = identityOf('eve');

/** Olga owns, Adam administers, Bob is a member; Ada and Eve are of another issuer, and Eve has been seen. */
let access: Access;
let identities: ReturnType<typeof createIdentitiesService>;
let lines: ReturnType<typeof recordingLog>['lines'];
async function open() {
  access = await createAccess([
    ['olga', { roles: ['owner'] }],
    ['adam', { roles: ['admin'] }],
    ['bob', { roles: ['member'] }],
  ]);
  for (const uid of ['olga', 'adam', 'bob']) await access.users.get(uid);
  await access.records.readExternal(EVE);
  const recorded = recordingLog();
  lines = recorded.lines;
  identities = createIdentitiesService({ ...access, log: recorded.log });
}
const enter = (by: Actor = ADAM) => identities.provision(by, { issuer: ADA.issuer, subject: 'ada' });
const grant = async (uid: string, role: Role) => {
  const { rolesVersion: version } = await access.users.get(uid);
  await access.users.setRoles(OLGA, { uid, grants: [{ role }], version });
};
const events = async (action: string) =>
  (await access.all('auditEvents')).filter((event) => event.action === action);
/** Somebody whose token is of another issuer. */
const external = (subject: string, roles: readonly Role[], directoryId = identityOf(subject).id): Actor => {
  const { uid: _, ...principal } = somebody(subject, roles);
  return { requestId: 'r1', principal: { ...principal, issuer: ADA.issuer, directoryId } };
};

describe('entering somebody of another issuer', () => {
  beforeEach(open);
  afterEach(() => access.close());

  it('makes the entry that their first request finds, with the roles that were given by then', async () => {
    const entry = await enter();
    assert.deepEqual([entry.uid, entry.identity], [ADA.id, { issuer: ADA.issuer, subject: 'ada' }]);
    await grant(ADA.id, 'support');
    const { record } = await access.records.readExternal({ ...ADA, jitProvisioning: false });
    assert.deepEqual(
      record?.grants.map(({ role }) => role),
      ['support'],
    );
  });

  it('finds who is there, and records only what it made', async () => {
    await Promise.all([enter(), enter(OLGA)]);
    await enter();
    const made = (await events('user.provision')).filter(({ target }) => target === ADA.id);
    assert.equal(made.length, 1);
    assert.equal(lines.filter(({ action }) => action === 'user.provision').length, 1);
  });

  it('is refused to who is no administrator at this moment, whatever their token says', async () => {
    await assertRefused(() => enter(actor('bob', ['owner'])), 'permission_denied');
    await assertRefused(() => enter(external('eve', ['owner'])), 'permission_denied');
    assert.equal(await access.directory.find(ADA.id), undefined);
  });
});

describe('linking somebody of another issuer to a Firebase user', () => {
  beforeEach(async () => {
    await open();
    await enter();
  });
  afterEach(() => access.close());

  const link = (uid: string, to: string | undefined, by: Actor = ADAM) => identities.link(by, uid, to);

  it('gives them that user’s rights, at once everywhere, and records it', async () => {
    const { linkedTo, rolesVersion, pending } = await link(ADA.id, 'bob');
    assert.deepEqual([linkedTo, rolesVersion, pending], ['bob', 1, []]);
    assert.equal((await access.feed.latest(ADA.id))?.rolesVersion, 1);
    const [event] = await events('identity.link');
    assert.deepEqual(
      [event?.actor, event?.target, event?.before, event?.after],
      ['adam', ADA.id, { version: 0 }, { version: 1, linkedTo: 'bob' }],
    );
    assert.equal((await access.records.readExternal(ADA)).record?.directoryId, 'bob');
  });

  it('is undone, and that is recorded, too', async () => {
    await link(ADA.id, 'bob');
    const { linkedTo, rolesVersion } = await link(ADA.id, undefined);
    assert.deepEqual([linkedTo, rolesVersion], [undefined, 2]);
    const [event] = await events('identity.unlink');
    assert.deepEqual([event?.before, event?.after], [{ version: 1, linkedTo: 'bob' }, { version: 2 }]);
  });

  it('that is there already, or none, is no change', async () => {
    await link(ADA.id, 'bob');
    assert.equal((await link(ADA.id, 'bob')).rolesVersion, 1);
    assert.equal((await link(EVE.id, undefined)).rolesVersion, 0);
    assert.equal((await events('identity.link')).length, 1);
  });

  it('goes to Firebase users who exist, and to nobody who is linked themselves', async () => {
    await link(EVE.id, 'bob');
    for (const target of ['nobody', EVE.id, ADA.id]) {
      const { errors } = await assertRefused(() => link(ADA.id, target, OLGA), 'invalid_argument');
      assert.equal(errors?.[0]?.field, 'body.linkedTo');
    }
    access.accounts.byUid.delete('bob');
    await assertRefused(() => link(ADA.id, 'bob'), 'invalid_argument');
    await assertRefused(() => link('olga', 'adam', OLGA), 'invalid_argument');
    await assertRefused(() => link('nobody', 'olga'), 'not_found');
  });

  it('goes to nobody who may do more than who links', async () => {
    await assertRefused(() => link(ADA.id, 'olga'), 'exceeds_own_permissions');
    assert.equal((await access.directory.find(ADA.id))?.linkedTo, undefined);
  });

  it('takes nothing from who may do more: not their own rights, nor those that they are linked to', async () => {
    const other = actor('omar', ['owner']);
    access.accounts.byUid.set('omar', { ...Object(access.accounts.byUid.get('olga')), uid: 'omar' });
    await access.users.get('omar');
    await link(ADA.id, 'olga', other);
    await assertRefused(() => link(ADA.id, undefined), 'exceeds_own_permissions');
    await assertRefused(() => link(ADA.id, 'bob'), 'exceeds_own_permissions');
    await assertRefused(() => access.users.setDisabled(ADAM, ADA.id, true), 'exceeds_own_permissions');
    await assertRefused(() => access.users.remove(ADAM, ADA.id), 'exceeds_own_permissions');
    await grant(EVE.id, 'owner');
    await assertRefused(() => link(EVE.id, 'bob'), 'exceeds_own_permissions');
    await link(EVE.id, 'bob', OLGA);
    // They rest, and would be in force again.
    await assertRefused(() => link(EVE.id, undefined), 'exceeds_own_permissions');
  });

  it('is nobody’s to do for themselves, under any of their names', async () => {
    await grant(ADA.id, 'admin');
    await assertRefused(() => link(EVE.id, 'adam'), 'own_account');
    await assertRefused(() => link(ADA.id, 'bob', external('ada', ['admin'])), 'own_account');
    // As the Firebase user, and as the identity that has that user's rights.
    await link(EVE.id, 'adam', OLGA);
    await assertRefused(() => link(EVE.id, undefined), 'own_account');
    await assertRefused(() => link(EVE.id, 'bob', external('eve', ['admin'], 'adam')), 'own_account');
    const change = { uid: EVE.id, grants: [{ role: 'support' } as const], version: 1 };
    await assertRefused(() => access.users.setRoles(ADAM, change), 'own_account');
  });

  it('is refused to who has no right to it at this moment, and what rests is no right', async () => {
    await assertRefused(() => link(ADA.id, 'bob', actor('bob', ['admin'])), 'permission_denied');
    await grant(EVE.id, 'admin');
    await link(EVE.id, 'bob', OLGA);
    await assertRefused(() => link(ADA.id, 'olga', external('eve', ['admin'])), 'permission_denied');
    await assertRefused(() => link(ADA.id, 'adam', external('eve', ['admin'], 'bob')), 'permission_denied');
    const refused = (await events('identity.link')).filter(({ outcome }) => outcome === 'refused');
    assert.equal(refused.length, 3);
  });

  it('of two at once lets one: the other has not seen what it would undo', async () => {
    access.accounts.byUid.set('cleo', { ...Object(access.accounts.byUid.get('bob')), uid: 'cleo' });
    await access.users.get('cleo');
    const results = await Promise.allSettled([link(ADA.id, 'bob'), link(ADA.id, 'cleo', OLGA)]);
    const refusals = results.flatMap((result) => (result.status === 'rejected' ? [result.reason.code] : []));
    assert.deepEqual(refusals, ['version_mismatch']);
  });
});
