import assert from 'node:assert/strict';
import { api, makeSignedIn, makeUser, outcome, setRoles } from '../helpers/emulator.ts';

/** A client cannot overwrite a version it has not read. It sends the version in the body, or the ETag in If-Match. */
describe('the version of a user’s roles', function () {
  this.timeout(20_000);

  const grants = [{ role: 'support' }];

  async function open() {
    const [{ idToken: token }, { uid }] = await Promise.all([makeSignedIn(['owner']), makeUser(['member'])]);
    const path = `/users/${uid}/roles`;
    const put = (body: object, ifMatch?: string) =>
      api(`PUT ${path}`, { token, body, ...(ifMatch !== undefined && { headers: { 'If-Match': ifMatch } }) });
    return { token, uid, put, read: () => api(`GET ${path}`, { token }) };
  }

  it('rejects a change when another one was faster', async () => {
    const { token, uid } = await open();
    assert.equal(outcome(await setRoles(token, uid, ['support'])), '200');
    assert.equal(outcome(await setRoles(token, uid, ['admin'])), '409 version_mismatch');
    assert.equal(outcome(await setRoles(token, uid, ['admin'], 3)), '409 version_mismatch');
    assert.deepEqual((await api(`GET /users/${uid}`, { token })).body.roles, ['support']);
  });

  it('is the ETag of the roles, and is accepted in If-Match', async () => {
    const { put, read } = await open();
    const before = await read();
    assert.equal(before.headers.get('ETag'), '"1"');
    assert.deepEqual([before.body.version, before.body.grants[0].role], [1, 'member']);

    const changed = await put({ grants }, '"1"');
    assert.equal(outcome(changed), '200');
    assert.equal(changed.headers.get('ETag'), '"2"');
    assert.equal(outcome(await put({ grants: [] }, '"1"')), '412 precondition_failed');
    const after = await read();
    assert.deepEqual([after.headers.get('ETag'), after.body.grants[0].role], ['"2"', 'support']);
  });

  it('is required, exactly once and as a valid ETag', async () => {
    const { put, read } = await open();
    assert.equal(outcome(await put({ grants })), '428 precondition_required');
    assert.equal(outcome(await put({ grants }, '*')), '400 invalid_argument');
    assert.equal(outcome(await put({ grants }, '"one"')), '400 invalid_argument');
    assert.equal(outcome(await put({ grants, version: 1 }, '"2"')), '400 invalid_argument');
    assert.equal((await read()).body.version, 1);
    assert.equal(outcome(await put({ grants, version: 1 }, '"1"')), '200');
  });

  it('lets one of three parallel changes succeed, and rejects the others', async () => {
    const { token, uid, read } = await open();
    const changes = (['support', 'auditor', 'admin'] as const).map((role) => setRoles(token, uid, [role]));
    const outcomes = (await Promise.all(changes)).map(outcome).sort();
    assert.deepEqual(outcomes, ['200', '409 version_mismatch', '409 version_mismatch']);
    assert.equal((await read()).body.version, 2);
  });
});
