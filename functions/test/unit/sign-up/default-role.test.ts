import assert from 'node:assert/strict';
import { EVERY_SIGN_IN, type SignInPolicy } from '../../../src/authn/sign-in-policy.ts';
import { provisionUser } from '../../../src/sign-up/service.ts';
import type { accountOf } from '../../helpers/memory-accounts.ts';
import { openTestDirectory, type TestDirectory } from '../../helpers/test-directory.ts';

type Person = Parameters<typeof accountOf>;
let access: TestDirectory;

const rolesOf = async (uid: string) => (await access.users.get(uid)).grants.map(({ role }) => role);

describe('the default role', () => {
  afterEach(() => access.close());

  async function provisionAnn(
    from: Pick<TestDirectory, 'platform' | 'directory'> = access,
    signUpDomains: string[] = [],
    signIn: SignInPolicy = EVERY_SIGN_IN,
  ) {
    const config = { defaultRole: 'member', signUpDomains, signIn } as const;
    const account = access.accounts.byUid.get('ann') ?? assert.fail();
    return provisionUser({ ...from.platform, directory: from.directory, config }, account, {
      requestId: 'e1',
    });
  }

  const give = async (...people: Person[]) => {
    access = await openTestDirectory(people);
    return provisionAnn;
  };

  it('is given to a new account beside the claims of other code, and recorded', async () => {
    await (await give(['ann', { claims: { plan: 'pro' } }]))();
    assert.deepEqual(access.accounts.byUid.get('ann')?.claims, { plan: 'pro', roles: ['member'], rv: 1 });
    const [grant] = (await access.directory.find('ann'))?.grants ?? [];
    assert.deepEqual([grant?.role, grant?.grantedBy, grant?.grantedAt], ['member', 'system', access.now()]);
    const [event] = await access.all('auditEvents');
    assert.deepEqual([event?.action, event?.actor, event?.requestId], ['roles.default', 'system', 'e1']);
  });

  it('is given once for repeated and concurrent events', async () => {
    const twice = await give(['ann', { claims: {} }]);
    await Promise.all([twice(), twice()]);
    await twice();
    assert.deepEqual(access.accounts.changes, ['setClaims ann']);
    assert.equal((await access.users.get('ann')).version, 1);
  });

  it('is not given again after it was removed', async () => {
    await (await give(['ann', { claims: { roles: [], rv: 2 } }]))();
    assert.deepEqual([await rolesOf('ann'), access.accounts.changes], [[], []]);
  });

  it('is given to a user with roles in the claims that other code wrote', async () => {
    await (await give(['ann', { claims: { roles: ['admin'] } }]))();
    assert.deepEqual(await rolesOf('ann'), ['member']);
    assert.deepEqual(access.accounts.byUid.get('ann')?.claims, { roles: ['member'], rv: 1 });
  });

  it('is given once by instances that see the user at the same time', async () => {
    await give(['ann', { claims: {} }]);
    const instances = [access, access.another(), access.another(), access.another()];
    const entries = await Promise.all(instances.map((instance) => provisionAnn(instance)));
    assert.deepEqual(
      entries.map(({ rolesVersion }) => rolesVersion),
      [1, 1, 1, 1],
    );
    assert.equal((await access.all('accessChanges')).length, 1);
    assert.deepEqual(
      (await access.all('auditEvents')).map(({ action }) => action),
      ['roles.default'],
    );
  });

  it('is not given again after an administrator took it away', async () => {
    const provision = await give(['ann', { claims: {} }]);
    await provision();
    const system = { kind: 'system', requestId: 'r' } as const;
    await access.changeAccess(system, { uid: 'ann', action: 'roles.set' }, () => ({ grants: [] }));
    await provision();
    assert.deepEqual(await rolesOf('ann'), []);
  });

  it('waits until the policy admits the user', async () => {
    const provision = await give([
      'ann',
      { email: undefined, emailVerified: false, providers: [], claims: {} },
    ]);
    const become = (facts: object) =>
      access.accounts.byUid.set('ann', { ...(access.accounts.byUid.get('ann') ?? assert.fail()), ...facts });
    const step = async () => (await provision(access, ['acme.com'])).grants.length;
    assert.equal(await step(), 0, 'a guest');
    become({ email: 'ann@acme.com', providers: ['password'] });
    assert.equal(await step(), 0, 'an unverified address');
    become({ emailVerified: true, disabled: true });
    assert.equal(await step(), 0, 'a disabled account');
    become({ disabled: false });
    assert.equal(await step(), 1);
  });

  it('is for users whom the sign-in policy lets in with one of their providers', async () => {
    const provision = await give(['ann', { email: 'ann@acme.com', emailVerified: true, claims: {} }]);
    const become = (facts: object) =>
      access.accounts.byUid.set('ann', { ...(access.accounts.byUid.get('ann') ?? assert.fail()), ...facts });
    const rules = { providers: ['google.com'], emailDomains: ['acme.com'] };
    const step = async () => (await provision(access, [], { ...EVERY_SIGN_IN, ...rules })).grants.length;
    become({ providers: ['password'] });
    assert.equal(await step(), 0, 'another provider');
    become({ providers: ['password', 'google.com'], emailVerified: false });
    assert.equal(await step(), 0, 'an unverified address');
    become({ emailVerified: true });
    assert.equal(await step(), 1);
  });
});
