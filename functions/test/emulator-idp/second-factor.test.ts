import assert from 'node:assert/strict';
import { api, FUNCTIONS_URL, makeUser, outcome, setRoles } from '../helpers/emulator.ts';
import { enrolPhone, signInWithPassword, signInWithPhone } from '../helpers/phone-factor.ts';

/** An SMS factor of Identity Platform, from the enrolment to a privileged operation, by HTTP and by callable. */
describe('a second factor of Identity Platform', function () {
  this.timeout(60_000);

  const assuranceOf = async (token: string) => (await api('GET /me', { token })).body.assurance;

  async function callSetUserRoles(token: string, uid: string, version: number) {
    const response = await fetch(`${FUNCTIONS_URL}/setUserRoles`, {
      method: 'POST',
      headers: { 'Content-Type': 'application/json', Authorization: `Bearer ${token}` },
      body: JSON.stringify({ data: { uid, grants: [{ role: 'support' }], version } }),
    });
    const { result, error } = (await response.json()) as { result?: object; error?: { details: object } };
    return { result, details: Object(error?.details) };
  }

  it('is enrolled, asked for at sign-in, and needed for privileged operations', async () => {
    const [admin, user] = await Promise.all([makeUser(['admin']), makeUser(['member'])]);
    const first = String((await signInWithPassword(admin.email)).idToken);
    assert.equal((await assuranceOf(first)).level, 'aal1');
    assert.equal(outcome(await setRoles(first, user.uid, ['support'], 1)), '200', 'without a factor');

    assert.equal((await assuranceOf(await enrolPhone(first))).level, 'aal2');
    const refused = await setRoles(first, user.uid, ['member'], 2);
    assert.equal(outcome(refused), '401 step_up_required');
    assert.deepEqual(refused.body.stepUp, { assurance: 'aal2', maxAge: 600, factors: ['firebase'] });
    const { details } = await callSetUserRoles(first, user.uid, 2);
    assert.deepEqual([details.code, details.stepUp], ['step_up_required', refused.body.stepUp]);

    assert.equal((await signInWithPassword(admin.email)).idToken, undefined, 'a password is not enough');
    assert.match(String((await signInWithPhone(admin.email, '000000')).error?.message), /^INVALID_CODE/);
    const token = String((await signInWithPhone(admin.email)).idToken);
    const { level, methods } = await assuranceOf(token);
    assert.deepEqual([level, methods], ['aal2', ['password', 'phone']]);
    assert.equal(outcome(await setRoles(token, user.uid, ['member'], 2)), '200');
    assert.ok((await callSetUserRoles(token, user.uid, 3)).result);
  });
});
