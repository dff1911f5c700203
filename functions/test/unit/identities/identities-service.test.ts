import assert from 'node:assert/strict';
import type { PrincipalActor } from '../../../src/authz/principal.ts';
import type { Role } from '../../../src/authz/roles.ts';
import { createIdentitiesService } from '../../../src/identities/identities-service.ts';
import { actor, principalOf } from '../../helpers/actor.ts';
import { identityOf } from '../../helpers/identities.ts';
import { recordingLog } from '../../helpers/log.ts';
import { assertRefused } from '../../helpers/refusal.ts';
import { openTestDirectory, type TestDirectory } from '../../helpers/test-directory.ts';
import { parseTrustedIssuers } from '../../helpers/trusted-issuers.ts';

const OLGA = actor('olga', ['owner']);
const ADAM = actor('adam', ['admin']);
const ADA = identityOf('ada', { email: 'bob@example.com', emailVerified: true });
const EVE = identityOf('eve');

/** Olga is an owner, Adam an admin, Bob a member; Ada and Eve are external users, and Eve has an entry. */
let access: TestDirectory;
let identities: ReturnType<typeof createIdentitiesService>;
let lines: ReturnType<typeof recordingLog>['lines'];
async function open() {
  access = await openTestDirectory([
    ['olga', { roles: ['owner'] }],
    ['adam', { roles: ['admin'] }],
    ['bob', { roles: ['member'] }],
  ]);
  for (const uid of ['olga', 'adam', 'bob']) await access.users.get(uid);
  await access.records.readExternal(EVE);
  const recorded = recordingLog();
  lines = recorded.lines;
  const { config: unchanged } = access.platform;
  const trustedIssuers = parseTrustedIssuers(
    JSON.stringify([{ type: 'oidc', issuer: ADA.issuer, audience: 'gatehouse' }]),
    { local: false, allowFirebase: false },
  );
  const config = { ...unchanged, trustedIssuers };
  identities = createIdentitiesService({ ...access.platform, config, log: recorded.log }, access);
}
const enter = (by: PrincipalActor = ADAM) =>
  identities.provision(by, { issuer: ADA.issuer, subject: 'ada' }, { permission: 'users:write' });
const grant = async (uid: string, role: Role) => {
  const { version } = await access.users.get(uid);
  await access.users.setRoles(OLGA, { uid, grants: [{ role }], version });
};
const events = async (action: string) =>
  (await access.all('auditEvents')).filter((event) => event.action === action);
/** A principal with a token of another issuer. */
const external = (subject: string, roles: readonly Role[]): PrincipalActor => {
  const { uid: _, ...principal } = principalOf(subject, roles);
  return {
    kind: 'principal',
    requestId: 'r1',
    principal: { ...principal, issuer: ADA.issuer, directoryId: identityOf(subject).id },
  };
};

describe('provisioning an external user', () => {
  beforeEach(open);
  afterEach(() => access.close());

  it('creates the entry, with later grants, that the first request finds', async () => {
    const entry = await enter();
    assert.deepEqual([entry.uid, entry.identity], [ADA.id, { issuer: ADA.issuer, subject: 'ada' }]);
    await grant(ADA.id, 'support');
    const { record } = await access.records.readExternal({ ...ADA, jitProvisioning: false });
    assert.deepEqual(
      record?.grants.map(({ role }) => role),
      ['support'],
    );
  });

  it('returns an existing entry, and records only a creation', async () => {
    await Promise.all([enter(), enter(OLGA)]);
    await enter();
    const made = (await events('user.provision')).filter(({ target }) => target === ADA.id);
    assert.equal(made.length, 1);
    assert.equal(lines.filter(({ action }) => action === 'user.provision').length, 1);
  });

  it('is refused for an issuer that is not trusted, naming the field of the input', async () => {
    const attempt = () =>
      identities.provision(
        ADAM,
        { issuer: 'https://other.example', subject: 'ada' },
        { permission: 'users:write' },
      );
    const error = await assertRefused(attempt, 'invalid_argument');
    assert.deepEqual(
      error.errors?.map(({ field }) => field),
      ['issuer'],
    );
  });

  it('is refused to an actor who is no administrator in the directory', async () => {
    await assertRefused(() => enter(actor('bob', ['owner'])), 'permission_denied');
    await assertRefused(() => enter(external('eve', ['owner'])), 'permission_denied');
    assert.equal(await access.directory.find(ADA.id), undefined);
  });
});

describe('changing an external user', () => {
  beforeEach(async () => {
    await open();
    await enter();
  });
  afterEach(() => access.close());

  it('is refused to a user who holds fewer permissions', async () => {
    await grant(ADA.id, 'owner');
    await assertRefused(() => access.users.setDisabled(ADAM, ADA.id, true), 'exceeds_own_permissions');
    await assertRefused(() => access.users.remove(ADAM, ADA.id), 'exceeds_own_permissions');
  });

  it('is refused to themselves', async () => {
    await grant(ADA.id, 'admin');
    const self = external('ada', ['admin']);
    await assertRefused(() => access.users.setDisabled(self, ADA.id, true), 'own_account');
    const change = { uid: ADA.id, grants: [{ role: 'support' } as const], version: 1 };
    await assertRefused(() => access.users.setRoles(self, change), 'own_account');
  });
});
