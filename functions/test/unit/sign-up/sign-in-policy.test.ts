import assert from 'node:assert/strict';
import { createMovableClock } from '../../helpers/test-directory.ts';
import { blocking, close } from './blocking.ts';

const REFUSED = { code: 'permission-denied' };
const MEMBER = { customClaims: { roles: ['member'], rv: 1 } };
const ada = { uid: 'ada', email: 'ada@acme.com', emailVerified: true };
const unverified = { ...ada, emailVerified: false };

/** The parts of the SDK's type that differ from what a test sends. */
type Metadata = NonNullable<Parameters<Awaited<ReturnType<typeof blocking>>['signIn']>[0]>['metadata'];
const createdAt = (ms: number) => ({ creationTime: new Date(ms).toUTCString() }) as NonNullable<Metadata>;

describe('blocking functions with a sign-in policy', () => {
  after(close);

  const events = async ({ api }: Awaited<ReturnType<typeof blocking>>) =>
    (await api.firestore.db.collection('auditEvents').get()).docs.map((event) => {
      const { action, actor, outcome, reason, after: said } = event.data();
      return { action, actor, outcome, reason, after: said };
    });

  it('refuse a sign-up and a sign-in with a provider that is not allowed, and record both', async () => {
    const opened = await blocking({ signIn: { providers: ['google.com'] } });
    const { create, signIn } = opened;
    assert.deepEqual(await create(ada, 'google.com'), MEMBER);
    assert.deepEqual(await signIn(ada, 'google.com'), MEMBER);
    await assert.rejects(create(ada, 'github.com'), REFUSED);
    await assert.rejects(signIn(ada, 'github.com'), REFUSED);
    const [outcome, reason] = ['refused', 'provider-not-allowed'];
    const found = (await events(opened)).sort((a, b) => a.action.localeCompare(b.action));
    assert.deepEqual(found, [
      {
        ...{ action: 'user.create', actor: 'anonymous', outcome, reason },
        after: { domain: 'acme.com', provider: 'github.com' },
      },
      { ...{ action: 'user.sign-in', actor: 'ada', outcome, reason }, after: { provider: 'github.com' } },
    ]);
  });

  it('refuse another domain also for a user who exists and has roles', async () => {
    const { create, signIn } = await blocking({ signIn: { emailDomains: ['acme.com'] } });
    const eve = { uid: 'eve', email: 'eve@acme.com.evil.com', emailVerified: true };
    await assert.rejects(create(eve), REFUSED);
    await assert.rejects(signIn({ ...eve, customClaims: { roles: ['admin'], rv: 3 } }), (error: Error) => {
      assert.doesNotMatch(error.message, /acme/, 'does not reveal the domains');
      return true;
    });
    assert.deepEqual(await signIn(ada), MEMBER);
  });

  it('let an unverified user sign up and in for an hour, without a role, so that they can verify', async () => {
    for (const signIn of [{ verifiedEmail: true }, { emailDomains: ['acme.com'] }]) {
      const clock = createMovableClock();
      const opened = await blocking({ signIn }, { clock });
      const metadata = createdAt(clock() - 1000);
      assert.deepEqual(await opened.create(unverified), {});
      assert.deepEqual(await opened.signIn({ ...unverified, metadata }), {});
      clock.move(3_600_000);
      await assert.rejects(opened.signIn({ ...unverified, metadata }), /Verify your e-mail address/);
      const [event] = await events(opened);
      assert.deepEqual([event?.action, event?.reason], ['user.sign-in', 'email-not-verified']);
      assert.deepEqual(await opened.signIn({ ...ada, metadata }), MEMBER);
    }
  });

  it('refuse an unverified user of an unknown age', async () => {
    const { signIn } = await blocking({ signIn: { verifiedEmail: true } });
    await assert.rejects(signIn(unverified), REFUSED);
    await assert.rejects(signIn({ ...unverified, metadata: createdAt(Number.NaN) }), REFUSED);
  });

  it('refuse by the policy of sign-ups first, and whatever Firestore does', async () => {
    const hang = () => new Promise<never>(() => undefined);
    const product = { signUp: { emailDomains: ['acme.com'] }, signIn: { providers: ['google.com'] } };
    const { create, signIn } = await blocking(product, {
      rewire: (deps) => ({ ...deps, directory: { ...deps.directory, find: hang } }),
    });
    await assert.rejects(create({ uid: 'x', email: 'x@evil.com' }, 'github.com'), /Sign-up is not open/);
    await assert.rejects(create(ada, 'github.com'), /provider is not allowed/);
    await assert.rejects(signIn(ada, 'github.com'), /provider is not allowed/);
  });
});
