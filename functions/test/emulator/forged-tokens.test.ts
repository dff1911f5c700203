import assert from 'node:assert/strict';
import {
  api,
  authAdmin,
  FUNCTIONS_URL,
  forgeToken,
  makeUser,
  outcome,
  PROJECT,
} from '../helpers/emulator.ts';

/** The emulator accepts unsigned tokens, but their claims still have to match the account. */
describe('forged tokens, in the emulator', function () {
  this.timeout(20_000);

  const asOwner = { roles: ['owner'], rv: 99 };

  async function call(name: string, token: string) {
    const response = await fetch(`${FUNCTIONS_URL}/${name}`, {
      method: 'POST',
      headers: { Authorization: `Bearer ${token}`, 'Content-Type': 'application/json' },
      body: JSON.stringify({ data: {} }),
    });
    const { error } = (await response.json()) as { error: { details: { code: string } } };
    return `${response.status} ${error.details.code}`;
  }

  it('are refused for a user who does not exist', async () => {
    const token = forgeToken('unknown', PROJECT, asOwner);
    assert.equal(outcome(await api('GET /me', { token })), '401 invalid_token');
    assert.equal(outcome(await api('DELETE /users/other', { token })), '401 invalid_token');
    assert.equal(await call('getMyAccess', token), '401 invalid_token');
  });

  it('are refused for a user who is disabled', async () => {
    const { uid } = await makeUser(['owner']);
    await authAdmin.updateUser(uid, { disabled: true });
    const token = forgeToken(uid, PROJECT, asOwner);
    assert.equal(outcome(await api('GET /me', { token })), '401 invalid_token');
    assert.equal(await call('listUsers', token), '401 invalid_token');
  });

  it('give no privileged permission beyond the directory record', async () => {
    const { uid } = await makeUser(['member']);
    const token = forgeToken(uid, PROJECT, asOwner);
    const body = { grants: [{ role: 'owner' }], version: 1 };
    assert.equal(outcome(await api(`PUT /users/other/roles`, { token, body })), '401 token_stale');
  });

  it('are refused with another project or issuer, when expired, and when incomplete', async () => {
    const { uid } = await makeUser(['member']);
    const now = Math.floor(Date.now() / 1000);
    const wrong = [
      forgeToken(uid, `${PROJECT}-2`),
      forgeToken(uid, PROJECT, { iss: 'https://securetoken.google.com/' }),
      forgeToken(uid, PROJECT, { aud: [PROJECT, 'other'] }),
      forgeToken(uid, PROJECT, { iat: now - 3600, exp: now }),
      forgeToken(uid, PROJECT, { auth_time: undefined }),
      `${forgeToken(uid, PROJECT)}c2ln`,
    ];
    for (const [n, token] of wrong.entries()) {
      assert.equal(outcome(await api('GET /me', { token })), '401 invalid_token', `token ${n}`);
    }
  });

  it('are not read by public operations', async () => {
    assert.equal(outcome(await api('GET /health', { token: 'not.a.token' })), '200');
  });
});
