import assert from 'node:assert/strict';
import type { FirestoreServer } from '../../../../packages/firestore-emulator/server.ts';
import type { AccessRule } from '../../../src/authz/access-rule.ts';
import type { PrincipalActor } from '../../../src/authz/principal.ts';
import { guard } from '../../../src/pipeline/guard.ts';
import { requestWith } from '../../helpers/credential-request.ts';
import { POLICY } from '../../helpers/factor-policy.ts';
import { connect, startTestFirestore, type TestFirestore } from '../../helpers/firestore.ts';
import { type Google, mintIdToken, openGoogle } from '../../helpers/google.ts';
import { type Instance, openInstanceOn } from '../../helpers/instance.ts';
import { assertRefused } from '../../helpers/refusal.ts';
import { entryOf } from '../../helpers/test-directory.ts';

/** With real tokens, and the step-ups of the module. */
describe('a user of requireFactorFor', () => {
  let google: Google;
  let server: FirestoreServer;
  let firestore: TestFirestore;
  let instance: Instance;
  let calls = 0;
  const auth_time = Math.floor(Date.now() / 1000) - 30;

  before(async () => {
    google = await openGoogle();
    server = await startTestFirestore({ beforeCall: () => void calls++ });
    firestore = connect(server);
    instance = openInstanceOn(google, firestore, { product: POLICY, env: { ACCESS_CHANGE_MAX_AGE: '60' } });
    google.users.set('ada', { localId: 'ada', customAttributes: '{"roles":["owner"],"rv":1}' });
    const grants = [{ role: 'owner', grantedBy: 'operator', grantedAt: 1 }] as const;
    await instance.directory.change({ uid: 'ada' }, () => ({
      entry: entryOf('ada', { grants, rolesVersion: 1, claimsVersion: 1, factors: ['totp'] }),
    }));
  });
  after(async () => {
    await Promise.all([google.close(), firestore.close()]);
    await server.stop();
  });

  const call = (token: string, access: AccessRule) =>
    guard(instance, {
      request: requestWith({ authorization: [`Bearer ${token}`] }),
      ...{ access, changes: false, requestId: 'r1', decided: () => undefined },
    });

  it('costs no network call for a token seen before, once they have stepped up', async () => {
    const token = await mintIdToken({ roles: ['owner'], rv: 1, auth_time });
    const { stepUp } = await assertRefused(
      () => call(token, { permission: 'notes:read' }),
      'step_up_required',
    );
    assert.deepEqual(stepUp?.factors, ['totp']);
    const { principal } = await instance.bearer.authenticate(token, Math.floor(Date.now() / 1000));
    const actor: PrincipalActor = { kind: 'principal', principal, requestId: 'r1' };
    await instance.mfa.stepUp(actor, undefined, async () => ({ method: 'totp', part: async () => () => {} }));
    assert.equal((await call(token, { permission: 'notes:read' })).assurance.level, 'aal2');

    const before = [calls, google.requests.length];
    for (let n = 0; n < 50; n++) await call(token, { permission: 'notes:read' });
    assert.deepEqual([calls, google.requests.length], before);

    assert.equal((await call(token, { permission: 'roles:assign' })).assurance.level, 'aal2');
    assert.ok(calls > Number(before[0]), 'a privileged operation reads the record and the step-up');
  });

  it('is refused after a role change, and with a token of another sign-in', async () => {
    const other = await mintIdToken({
      roles: ['owner'],
      rv: 1,
      auth_time: auth_time - 500,
    });
    await assertRefused(() => call(other, 'signed-in'), 'step_up_required');
    await instance.changeAccess(
      { kind: 'operator', requestId: 'r2' },
      { uid: 'ada', action: 'roles.set' },
      () => ({
        grants: [
          { role: 'owner', grantedBy: 'operator', grantedAt: 1 },
          { role: 'support', grantedBy: 'operator', grantedAt: 2 },
        ],
      }),
    );
    const { rolesVersion } = (await instance.directory.find('ada')) ?? assert.fail();
    google.users.set('ada', {
      ...{
        localId: 'ada',
        customAttributes: JSON.stringify({ roles: ['owner', 'support'], rv: rolesVersion }),
      },
    });
    const token = await mintIdToken({ roles: ['owner', 'support'], rv: rolesVersion, auth_time });
    await assertRefused(() => call(token, 'signed-in'), 'step_up_required');
    await assertRefused(() => call(token, { permission: 'roles:assign' }), 'step_up_required');
  });
});
