import assert from 'node:assert/strict';
import type { AuthBlockingEvent } from 'firebase-functions/identity';
import { type Config, loadConfig } from '../../../src/config.ts';
import { createBlockingFunctions } from '../../../src/triggers/blocking.ts';
import { PROJECT } from '../../helpers/google.ts';

type User = Partial<NonNullable<AuthBlockingEvent['data']>>;

function blocking(env: Record<string, string> = {}) {
  const config: Config = loadConfig({ GCLOUD_PROJECT: PROJECT, ...env });
  const functions = createBlockingFunctions({}, () => config);
  // Identity Platform sends more; these functions look at nothing else.
  const event = (data: User | undefined) => ({ data }) as AuthBlockingEvent;
  return {
    create: async (user: User | undefined) => handlerOf(functions.beforeUserCreated)(event(user)),
    signIn: async (user: User | undefined) => handlerOf(functions.beforeUserSignedIn)(event(user)),
  };
}

/** The handler behind a blocking function, which the SDK puts at `run` and leaves out of the type. */
function handlerOf(fn: object): (event: AuthBlockingEvent) => unknown {
  const run: unknown = Reflect.get(fn, 'run');
  assert.ok(typeof run === 'function');
  return (event) => run(event);
}

const refusal = { code: 'permission-denied' };
const MEMBER = { customClaims: { roles: ['member'], rv: 1 } };
const ACME = { SIGN_UP_DOMAINS: 'acme.com, acme.co.uk' };
const ada = { uid: 'ada', email: 'ada@acme.com', emailVerified: true };

describe('beforeUserCreated', () => {
  it('gives the default role to everybody where no domain is set', async () => {
    const { create } = blocking();
    assert.deepEqual(await create({ uid: 'x', email: 'x@anywhere.org', emailVerified: false }), MEMBER);
    assert.deepEqual(await create({ uid: 'x' }), MEMBER, 'a phone number, no e-mail');
  });

  for (const email of ['ada@acme.com', 'ada@ACME.com', 'ada@acme.co.uk']) {
    it(`gives the default role to the verified ${email}`, async () => {
      assert.deepEqual(await blocking(ACME).create({ uid: 'x', email, emailVerified: true }), MEMBER);
    });
  }

  it('lets an address of the domain that is not verified sign up, without any role', async () => {
    const { create } = blocking(ACME);
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
        await assert.rejects(blocking(ACME).create({ uid: 'x', email, emailVerified }), refusal);
      }
    });
  }

  it('refuses somebody without an e-mail where domains are set', async () => {
    await assert.rejects(blocking(ACME).create({ uid: 'x', phoneNumber: '+491701234567' }), refusal);
  });

  it('says nothing about which domains are open', async () => {
    await assert.rejects(blocking(ACME).create({ uid: 'x', email: 'x@evil.com' }), (error: Error) => {
      assert.doesNotMatch(error.message, /acme/);
      return true;
    });
  });

  it('gives no role where the default is none', async () => {
    assert.deepEqual(await blocking({ DEFAULT_ROLE: 'none' }).create(ada), {});
  });

  it('keeps the claims of others', async () => {
    const answer = await blocking().create({ ...ada, customClaims: { tier: 'gold', nested: { a: [1] } } });
    assert.deepEqual(answer, {
      customClaims: { tier: 'gold', nested: { a: [1] }, roles: ['member'], rv: 1 },
    });
  });

  it('takes no role from an unknown one in the claims', async () => {
    const answer = await blocking().create({ ...ada, customClaims: { roles: ['__proto__', 'king'] } });
    assert.deepEqual(answer, MEMBER);
  });

  it('refuses an event without a user', async () => {
    await assert.rejects(blocking().create(undefined), { code: 'invalid-argument' });
  });
});

describe('beforeUserSignedIn', () => {
  it('refuses a disabled account', async () => {
    await assert.rejects(blocking().signIn({ ...ada, disabled: true }), refusal);
  });

  it('gives the default role to somebody who never had one', async () => {
    assert.deepEqual(await blocking().signIn(ada), MEMBER);
    assert.deepEqual(await blocking().signIn({ ...ada, customClaims: { tier: 'gold' } }), {
      customClaims: { tier: 'gold', roles: ['member'], rv: 1 },
    });
  });

  const hadRoles: [name: string, customClaims: Record<string, unknown>][] = [
    ['roles and a version', { roles: ['admin'], rv: 3 }],
    ['no role left, and a version', { roles: [], rv: 2 }],
    ['a version only', { rv: 1 }],
    ['version 0', { rv: 0 }],
    ['roles only, set by hand', { roles: ['owner'] }],
  ];
  for (const [name, customClaims] of hadRoles) {
    it(`changes nothing for somebody with ${name}`, async () => {
      assert.deepEqual(await blocking().signIn({ ...ada, customClaims }), {});
    });
  }

  it('gives the role to somebody whose e-mail has been verified since', async () => {
    const { signIn } = blocking(ACME);
    assert.deepEqual(await signIn({ ...ada, emailVerified: false }), {});
    assert.deepEqual(await signIn(ada), MEMBER);
  });

  it('gives no role to somebody of another domain who has an account from before', async () => {
    assert.deepEqual(await blocking(ACME).signIn({ uid: 'x', email: 'x@evil.com', emailVerified: true }), {});
  });

  it('gives no role where the default is none', async () => {
    assert.deepEqual(await blocking({ DEFAULT_ROLE: 'none' }).signIn(ada), {});
  });

  it('lets somebody in whose claims leave no room for a role, without one', async () => {
    const customClaims = { foreign: 'x'.repeat(970) };
    assert.deepEqual(await blocking().signIn({ ...ada, customClaims }), {});
  });

  it('refuses an event without a user', async () => {
    await assert.rejects(blocking().signIn(undefined), { code: 'invalid-argument' });
  });
});
