import assert from 'node:assert/strict';
import { unavailable } from '../../../src/core/errors.ts';
import type { DirectoryEntry } from '../../../src/directory/entry.ts';
import { type Api, breakFirebaseAuth } from '../../helpers/api.ts';
import { withoutDelay } from '../../helpers/fake-timers.ts';
import { createMovableClock, entryOf } from '../../helpers/test-directory.ts';
import { blocking, close } from './blocking.ts';

const refusal = { code: 'permission-denied' };
const MEMBER = { customClaims: { roles: ['member'], rv: 1 } };
const ACME = { signUp: { emailDomains: ['acme.com', 'acme.co.uk'] } };
const ada = { uid: 'ada', email: 'ada@acme.com', emailVerified: true };

describe('beforeUserCreated', () => {
  after(close);

  it('gives the default role to every user without a list of domains', async () => {
    const { create } = await blocking();
    assert.deepEqual(await create({ uid: 'x', email: 'x@anywhere.org', emailVerified: false }), MEMBER);
    assert.deepEqual(await create({ uid: 'x' }), MEMBER, 'a phone number, no e-mail');
  });

  for (const email of ['ada@acme.com', 'ada@ACME.com', 'ada@acme.co.uk']) {
    it(`gives the default role to the verified ${email}`, async () => {
      assert.deepEqual(await (await blocking(ACME)).create({ uid: 'x', email, emailVerified: true }), MEMBER);
    });
  }

  it('lets an unverified address of the domain sign up without a role', async () => {
    const { create } = await blocking(ACME);
    for (const user of [
      { ...ada, emailVerified: false },
      { uid: 'ada', email: ada.email },
    ]) {
      assert.deepEqual(await create(user), {});
    }
  });

  const strangers = [
    'ada@evil.com',
    'ada@acme.com.evil.com',
    'ada@notacme.com',
    'ada@sub.acme.com',
    'ada@acme.com.',
    'ada@acme.com ',
    'ada@аcme.com',
    'acme.com@evil.com',
    '@acme.com@evil.com',
    'ada@evil.com@acme.com',
    'ada',
    '',
  ];
  for (const email of strangers) {
    it(`refuses ${JSON.stringify(email)}, verified or not`, async () => {
      for (const emailVerified of [true, false]) {
        await assert.rejects((await blocking(ACME)).create({ uid: 'x', email, emailVerified }), refusal);
      }
    });
  }

  it('refuses a user without an e-mail address when domains are set', async () => {
    await assert.rejects((await blocking(ACME)).create({ uid: 'x', phoneNumber: '+491701234567' }), refusal);
  });

  it('records the refusal with the domain', async () => {
    const { create, api } = await blocking(ACME);
    await assert.rejects(create({ uid: 'x', email: 'x@evil.com' }), refusal);
    const [event] = (await api.firestore.db.collection('auditEvents').get()).docs;
    const { actor, action, target, outcome, after, requestId } = event?.data() ?? {};
    assert.deepEqual(
      [actor, action, target, outcome, after, requestId],
      ['anonymous', 'user.create', 'anonymous', 'refused', { domain: 'evil.com' }, 'event-1'],
    );
  });

  it('records 30 refusals a minute, without addresses, and the number of suppressed ones', async () => {
    const clock = createMovableClock();
    const { create, api } = await blocking(ACME, { clock });
    const flood = (from: number) =>
      Promise.all(
        Array.from({ length: 100 }, (_, n) =>
          assert.rejects(create({ uid: `u${from + n}`, email: `person${from + n}@evil.com` }), refusal),
        ),
      );
    await flood(0);
    await flood(100);
    clock.move(60_000);
    await assert.rejects(create({ uid: 'last', email: 'person@worse.com' }), refusal);
    const documents = (await api.firestore.db.collection('auditEvents').get()).docs.map((event) =>
      event.data(),
    );
    const domains = documents.map(({ after }) => after.domain).sort();
    assert.deepEqual(domains, [...Array(30).fill('evil.com'), 'worse.com']);
    const { after } = documents.find((event) => event.after.domain === 'worse.com') ?? assert.fail();
    assert.equal(after.suppressed, 170);
    assert.doesNotMatch(JSON.stringify([documents, api.lines]), /person|@/);
  });

  it('does not reveal the domains', async () => {
    await assert.rejects((await blocking(ACME)).create({ uid: 'x', email: 'x@evil.com' }), (error: Error) => {
      assert.doesNotMatch(error.message, /acme/);
      return true;
    });
  });

  it('gives no role when there is no default role', async () => {
    assert.deepEqual(await (await blocking({ defaultRole: 'none' })).create(ada), {});
  });

  it('keeps the claims of other code', async () => {
    const answer = await (await blocking()).create({
      ...ada,
      customClaims: { tier: 'gold', nested: { a: [1] } },
    });
    assert.deepEqual(answer, {
      customClaims: { tier: 'gold', nested: { a: [1] }, roles: ['member'], rv: 1 },
    });
  });

  it('ignores an unknown role in the claims', async () => {
    const answer = await (await blocking()).create({
      ...ada,
      customClaims: { roles: ['__proto__', 'king'] },
    });
    assert.deepEqual(answer, MEMBER);
  });

  it('refuses an event without a user', async () => {
    await assert.rejects((await blocking()).create(undefined), { code: 'invalid-argument' });
  });
});

describe('beforeUserSignedIn', () => {
  after(close);

  it('refuses a disabled account', async () => {
    await assert.rejects((await blocking()).signIn({ ...ada, disabled: true }), refusal);
  });

  it('gives the default role to a user who never had one', async () => {
    assert.deepEqual(await (await blocking()).signIn(ada), MEMBER);
    assert.deepEqual(await (await blocking()).signIn({ ...ada, customClaims: { tier: 'gold' } }), {
      customClaims: { tier: 'gold', roles: ['member'], rv: 1 },
    });
  });

  const hadRoles: [name: string, customClaims: Record<string, unknown>][] = [
    ['roles and a version', { roles: ['admin'], rv: 3 }],
    ['no role left, and a version', { roles: [], rv: 2 }],
    ['a version only', { rv: 1 }],
  ];
  for (const [name, customClaims] of hadRoles) {
    it(`changes nothing for a user with ${name}`, async () => {
      assert.deepEqual(await (await blocking()).signIn({ ...ada, customClaims }), {});
    });
  }

  it('gives the default role after the e-mail address was verified', async () => {
    const { signIn } = await blocking(ACME);
    assert.deepEqual(await signIn({ ...ada, emailVerified: false }), {});
    assert.deepEqual(await signIn(ada), MEMBER);
  });

  it('gives no role to an existing user of another domain', async () => {
    assert.deepEqual(
      await (await blocking(ACME)).signIn({ uid: 'x', email: 'x@evil.com', emailVerified: true }),
      {},
    );
  });

  it('gives no role when there is no default role', async () => {
    assert.deepEqual(await (await blocking({ defaultRole: 'none' })).signIn(ada), {});
  });

  it('lets a user sign in without a role when the claims leave no room', async () => {
    const customClaims = { foreign: 'x'.repeat(970) };
    assert.deepEqual(await (await blocking()).signIn({ ...ada, customClaims }), {});
  });

  it('refuses an event without a user', async () => {
    await assert.rejects((await blocking()).signIn(undefined), { code: 'invalid-argument' });
  });

  it('ignores roles that other code wrote', async () => {
    for (const customClaims of [{ rv: 0 }, { roles: ['owner'] }, { roles: ['owner'], rv: '1' }]) {
      assert.deepEqual(await (await blocking()).signIn({ ...ada, customClaims }), MEMBER);
    }
  });

  describe('of a user with an entry', () => {
    /** Ada as Firebase Auth and the directory know her, with grants at version 2, and claims of whatever version. */
    async function known(customClaims: Record<string, unknown>, change: Partial<DirectoryEntry> = {}) {
      const subject = await blocking();
      const { email, emailVerified } = ada;
      const providerUserInfo = [{ providerId: 'password', rawId: email }];
      const user = { localId: 'ada', email, emailVerified, providerUserInfo };
      subject.api.google.users.set('ada', user);
      const entry = entryOf('ada', { email, roles: ['auditor'], rolesVersion: 2, ...change });
      await subject.api.deps.directory.change({ uid: 'ada' }, () => ({ entry }));
      return { ...subject, answer: () => subject.signIn({ ...ada, customClaims }) };
    }
    const eventsOf = async ({ firestore }: Api) =>
      (await firestore.db.collection('auditEvents').get()).docs.map((event) => event.data());

    it('updates outdated claims, and keeps those of other code', async () => {
      const { answer } = await known({ roles: ['owner'], rv: 1, tier: 'gold' });
      assert.deepEqual(await answer(), { customClaims: { roles: ['auditor'], rv: 2, tier: 'gold' } });
    });

    it('writes expiries, and leaves out expired roles', async () => {
      const by = { grantedBy: 'x', grantedAt: 1 };
      const grants = [
        { role: 'support', expiresAt: 4_000_000_000, ...by },
        { role: 'admin', expiresAt: 5, ...by },
      ] as const;
      const { answer } = await known({ rv: 1 }, { grants });
      assert.deepEqual(await answer(), {
        customClaims: { roles: ['support'], rv: 2, rx: { support: 4_000_000_000 } },
      });
    });

    it('does not write claims that are up to date', async () => {
      const { answer } = await known({ roles: ['auditor'], rv: 2 });
      assert.deepEqual(await answer(), {});
    });

    it('refuses a user disabled in the directory before the sync, and records that', async () => {
      const { answer, api } = await known({ roles: ['auditor'], rv: 2 }, { disabled: true });
      await assert.rejects(answer(), refusal);
      const [event] = await eventsOf(api);
      const said = [event?.actor, event?.action, event?.outcome, event?.reason, event?.requestId];
      assert.deepEqual(said, ['ada', 'user.sign-in', 'refused', 'disabled', 'event-1']);
    });

    const shut: [what: string, change: Partial<DirectoryEntry>][] = [
      ['never had a role', { rolesVersion: 0, grants: [] }],
      ['is being deleted', { rolesVersion: 0, grants: [], pending: ['deletion'] }],
      ['has another address by now', { email: 'old@acme.com' }],
    ];
    for (const [what, change] of shut) {
      it(`refuses a user disabled in the directory who ${what}, whatever else fails`, async () => {
        const { answer, api } = await known({}, { disabled: true, ...change });
        breakFirebaseAuth(api.google);
        await assert.rejects(answer(), refusal);
        assert.deepEqual((await api.deps.directory.find('ada'))?.rolesVersion, change.rolesVersion ?? 2);
      });
    }

    it('grants the default role in the directory after the address was verified', async () => {
      const { answer, api } = await known({}, { grants: [], rolesVersion: 0, claimsVersion: 0 });
      assert.deepEqual(await answer(), MEMBER);
      const { grants, rolesVersion } = (await api.deps.directory.find('ada')) ?? assert.fail();
      assert.deepEqual(
        [grants.map(({ role, grantedBy }) => [role, grantedBy]), rolesVersion],
        [[['member', 'system']], 1],
      );
      assert.deepEqual(
        (await eventsOf(api)).map(({ action }) => action),
        ['roles.default'],
      );
    });

    it('does not restore removed roles', async () => {
      const { answer } = await known({ roles: [], rv: 2 }, { grants: [] });
      assert.deepEqual(await answer(), {});
    });
  });

  const hang = () => new Promise<never>(() => undefined);
  const broken: [how: string, find: () => Promise<never>][] = [
    ['hangs', hang],
    ['fails', () => Promise.reject(unavailable('directory.find'))],
  ];
  for (const [how, find] of broken) {
    for (const customClaims of [{ roles: ['auditor'], rv: 2 }, { tier: 'gold' }, {}]) {
      it(`allows the sign-in with ${JSON.stringify(customClaims)} when Firestore ${how}, and logs it`, async () => {
        const rewire = (deps: Api['deps']) => ({ ...deps, directory: { ...deps.directory, find } });
        const { signIn, api } = await blocking({}, { rewire });
        let answer: unknown;
        await withoutDelay(async () => {
          answer = await signIn({ ...ada, customClaims });
        });
        assert.deepEqual(answer, {});
        assert.deepEqual(
          api.lines.map(({ kind, requestId }) => [kind, requestId]),
          [['failure', 'event-1']],
        );
      });
    }
  }

  it('ends two seconds before the limit of seven when every call is as late as possible', async () => {
    const disabled = entryOf('ada', { disabled: true });
    const { signIn } = await blocking(
      {},
      {
        rewire: (deps) => ({
          ...deps,
          directory: { ...deps.directory, find: async () => disabled, change: async () => undefined },
          audit: { ...deps.audit, recordRefusal: hang },
          accounts: { ...deps.accounts, find: async () => undefined },
        }),
      },
    );
    const delays = await withoutDelay(() => assert.rejects(signIn(ada), refusal));
    assert.ok(delays.length >= 2, 'one for looking, one for recording');
    assert.ok(delays.reduce((sum, delay) => sum + delay) <= 5_000, delays.join());
  });

  it('still refuses a user disabled in Firebase Auth while Firestore hangs', async () => {
    const { signIn } = await blocking(
      {},
      {
        rewire: (deps) => ({
          ...deps,
          directory: { ...deps.directory, find: hang },
          audit: { ...deps.audit, recordRefusal: hang },
        }),
      },
    );
    await withoutDelay(() => assert.rejects(signIn({ ...ada, disabled: true }), refusal));
  });
});
