import assert from 'node:assert/strict';
import { dependsOnOwner } from '../../../src/authz/decide.ts';
import { ANONYMOUS, createPrincipal } from '../../../src/authz/principal.ts';
import { modules } from '../../../src/modules.ts';
import { mayCall } from '../../expectations/access.ts';
import type { Api } from '../../helpers/api.ts';
import { type FactorHolder, HOLDERS, openHolders, POLICY } from '../../helpers/factor-policy.ts';
import { call, openCallables } from './call.ts';

describe('callables: policy about second factors', () => {
  let api: Api;
  const holders = openHolders();
  before(async () => {
    api = await openCallables({ product: POLICY, rewire: holders.rewire });
  });
  after(() => api.close());

  /** Invalid input is refused after the decision. */
  async function answerTo(name: string, holder: FactorHolder, kind: 'bearer' | 'cookie') {
    const { [kind]: headers } = holders.credentials(holder, api.token(holder.role));
    const called = await call(api, name, { wrong: 1, version: 1 }, { headers: Object.entries(headers) });
    const { error } = JSON.parse(called.text);
    return error.details;
  }

  for (const { name, callable, access, factorPolicy, credentials } of modules.operations) {
    if (!callable || access === 'public') continue;
    const kinds = credentials === 'bearer' ? (['bearer'] as const) : (['bearer', 'cookie'] as const);
    for (const role of HOLDERS) {
      const caller = createPrincipal({ ...ANONYMOUS, roles: [role] });
      // Decided after the resource is loaded.
      if (!mayCall(name, role) || dependsOnOwner(caller, access)) continue;
      const isOpen = factorPolicy !== undefined;
      it(`asks the role ${role} for a factor at ${name}, unless it enrols`, async () => {
        for (const kind of kinds) {
          const { code, stepUp } = await answerTo(name, { role }, kind);
          assert.equal(code, isOpen ? 'invalid_argument' : 'step_up_required', kind);
          if (!isOpen) assert.deepEqual([stepUp.assurance, stepUp.factors], ['aal2', []]);
          const proved = await answerTo(name, { role, factors: ['totp'], isProved: true }, kind);
          assert.equal(proved.code, 'invalid_argument', kind);
        }
      });
    }
  }

  it('has in the details what would satisfy it, without absent members', async () => {
    const details = await answerTo('setUserRoles', { role: 'owner', factors: ['totp'] }, 'bearer');
    assert.deepEqual(details.stepUp, { assurance: 'aal2', maxAge: 600, factors: ['totp'] });
    const read = await answerTo('getMyAccess', { role: 'owner', factors: ['passkey'] }, 'cookie');
    assert.deepEqual(read.stepUp, { assurance: 'aal2', factors: ['passkey'] });
  });
});
