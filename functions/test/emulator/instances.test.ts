import assert from 'node:assert/strict';
import { httpsCallable } from 'firebase/functions';
import {
  api,
  type Client,
  makeSignedIn,
  makeUser,
  outcome,
  setRoles,
  signIn,
  until,
} from '../helpers/emulator.ts';

/** `api` and each callable are separate processes, which learn of changes through Firestore. */
describe('a change through one function applies in the others', function () {
  this.timeout(30_000);

  async function call(client: Client, name: string, input: object = {}): Promise<string> {
    try {
      await httpsCallable(client.functions, name)(input);
      return 'done';
    } catch (error) {
      return (error as { details: { code: string } }).details.code;
    }
  }

  /** The error code once the callable refuses the client. ACCESS_CHANGE_MAX_AGE is a second here. */
  const refusalOf = (client: Client) =>
    until('getMyAccess refuses the old token', async () => {
      const answer = await call(client, 'getMyAccess');
      return answer === 'done' ? undefined : answer;
    });

  it('when sessions are revoked', async () => {
    const [support, ada] = await Promise.all([makeSignedIn(['support']), makeSignedIn(['member'])]);
    assert.equal(await call(ada, 'getMyAccess'), 'done');
    assert.equal(outcome(await api(`POST /users/${ada.uid}/revoke`, { token: support.idToken })), '200');
    assert.equal(await refusalOf(ada), 'token_stale');
    assert.equal(await call(await signIn(ada.email), 'getMyAccess'), 'done');
  });

  it('when roles are changed, and a new token has them', async () => {
    const [owner, ada] = await Promise.all([makeSignedIn(['owner']), makeSignedIn(['support'])]);
    assert.equal(await call(ada, 'getMyAccess'), 'done');
    assert.equal(outcome(await setRoles(owner.idToken, ada.uid, ['member'])), '200');
    assert.equal(await refusalOf(ada), 'token_stale');
    await ada.token(true);
    assert.equal(await call(ada, 'getMyAccess'), 'done');
    assert.equal(await call(ada, 'listUsers'), 'permission_denied');
  });

  it('when a user is disabled or deleted', async () => {
    const [admin, ada, bob] = await Promise.all([
      makeSignedIn(['admin']),
      makeSignedIn(['member']),
      makeSignedIn(['member']),
    ]);
    assert.deepEqual(await Promise.all([ada, bob].map((who) => call(who, 'getMyAccess'))), ['done', 'done']);
    const token = admin.idToken;
    const changes = [
      api(`PATCH /users/${ada.uid}`, { token, body: { disabled: true } }),
      api(`DELETE /users/${bob.uid}`, { token }),
    ];
    assert.deepEqual((await Promise.all(changes)).map(outcome), ['200', '204']);
    for (const who of [ada, bob]) assert.match(await refusalOf(who), /^(invalid_token|token_stale)$/);
  });

  it('at once for privileged operations', async () => {
    const [boss, old] = await Promise.all([makeSignedIn(['owner']), makeSignedIn(['owner'])]);
    const { uid } = await makeUser(['member']);
    const change = { uid, grants: [{ role: 'support' }], version: 1 };
    assert.equal(await call(old, 'setUserRoles', change), 'done');
    assert.equal(outcome(await setRoles(boss.idToken, old.uid, [])), '200');
    assert.equal(await call(old, 'setUserRoles', { ...change, grants: [], version: 2 }), 'token_stale');
  });
});
