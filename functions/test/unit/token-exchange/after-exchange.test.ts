import assert from 'node:assert/strict';
import { claimsOf, type ExchangeApi, grant, idOf, openExchangeApi } from '../../helpers/exchange-api.ts';
import { createMovableClock } from '../../helpers/test-directory.ts';

const ADA = idOf('ada');
let api: ExchangeApi;
let clock: ReturnType<typeof createMovableClock>;
const open = async () => {
  clock = createMovableClock();
  api = await openExchangeApi({ clock });
};
const close = () => api.close();
const now = () => Math.floor(clock() / 1000);

describe('after a token exchange', () => {
  beforeEach(open);
  afterEach(close);
  const me = (token: string) => api.as().get('/v1/me').set('Authorization', `Bearer ${token}`);

  it('the exchanged grants do not apply to the issuer’s own tokens', async () => {
    await api.exchanged(['helpers'], { exp: now() + 20 * 3600 });
    const { body } = await me(await api.mint());
    assert.deepEqual([body.roles, body.permissions], [[], []]);
    await api.edit(ADA, { grants: [...(await api.entry()).grants, grant('member')] });
    clock.move(20_000);
    assert.deepEqual((await me(await api.mint())).body.roles, ['member'], 'grants of administrators apply');
  });

  it('a custom token from before a revocation starts no session', async () => {
    const { body } = await api.exchange(await api.mint({ groups: ['team'], auth_time: now() - 1800 }));
    const kept = Object(claimsOf(body.access_token).claims);
    const signIn = () => api.idToken(ADA, { ...kept, auth_time: now() });
    assert.deepEqual((await me(await signIn())).body.roles, ['member']);
    await api.edit(ADA, { revoke: true });
    clock.move(20_000);
    const { status, body: refusal } = await me(await signIn());
    assert.deepEqual([status, refusal.code], [401, 'token_stale']);
    const { status: without } = await me(await api.idToken(ADA, { auth_time: now() }));
    assert.equal(without, 401, 'nor one with a password that was set in such a session');
  });

  it('a custom token from before a revocation starts no session after the feed forgot it', async () => {
    const { body } = await api.exchange(await api.mint({ groups: ['team'], auth_time: now() - 1800 }));
    const kept = Object(claimsOf(body.access_token).claims);
    await api.edit(ADA, { grants: [grant('member')] });
    await api.edit(ADA, { revoke: true });
    const auth_time = now() + 3000;
    clock.move(4_200_000);
    const late = await me(await api.idToken(ADA, { ...kept, auth_time, iat: now(), exp: now() + 3600 }));
    assert.deepEqual([late.status, late.body.code], [401, 'token_stale']);
    await api.edit(ADA, { disabled: true });
    clock.move(4_200_000);
    const out = await me(await api.idToken(ADA, { ...kept, auth_time, iat: now(), exp: now() + 3600 }));
    assert.deepEqual([out.status, out.body.code], [401, 'invalid_token']);
    const orphan = await api.idToken(ADA, {
      ...kept,
      auth_time,
      iat: now(),
      exp: now() + 3600,
      jti: 'orphan',
    });
    api.google.users.delete(ADA);
    assert.equal((await me(orphan)).body.code, 'invalid_token', 'the account is gone');
  });

  it('an account younger than the sign-in at the issuer revokes nothing', async () => {
    const auth_time = now() - 1800;
    const { body } = await api.exchange(await api.mint({ auth_time }));
    const account = api.google.users.get(ADA) ?? assert.fail('no account');
    api.google.users.set(ADA, { ...account, validSince: String(now()) });
    await api.edit(ADA, { grants: [grant('admin')] });
    const session = await api.idToken(ADA, Object(claimsOf(body.access_token).claims));
    const answer = await api
      .as()
      .patch('/v1/users/member')
      .set('Authorization', `Bearer ${session}`)
      .send({ disabled: true });
    assert.equal(answer.status, 200, answer.text);
  });
});
