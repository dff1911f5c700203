import assert from 'node:assert/strict';
import { api, authAdmin, HOSTING_URL, makeSignedIn, outcome, signIn } from '../helpers/emulator.ts';

/** With the revocations, and the clock, of the Admin SDK. */
describe('the devices of a user, through Hosting', function () {
  this.timeout(60_000);

  const { origin: ORIGIN } = new URL(HOSTING_URL);

  /** Begins a session. @returns its id, and the headers of its page */
  async function beginSession(token: string) {
    const created = await api('POST /sessions', { token });
    assert.equal(outcome(created), '200', JSON.stringify(created.body));
    const [cookie = ''] = created.headers.getSetCookie();
    const headers = {
      Cookie: cookie.split(';')[0] ?? '',
      Origin: ORIGIN,
      'X-CSRF-Token': created.body.csrfToken,
    };
    return { id: created.body.id, headers };
  }
  const list = async (headers: Record<string, string>) => (await api('GET /me/sessions', { headers })).body;
  const idsOf = ({ sessions }: { sessions: { id: string }[] }) => sessions.map(({ id }) => id).toSorted();

  it('are ended everywhere else, and the current one goes on, also for privileged operations', async () => {
    const [olga, bob] = await Promise.all([makeSignedIn(['owner']), makeSignedIn(['member'])]);
    const laptop = await beginSession(olga.idToken);
    const phone = await beginSession(await (await signIn(olga.email)).token());
    const before = await list(laptop.headers);
    assert.deepEqual(idsOf(before), [laptop.id, phone.id].toSorted());
    assert.equal(before.firebaseSignIns.current, false);

    const ended = await api('POST /me/revoke', { headers: laptop.headers, body: { except: 'current' } });
    assert.deepEqual([outcome(ended), ended.body.synced], ['200', true]);
    assert.equal(outcome(await api('GET /me/sessions', { headers: phone.headers })), '401 token_stale');
    const disable = () =>
      api(`PATCH /users/${bob.uid}`, { headers: laptop.headers, body: { disabled: true } });
    assert.equal(outcome(await disable()), '200');
    assert.deepEqual(idsOf(await list(laptop.headers)), [laptop.id]);
    assert.equal((await list(laptop.headers)).firebaseSignIns, undefined);
    const { tokensValidAfterTime } = await authAdmin.getUser(olga.uid);
    assert.ok(Date.parse(tokensValidAfterTime ?? '') > Date.now() - 20_000);

    await new Promise((resolve) => setTimeout(resolve, 1_100));
    await authAdmin.revokeRefreshTokens(olga.uid);
    assert.equal(outcome(await disable()), '401 token_stale', 'revoked in the Firebase console');
  });

  it('are ended one at a time, by the user and by support staff', async () => {
    const [support, ada] = await Promise.all([makeSignedIn(['support']), makeSignedIn(['member'])]);
    const laptop = await beginSession(ada.idToken);
    const phone = await beginSession(await (await signIn(ada.email)).token());
    const path = `/users/${ada.uid}/sessions`;
    assert.equal(idsOf((await api(`GET ${path}`, { token: support.idToken })).body).length, 2);
    assert.equal(outcome(await api(`DELETE ${path}/${laptop.id}`, { token: support.idToken })), '204');
    assert.equal(outcome(await api('GET /me', { headers: laptop.headers })), '401 invalid_token');
    assert.equal(outcome(await api(`DELETE /me/sessions/${phone.id}`, { headers: phone.headers })), '204');
    assert.equal(outcome(await api('GET /me', { headers: phone.headers })), '401 invalid_token');
  });
});
