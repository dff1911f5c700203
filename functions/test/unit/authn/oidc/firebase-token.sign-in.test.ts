import assert from 'node:assert/strict';
import { externalId } from '../../../../src/authn/external-identity.ts';
import { type Api, openApi } from '../../../helpers/api.ts';
import { mintIdToken } from '../../../helpers/google.ts';
import type { ProductFields } from '../../../helpers/product.ts';

/** Real RS256 tokens, as in production: the Auth emulator has no part in this. */
describe('sign-in policy at the first verification of a Firebase token', () => {
  let api: Api;
  const open = async (signIn: ProductFields['signIn']) => {
    api = await openApi({ product: { signIn, defaultRole: 'none' } });
  };
  afterEach(() => api.close());

  const claimsBy = (sign_in_provider: string, claims: object = {}) => ({
    ...{ sub: 'new', user_id: 'new', firebase: { identities: {}, sign_in_provider } },
    ...claims,
  });
  const me = async (claims: object) =>
    api
      .as()
      .get('/v1/me')
      .auth(await mintIdToken({ ...claims }), { type: 'bearer' });
  const decision = () => api.lines.findLast(({ granted }) => granted !== undefined);

  async function assertRefused(claims: object, reason: string): Promise<void> {
    const { status, body, headers } = await me(claims);
    assert.deepEqual([status, body.code], [403, 'sign_in_not_allowed'], JSON.stringify(body));
    assert.equal(headers['www-authenticate'], undefined);
    assert.deepEqual([decision()?.reason, decision()?.subject], [reason, 'new']);
  }

  it('refuses a provider that is not allowed, and reads nothing for it', async () => {
    await open({ providers: ['google.com'] });
    assert.equal((await me(claimsBy('google.com'))).status, 200);
    const requests = api.google.requests.length;
    await assertRefused(claimsBy('github.com'), 'provider-not-allowed');
    assert.equal(api.google.requests.length, requests);
  });

  it('refuses custom tokens and anonymous users, for whom no blocking function runs', async () => {
    await open({ providers: ['password'] });
    await assertRefused(claimsBy('custom'), 'provider-not-allowed');
    await assertRefused(claimsBy('anonymous', { email: undefined }), 'anonymous-not-allowed');
    // The SDK that imports the account decides what `firebase` has.
    await assertRefused({ sub: 'new', firebase: undefined }, 'provider-not-allowed');
    await assertRefused({ sub: 'new', firebase: { sign_in_provider: 7 } }, 'provider-not-allowed');
  });

  it('refuses an unverified address until a new token shows that it is verified', async () => {
    await open({ verifiedEmail: true });
    await assertRefused(claimsBy('password', { email_verified: false }), 'email-not-verified');
    await assertRefused(claimsBy('password', { email_verified: 'true' }), 'email-not-verified');
    assert.equal((await me(claimsBy('password'))).status, 200);
  });

  it('refuses another domain on every request, privileged or not', async () => {
    await open({ emailDomains: ['acme.com'] });
    const claims = claimsBy('google.com', { email: 'new@acme.com.evil.com', roles: ['owner'], rv: 1 });
    await assertRefused(claims, 'email-domain-not-allowed');
    const { status, body } = await api
      .as()
      .put('/v1/users/new/roles')
      .auth(await mintIdToken(claims), { type: 'bearer' })
      .send({ roles: [], version: 1 });
    assert.deepEqual([status, body.code], [403, 'sign_in_not_allowed']);
  });

  it('does not limit the sessions of a token exchange: trustedIssuers decides on their users', async () => {
    await open({ providers: ['google.com'], verifiedEmail: true });
    const sub = externalId('https://issuer.example', 'x');
    api.google.users.set(sub, { localId: sub });
    const exchanged = { ...claimsBy('custom', { email: undefined }), sub, user_id: sub };
    const now = Math.floor(Date.now() / 1000);
    assert.equal((await me({ ...exchanged, subject_auth_time: now - 60 })).status, 200);
  });

  it('allows a token that was made for a session: its provider was checked at the start', async () => {
    await open({ providers: ['google.com'] });
    api.google.users.set('new', { localId: 'new' });
    const now = Math.floor(Date.now() / 1000);
    assert.equal((await me(claimsBy('custom', { subject_auth_time: now - 60 }))).status, 200);
  });
});
