import assert from 'node:assert/strict';
import type { FactorKind } from '../../../src/core/access-types.ts';
import { type Api, accountOf, claimsOf, openApi } from '../../helpers/api.ts';
import { mintIdToken } from '../../helpers/google.ts';
import { openBrowser } from '../../helpers/session-browser.ts';

const ENROLLED = [{ mfaEnrollmentId: 'e1', phoneInfo: '+15555550100', enrolledAt: '2026-11-30T12:00:00Z' }];
/** A stage loads its files minutes before it runs them. */
const now = () => Math.floor(Date.now() / 1000);

/** Tokens as Identity Platform signs them, with RS256. */
describe('http: second factors of Identity Platform', () => {
  let api: Api;
  const open = async (mfa?: object) => {
    api = await openApi({ product: { mfa } });
  };
  beforeEach(() => open());
  afterEach(() => api.close());

  const enrol = () => api.google.users.set('admin', { ...accountOf('admin'), mfaInfo: ENROLLED });
  /** The user enrols a factor in Gatehouse. */
  const enrolHere = async (factors: readonly FactorKind[]) => {
    await api.deps.users.get('admin');
    await api.deps.directory.change({ uid: 'admin' }, ({ entry = assert.fail() }) => ({
      entry: { ...entry, factors },
    }));
  };
  const tokenWith = (secondFactor: unknown, claims: object = {}) => {
    const firebase = { identities: {}, sign_in_provider: 'password', sign_in_second_factor: secondFactor };
    return mintIdToken({ ...claimsOf('admin'), firebase, ...claims });
  };
  const disable = async (token: string) => {
    const sent = api.as().patch('/v1/users/member').auth(token, { type: 'bearer' });
    const { status, body } = await sent.send({ disabled: false });
    return status === 200 ? '200' : [status, body.code, ...(body.stepUp?.factors ?? [])].join(' ');
  };
  const REFUSED = '401 step_up_required firebase';

  it('are asked for by privileged operations, as soon as one is enrolled', async () => {
    assert.equal(await disable(await tokenWith(undefined)), '200');
    enrol();
    assert.equal(await disable(await tokenWith(undefined, { jti: 'again' })), REFUSED);
    for (const kind of ['phone', 'totp']) assert.equal(await disable(await tokenWith(kind)), '200', kind);
  });

  it('are proved for ten minutes', async () => {
    enrol();
    assert.equal(await disable(await tokenWith('phone', { auth_time: now() - 590 })), '200');
    assert.equal(await disable(await tokenWith('phone', { auth_time: now() - 620 })), REFUSED);
  });

  it('are not proved by another claim', async () => {
    enrol();
    const forged: readonly object[] = [
      ...['', 1, true, null, ['phone'], { phone: true }].map((value) => ({
        firebase: { sign_in_provider: 'password', sign_in_second_factor: value },
      })),
      { sign_in_second_factor: 'phone', second_factor_identifier: 'e1' },
      { amr: ['mfa'], acr: 'aal2', assurance: { level: 'aal2' } },
      { passkey_auth_time: now() - 30 },
      { firebase: [{ sign_in_second_factor: 'phone' }] },
      { firebase: { sign_in_provider: 'phone', second_factor_identifier: 'e1' } },
    ];
    for (const claims of forged) {
      const token = await tokenWith(undefined, { ...claims, jti: JSON.stringify(claims) });
      assert.equal(await disable(token), REFUSED, JSON.stringify(claims));
    }
  });

  it('are in the session that begins with them', async () => {
    enrol();
    for (const [secondFactor, expected] of [
      [undefined, '401 step_up_required'],
      ['phone', '200 undefined'],
    ]) {
      const browser = openBrowser(`http://127.0.0.1:${api.port}/v1`);
      await browser.signIn(await tokenWith(secondFactor, { jti: 'session' }));
      const { status, code } = await browser.send('PATCH /users/member', { body: { disabled: false } });
      assert.equal(`${status} ${code}`, expected);
    }
  });

  it('do not count for a user who has a factor of Gatehouse', async () => {
    enrol();
    const seen = await tokenWith('phone', { jti: 'seen before' });
    assert.equal(await disable(seen), '200');
    await enrolHere(['totp']);
    const phone = await tokenWith('phone');
    for (const token of [seen, phone]) assert.equal(await disable(token), '401 step_up_required totp');
    const me = await api.as().get('/v1/me').auth(phone, { type: 'bearer' });
    assert.deepEqual([me.status, me.body.assurance.level], [200, 'aal1']);
    const firebase = { identities: {}, sign_in_provider: 'custom' };
    assert.equal(
      await disable(await tokenWith(undefined, { firebase, passkey_auth_time: now() - 60 })),
      '200',
    );
  });

  it('no longer count in a session when its user has enrolled a factor of Gatehouse', async () => {
    enrol();
    const browser = openBrowser(`http://127.0.0.1:${api.port}/v1`);
    await browser.signIn(await tokenWith('phone', { jti: 'session' }));
    const codeOf = async () =>
      (await browser.send('PATCH /users/member', { body: { disabled: false } })).code;
    assert.equal(await codeOf(), undefined);
    await enrolHere(['passkey']);
    assert.equal(await codeOf(), 'step_up_required');
    const firebase = { identities: {}, sign_in_provider: 'custom' };
    const times = { auth_time: now(), passkey_auth_time: now() };
    const token = await tokenWith(undefined, { firebase, ...times });
    const headers = { Authorization: `Bearer ${token}` };
    assert.equal((await browser.send('POST /sessions/current/step-up', { headers })).status, 200);
    assert.equal(await codeOf(), undefined, 'the sign-in with a passkey counts');
  });

  it('fulfil requireFactorFor, unless the user has a factor of Gatehouse', async () => {
    await api.close();
    await open({ requireFactorFor: ['admin'] });
    const statusOf = async (token: string) =>
      (await api.as().get('/v1/notes').auth(token, { type: 'bearer' })).status;
    enrol();
    assert.equal(await statusOf(await tokenWith(undefined)), 401);
    assert.equal(await statusOf(await tokenWith('phone')), 200);
    await enrolHere(['passkey']);
    assert.equal(await statusOf(await tokenWith('phone', { jti: 'after' })), 401);
  });
});
