import assert from 'node:assert/strict';
import { createClaimCode } from '../../../src/owner-claim/claim-code.ts';
import { createOwnerClaimService } from '../../../src/owner-claim/owner-claim-service.ts';
import { actor } from '../../helpers/actor.ts';
import { accountOf } from '../../helpers/memory-accounts.ts';
import { assertRefused } from '../../helpers/refusal.ts';
import { openTestDirectory, type TestDirectory } from '../../helpers/test-directory.ts';

type Person = Parameters<typeof accountOf>;
let access: TestDirectory;

const createCode = () => createClaimCode({ ...access, firestore: access.firestore.open });
const claimOn = ({ platform, directory }: Pick<TestDirectory, 'platform' | 'directory'>) => {
  const service = createOwnerClaimService(platform, { directory });
  return (uid: string, code: string, authTime = access.now()) => {
    const { principal, ...rest } = actor(uid, []);
    return service.claim({ ...rest, principal: { ...principal, authTime } }, code);
  };
};
const claimDocument = async () => (await access.firestore.db.doc('system/ownerClaim').get()).data();
const eventsOf = async (action: string) =>
  (await access.all('auditEvents')).filter((event) => event.action === action);

const open = async (...people: Person[]) => {
  access = await openTestDirectory(people);
};

describe('claiming the first owner', () => {
  afterEach(() => access.close());

  it('makes the user an owner, in claims, feed and audit log, and uses up the code', async () => {
    await open(['ann', { roles: ['member'], claims: { plan: 'pro', roles: ['member'], rv: 1 } }]);
    const code = await createCode();
    assert.match(code, /^[\w-]{32}$/);
    const { roles, synced, grants } = await claimOn(access)('ann', code);
    assert.deepEqual([roles, synced], [['member', 'owner'], true]);
    assert.deepEqual([grants[1]?.grantedBy, grants[1]?.reason], ['operator', 'claim code']);
    assert.deepEqual(await access.owners(), ['ann']);
    const claims = { plan: 'pro', roles: ['member', 'owner'], rv: 2 };
    assert.deepEqual(access.accounts.byUid.get('ann')?.claims, claims);
    const [change] = await access.all('accessChanges');
    assert.deepEqual([change?.uid, change?.rolesVersion], ['ann', 2]);
    const [offered] = await eventsOf('owner.offer');
    assert.deepEqual([offered?.actor, offered?.target, offered?.outcome], ['operator', 'owner', 'done']);
    const [claimed] = await eventsOf('owner.claim');
    assert.deepEqual([claimed?.actor, claimed?.target, claimed?.outcome], ['ann', 'ann', 'done']);
    assert.equal(await claimDocument(), undefined);
  });

  it('stores only the hash of the code', async () => {
    await open();
    const code = await createCode();
    const document = (await claimDocument()) ?? {};
    assert.deepEqual(Object.keys(document).sort(), ['createdAt', 'hash']);
    const stored = JSON.stringify([document, await access.all('auditEvents'), access.lines]);
    assert.ok(!stored.includes(code));
  });

  it('refuses a wrong, replaced, expired or missing code in the same words', async () => {
    await open(['ann']);
    const claim = claimOn(access);
    const messages = new Set<string>();
    const refused = async (code: string, reason: string) =>
      messages.add((await assertRefused(() => claim('ann', code), 'invalid_claim_code', reason)).message);
    await refused('x', 'no-claim-code');
    const first = await createCode();
    await refused(`${first.slice(0, -1)}~`, 'wrong-claim-code');
    const second = await createCode();
    await refused(first, 'wrong-claim-code');
    access.clock.move(3_599_000);
    await refused(first, 'wrong-claim-code');
    access.clock.move(2_000);
    await refused(second, 'claim-code-expired');
    assert.equal(messages.size, 1);
    assert.deepEqual(await access.owners(), []);
    const refusals = (await eventsOf('owner.claim')).map(({ outcome, reason }) => [outcome, reason]);
    assert.equal(refusals.length, 5);
    assert.ok(refusals.every(([outcome]) => outcome === 'refused'));
  });

  it('makes exactly one owner when users present the code at once on two instances', async () => {
    const uids = ['ann', 'bob', 'cem', 'dan'];
    await open(...uids.map((uid): Person => [uid]));
    const code = await createCode();
    const instances = [claimOn(access), claimOn(access.another())];
    const attempts = uids.flatMap((uid) => instances.map((claim) => claim(uid, code)));
    const results = await Promise.allSettled(attempts);
    const made = results.filter(({ status }) => status === 'fulfilled');
    assert.equal(made.length, 1);
    const owners = await access.owners();
    assert.ok(Array.isArray(owners) && owners.length === 1);
    for (const result of results)
      if (result.status === 'rejected') assert.equal(result.reason.code, 'owner_exists');
    const withRole = await Promise.all(uids.map((uid) => access.directory.find(uid)));
    assert.equal(withRole.filter((entry) => entry?.grants.some(({ role }) => role === 'owner')).length, 1);
  });

  it('neither creates nor accepts a code while there is an owner', async () => {
    await open(['ann'], ['olga', { roles: ['owner'] }]);
    const code = await createCode();
    await access.users.get('olga');
    await assertRefused(() => claimOn(access)('ann', code), 'owner_exists');
    await assertRefused(createCode, 'owner_exists');
    assert.equal((await eventsOf('owner.claim'))[0]?.outcome, 'refused');
    assert.deepEqual(await access.owners(), ['olga']);
  });

  const unfit: [what: string, Person[1], code: string, reason: string][] = [
    ['an unverified e-mail address', { emailVerified: false }, 'permission_denied', 'email-not-verified'],
    ['a phone number only', { email: '', emailVerified: false }, 'permission_denied', 'email-not-verified'],
    ['a disabled account', { disabled: true }, 'invalid_token', 'account-disabled'],
    ['a later sign-out everywhere', { validAfter: 9_999_999_999 }, 'token_stale', 'revoked'],
  ];
  for (const [what, facts, code, reason] of unfit) {
    it(`refuses a user with ${what}, and keeps the code`, async () => {
      await open(['ann', { phoneNumber: '+4930123456' }]);
      await access.users.get('ann');
      // After the entry was created: the directory does not know it yet.
      access.accounts.byUid.set('ann', accountOf('ann', { phoneNumber: '+4930123456', ...facts }));
      const claimCode = await createCode();
      const error = await claimOn(access)('ann', claimCode).catch((thrown) => thrown);
      assert.deepEqual([error.code, error.reason], [code, reason]);
      assert.ok(await claimDocument());
      assert.deepEqual(await access.owners(), []);
    });
  }

  it('accepts the verified address of a linked Google account', async () => {
    const providerEmails = [{ provider: 'google.com', email: 'ann@example.com' }];
    await open(['ann', { email: undefined, emailVerified: false, providerEmails }]);
    assert.deepEqual((await claimOn(access)('ann', await createCode())).roles, ['owner']);
  });

  it('refuses a role that does not fit beside the claims of other code, and keeps the code', async () => {
    await open(['ann', { claims: { filler: 'x'.repeat(980) } }]);
    const code = await createCode();
    await assertRefused(() => claimOn(access)('ann', code), 'claims_too_large');
    assert.ok(await claimDocument());
  });
});
