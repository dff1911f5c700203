import assert from 'node:assert/strict';
import { encryptSecret } from '../../../src/mfa/secret-encryption.ts';
import { findTimeStep } from '../../../src/mfa/totp.ts';
import { type TotpFactor, toDocument } from '../../../src/mfa/totp-document.ts';
import { openPasskeyApi } from '../../helpers/passkeys.ts';

/** RFC 6238 appendix B, SHA-1: the secret, and the last six of the eight digits at each second. */
const SECRET = 'GEZDGNBVGY3TQOJQGEZDGNBVGY3TQOJQ';
const VECTORS = {
  59: '287082',
  1111111109: '081804',
  1111111111: '050471',
  1234567890: '005924',
  2000000000: '279037',
  20000000000: '353130',
};

describe('TOTP as RFC 6238 has it', () => {
  for (const [second, code] of Object.entries(VECTORS).map(([at, digits]) => [Number(at), digits] as const)) {
    it(`accepts ${code} at second ${second}, and in the steps beside it only`, async () => {
      const step = Math.floor(second / 30);
      const found = (offset: number) => findTimeStep(SECRET, code, step * 30 + offset);
      assert.deepEqual(
        [await found(-30), await found(0), await found(29), await found(59)],
        [step, step, step, step],
      );
      assert.equal(await found(60), undefined);
      if (step > 1) assert.equal(await found(-31), undefined);
    });
  }

  it('accepts the code of 2033 by POST /me/step-up, and refuses factors of a deleted user', async () => {
    const test = await openPasskeyApi();
    try {
      test.clock.move((2_000_000_000 - test.now()) * 1000);
      const entry = await test.api.entry('member');
      const plant = async (id: string, created: number) => {
        const secret = await encryptSecret(test.api.deps.config.mfaKeys, SECRET, {
          ...{ user: 'member', factor: id },
        });
        const factor: TotpFactor = {
          ...{ id, user: 'member', kind: 'totp', name: 'App', secret, keyId: 'k', confirmed: true, created },
        };
        await test.api.firestore.db.doc(`factors/${id}`).set(toDocument(factor));
      };
      const stepUp = () => test.post('/me/step-up', { totp: '279037' }, 'member');

      await plant('of-the-deleted-user', entry.created - 1);
      assert.equal((await stepUp()).body.code, 'invalid_factor');
      await plant('own', entry.created);
      const answer = await stepUp();
      assert.deepEqual([answer.status, answer.body.assurance?.level], [200, 'aal2'], answer.text);
      assert.equal((await stepUp()).body.code, 'invalid_factor', 'the same code again');
    } finally {
      await test.close();
    }
  });
});
