import assert from 'node:assert/strict';
import { createExchangeToken } from '../../../src/token-exchange/exchange-token.ts';
import { createMovableClock } from '../../helpers/access.ts';
import {
  claimsOf,
  type ExchangeApi,
  grant,
  idOf,
  openExchangeApi,
  outcome,
} from '../../helpers/exchange-api.ts';
import { assertRefused } from '../../helpers/refusal.ts';

const ADA = idOf('ada');
let api: ExchangeApi;
let clock: ReturnType<typeof createMovableClock>;
const open = async () => {
  clock = createMovableClock();
  api = await openExchangeApi({ clock });
};
const close = () => api.close();
const now = () => Math.floor(clock() / 1000);

describe('an exchange for somebody who is linked', () => {
  let token: string;
  beforeEach(async () => {
    await open();
    token = await api.mint({ groups: ['helpers'] });
    assert.equal(outcome(await api.exchange(token)), '200');
    await api.deps.users.get('member');
    await api.edit(ADA, { link: { to: 'member' } });
  });
  afterEach(close);

  it('is refused: they have a Firebase user to sign in as', async () => {
    const before = await api.entry();
    const signed = api.google.count(':signBlob');
    for (const each of [token, await api.mint({ jti: '2' })]) {
      assert.equal(outcome(await api.exchange(each)), '400 invalid_request');
    }
    assert.deepEqual([await api.entry(), api.google.count(':signBlob')], [before, signed]);
    const { events } = await api.deps.audit.list({ action: 'token.exchange', pageSize: 10 });
    const refused = events.filter(({ reason }) => reason !== undefined);
    assert.equal(refused.length, 2);
    for (const { actor, target, reason } of refused) {
      assert.deepEqual(
        [actor, target, reason],
        [ADA, ADA, 'linked to a Firebase user'],
        'not the other’s doing',
      );
    }
  });

  it('is refused when they are linked while it is under way', async () => {
    await api.edit(ADA, { link: { to: undefined } });
    const { directory, config, ...others } = api.deps;
    const late = createExchangeToken({
      ...{ ...others, authn: api.deps, profiles: config.trustedIssuers },
      directory: {
        ...directory,
        async change(...args) {
          await api.edit(ADA, { link: { to: 'member' } });
          return directory.change(...args);
        },
      },
    });
    const request = { token, type: 'jwt', requestId: 'r' };
    await assertRefused(() => late(request), 'invalid_request', 'linked to a Firebase user');
  });

  it('has taken the roles out of the account that they had before', () => {
    assert.deepEqual([api.claims().roles, api.claims().rv], [[], 2]);
  });

  it('is done again once they are unlinked', async () => {
    await api.edit(ADA, { link: { to: undefined } });
    assert.equal(outcome(await api.exchange(token)), '200');
    assert.deepEqual(api.claims().roles, ['support']);
  });
});

describe('somebody who was linked to an owner', () => {
  beforeEach(open);
  afterEach(close);

  it('acts as themselves from the moment that they are not, whatever is remembered of their token', async () => {
    const ada = `Bearer ${await api.mint()}`;
    await api.deps.users.get('owner');
    await api.exchanged(['team']);
    await api.edit(ADA, { grants: [grant('admin')] });
    await api.edit(ADA, { link: { to: 'owner' } });
    const me = await api.as().get('/v1/me').set('Authorization', ada);
    assert.equal(me.body.directoryId, 'owner');
    await api.edit(ADA, { link: { to: undefined } });
    const { status, body } = await api
      .as()
      .put(`/v1/users/${ADA}/roles`)
      .set('Authorization', ada)
      .send({ grants: [{ role: 'owner' }], version: (await api.entry()).rolesVersion });
    assert.deepEqual([status, body.code], [403, 'own_account']);
  });
});

describe('what an exchange leaves behind', () => {
  beforeEach(open);
  afterEach(close);
  const me = (token: string) => api.as().get('/v1/me').set('Authorization', `Bearer ${token}`);

  it('gives nothing to the issuer’s own tokens: those say themselves what their bearer has', async () => {
    await api.exchanged(['helpers'], { exp: now() + 20 * 3600 });
    const { body } = await me(await api.mint());
    assert.deepEqual([body.roles, body.permissions], [[], []]);
    await api.edit(ADA, { grants: [...(await api.entry()).grants, grant('member')] });
    clock.move(20_000);
    assert.deepEqual((await me(await api.mint())).body.roles, ['member'], 'what somebody granted counts');
  });

  it('is no session that outlives a revocation: a custom token kept until then begins none', async () => {
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

  it('is no session that waits for the revocation to be forgotten by the feed', async () => {
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

  it('is an account that is younger than the sign-in it came of, which revokes nothing', async () => {
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
