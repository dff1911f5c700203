import assert from 'node:assert/strict';
import { generate } from 'otplib';
import type { Person } from '../../helpers/api.ts';
import { openPasskeyApi, type PasskeyApi, SECOND_FACTOR } from '../../helpers/passkeys.ts';
import { UNLIMITED } from '../../helpers/product.ts';

describe('TOTP factors that are lost, guessed or deleted', () => {
  let test: PasskeyApi;
  beforeEach(async () => {
    test = await openPasskeyApi({
      product: { rateLimits: UNLIMITED, mfa: { requireFactorFor: ['admin'] } },
    });
  });
  afterEach(() => test.close());

  async function enrol(who: Person, claims: object = {}) {
    const { body: started } = await test.post('/me/factors/totp', {}, who, claims);
    const code = await generate({ secret: started.secret, epoch: test.now() });
    const answer = await test.post('/me/factors/totp/confirm', { code }, who, claims);
    assert.equal(answer.status, 200, answer.text);
    return { secret: started.secret as string, code, ...answer.body };
  }
  const remove = async (path: string, who: Person, claims: object = SECOND_FACTOR) =>
    test.api
      .as()
      .delete(`/v1${path}`)
      .set('Authorization', `Bearer ${await test.idToken(who, claims)}`);
  const idsOf = async (collection: string) =>
    (await test.api.firestore.db.collection(collection).get()).docs.map(({ id }) => id);
  /** A wrong code. @param forwardedFor the header X-Forwarded-For */
  const guess = async (who: Person, forwardedFor: string) =>
    test.api
      .as()
      .post('/v1/me/step-up')
      .set('Authorization', `Bearer ${await test.idToken(who)}`)
      .set('X-Forwarded-For', forwardedFor)
      .send({ totp: '000000' });

  it('keeps the last factor of a role that needs one, of two deletions at once', async () => {
    const first = await enrol('admin');
    const last = await remove(`/me/factors/${first.factor.id}`, 'admin');
    assert.deepEqual([last.status, last.body.code], [409, 'last_factor']);
    const second = await enrol('admin', SECOND_FACTOR);
    const answers = await Promise.all(
      [first, second].map(({ factor }) => remove(`/me/factors/${factor.id}`, 'admin')),
    );
    assert.deepEqual(answers.map(({ status }) => status).toSorted(), [204, 409]);
    assert.deepEqual(
      [(await idsOf('factors')).length, (await test.api.entry('admin')).factors],
      [1, ['totp']],
    );
  });

  it('refuses to reset the factors of a user with more permissions', async () => {
    const { factor } = await enrol('owner');
    await enrol('admin');
    const answer = await remove('/users/owner/factors', 'admin');
    assert.equal(answer.body.code, 'exceeds_own_permissions', answer.text);
    assert.ok((await idsOf('factors')).includes(factor.id));
    const reset = await remove('/users/admin/factors', 'owner');
    assert.equal(reset.status, 204, reset.text);
    assert.deepEqual(await idsOf('factors'), [factor.id]);
    assert.deepEqual((await test.api.entry('admin')).factors, []);
  });

  it('deletes them, the recovery codes and the step-ups with the user', async () => {
    const { recoveryCodes } = await enrol('member');
    const body = { recoveryCode: recoveryCodes[0] };
    assert.equal((await test.post('/me/step-up', body, 'member')).status, 200);
    const answer = await remove('/users/member', 'owner');
    assert.equal(answer.status, 204, answer.text);
    for (const collection of ['factors', 'recoveryCodes', 'stepUps'])
      assert.deepEqual(await idsOf(collection), [], collection);
  });

  it('counts for the real address, whatever a client writes into X-Forwarded-For', async () => {
    await enrol('member');
    for (let n = 0; n < 5; n++) {
      const { body } = await guess('member', `198.51.100.${n}, 203.0.113.7`);
      assert.equal(body.code, 'invalid_factor');
    }
    assert.equal((await guess('support', '198.51.100.9, 203.0.113.7')).body.code, 'rate_limited');
    assert.equal((await guess('support', '203.0.113.7, 203.0.113.8')).body.code, 'invalid_factor');
  });

  it('asks to wait longer after each guess, up to 15 minutes', async () => {
    const { secret } = await enrol('member');
    let n = 0;
    const next = () => guess('member', `203.0.113.${n++}`);
    for (let free = 0; free < 5; free++) assert.equal((await next()).body.code, 'invalid_factor');
    for (const wait of [30, 60, 120, 240, 480, 900, 900]) {
      const refused = await next();
      assert.deepEqual([refused.status, refused.headers['retry-after']], [429, String(wait)]);
      test.clock.move(wait * 1000);
      assert.equal((await next()).body.code, 'invalid_factor');
    }
    test.clock.move(900_000);
    const totp = await generate({ secret, epoch: test.now() });
    assert.equal((await test.post('/me/step-up', { totp }, 'member')).status, 200);
    assert.equal((await next()).body.code, 'invalid_factor', 'the right code has cleared the count');
    assert.equal((await next()).body.code, 'invalid_factor');
  });

  it('writes no secret and no code into the log and the audit log', async () => {
    const { secret, code, recoveryCodes } = await enrol('member');
    await guess('member', '203.0.113.7');
    await test.post('/me/step-up', { totp: code }, 'member');
    await test.post('/me/step-up', { recoveryCode: recoveryCodes[0] }, 'member');
    const events = (await test.api.firestore.db.collection('auditEvents').get()).docs.map((it) => it.data());
    assert.ok(events.some(({ action }) => action === 'mfa.step-up'));
    const written = JSON.stringify([events, test.api.lines]);
    for (const value of [secret, `"${code}"`, '"000000"', ...recoveryCodes])
      assert.ok(!written.includes(value), value);
  });
});
