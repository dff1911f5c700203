import assert from 'node:assert/strict';
import { EVERY_SIGN_IN, type SignInPolicy } from '../../../src/authn/sign-in-policy.ts';
import { createSessionsService } from '../../../src/sessions/sessions-service.ts';
import { LIMITS, openSessions, reasonOf, type TestSessions } from '../../helpers/sessions.ts';

/** Sessions of a password sign-in with bob@example.com, which is verified. */
describe('a session, after a deployment with another sign-in policy', () => {
  let test: TestSessions;
  beforeEach(async () => {
    test = await openSessions();
  });
  afterEach(() => test.close());

  /** The sessions service of an instance of the new deployment. */
  function deploy(signIn: Partial<SignInPolicy>) {
    const { platform, audit, directory } = test.access.another();
    const config = { ...platform.config, sessions: LIMITS, signIn: { ...EVERY_SIGN_IN, ...signIn } };
    return createSessionsService({ ...platform, config }, { audit, directory });
  }

  for (const [what, policy, reason] of [
    ['its provider', { providers: ['google.com'] }, 'provider-not-allowed'],
    ['its domain', { emailDomains: ['acme.com'] }, 'email-domain-not-allowed'],
  ] as const) {
    it(`is refused at the next read, and cannot be renewed, if ${what} is not allowed any more`, async () => {
      const { value } = await test.create('bob');
      const service = deploy(policy);
      assert.equal(await reasonOf(test.read(value, service)), reason);
      assert.equal(await reasonOf(test.renew(value, { service })), reason);
      assert.equal(
        await reasonOf(service.create(test.signIn('bob'), { replaces: undefined })),
        reason,
        'a new one',
      );
    });
  }

  it('goes on if the policy allows its sign-in', async () => {
    const { value, session } = await test.create('bob');
    const policy = { providers: ['password'], emailDomains: ['example.com'], verifiedEmail: true };
    const read = await test.read(value, deploy({ ...policy, anonymous: false }));
    assert.equal(read.session.id, session.id);
  });

  it('goes on for a user of another issuer, for whom trustedIssuers decides', async () => {
    const { value } = await test.create('ada');
    await test.read(value, deploy({ providers: ['google.com'], emailDomains: ['acme.com'] }));
  });
});
