import assert from 'node:assert/strict';
import { grantDefaultRole } from '../../../src/sign-up/service.ts';
import type { accountOf } from '../../helpers/memory-accounts.ts';
import { assertRefused } from '../../helpers/refusal.ts';
import { openTestDirectory, type TestDirectory } from '../../helpers/test-directory.ts';

type Person = Parameters<typeof accountOf>;
let access: TestDirectory;

const rolesOf = async (uid: string) => (await access.users.get(uid)).grants.map(({ role }) => role);

describe('the default role', () => {
  afterEach(() => access.close());

  const give = async (...people: Person[]) => {
    access = await openTestDirectory(people);
    return () => grantDefaultRole(access, { uid: 'ann', role: 'member', requestId: 'e1' });
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

  it('is not given to a deleted account', async () => {
    await assertRefused(await give(), 'not_found');
    assert.deepEqual(await access.all('directory'), []);
  });
});
