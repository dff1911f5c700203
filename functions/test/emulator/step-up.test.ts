import assert from 'node:assert/strict';
import { httpsCallable } from 'firebase/functions';
import { enrolApp } from '../helpers/authenticator-app.ts';
import { api, HOSTING_URL, makeSignedIn, outcome } from '../helpers/emulator.ts';

/** On a plain project: without Identity Platform. */
describe('a second factor, through Hosting and the client SDK', function () {
  this.timeout(60_000);

  const { origin: ORIGIN } = new URL(HOSTING_URL);

  it('is asked for, proved, and counts for the token: routes and callables', async () => {
    const [admin, member] = [await makeSignedIn(['admin']), await makeSignedIn(['member'])];
    const token = admin.idToken;
    const send = (route: string, body?: object) => api(route, { token, body });
    const call = () =>
      httpsCallable(
        admin.functions,
        'setUserRoles',
      )({ uid: member.uid, grants: [{ role: 'support' }], version: 2 });
    const change = () =>
      api(`PUT /users/${member.uid}/roles`, { token, body: { grants: [{ role: 'auditor' }], version: 1 } });
    const app = await enrolApp(send);

    const refused = await change();
    assert.equal(outcome(refused), '401 step_up_required');
    const asked = { assurance: 'aal2', maxAge: 600, factors: ['totp', 'recovery-code'] };
    assert.deepEqual(refused.body.stepUp, asked);
    await assert.rejects(call, ({ code, details }) => {
      assert.deepEqual(
        [code, details.code, details.stepUp],
        ['functions/unauthenticated', 'step_up_required', asked],
      );
      return true;
    });

    const wrong = await send('POST /me/step-up', { totp: '000000' });
    assert.equal(outcome(wrong), '403 invalid_factor');
    const totp = await app.code();
    const stepped = await send('POST /me/step-up', { totp });
    assert.deepEqual(
      [outcome(stepped), stepped.body.assurance.level],
      ['200', 'aal2'],
      JSON.stringify(stepped.body),
    );
    assert.equal(outcome(await change()), '200');
    assert.deepEqual(((await call()).data as { roles: string[] }).roles, ['support']);
    assert.equal(outcome(await send('POST /me/step-up', { totp })), '403 invalid_factor', 'used');
    const recoveryCode = app.recoveryCodes[0];
    assert.equal(outcome(await send('POST /me/step-up', { recoveryCode })), '200');
    assert.equal(outcome(await send('POST /me/step-up', { recoveryCode })), '403 invalid_factor');
  });

  it('raises a session that began with a password, under a new cookie value', async () => {
    const [admin, member] = [await makeSignedIn(['admin']), await makeSignedIn(['member'])];
    const app = await enrolApp((route, body) => api(route, { token: admin.idToken, body }));
    const created = await api('POST /sessions', { token: admin.idToken });
    const headersOf = ({ headers, body }: typeof created) => ({
      Cookie: headers.getSetCookie()[0]?.split(';')[0] ?? '',
      Origin: ORIGIN,
      'X-CSRF-Token': body.csrfToken,
    });
    const change = (headers: Record<string, string>) =>
      api(`PATCH /users/${member.uid}`, { headers, body: { disabled: true } });
    assert.equal(created.body.assurance.level, 'aal1');
    assert.equal(outcome(await change(headersOf(created))), '401 step_up_required');
    const stepped = await api('POST /me/step-up', {
      headers: headersOf(created),
      body: { totp: await app.code() },
    });
    assert.equal(outcome(stepped), '200', JSON.stringify(stepped.body));
    const { session } = stepped.body;
    const headers = { ...headersOf(stepped), 'X-CSRF-Token': session.csrfToken };
    assert.equal(session.assurance.level, 'aal2');
    assert.equal(outcome(await change(headers)), '200');
    assert.equal(outcome(await change(headersOf(created))), '401 step_up_required', 'the old value');
  });
});
