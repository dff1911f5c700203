import assert from 'node:assert/strict';
import { generate } from 'otplib';
import { openPasskeyApi, type PasskeyApi, SECOND_FACTOR } from '../../helpers/passkeys.ts';

/** The code of a secret, some seconds from now by the clock of the API. */
const codeOf = (secret: string, now: number, offset = 0) => generate({ secret, epoch: now + offset });

describe('TOTP factors', () => {
  let test: PasskeyApi;
  beforeEach(async () => {
    test = await openPasskeyApi();
  });
  afterEach(() => test.close());
  const start = async (claims: object = {}) =>
    (await test.post('/me/factors/totp', {}, 'member', claims)).body;
  const confirm = (code: string, claims: object = {}) =>
    test.post('/me/factors/totp/confirm', { code }, 'member', claims);
  const stored = async () =>
    (await test.api.firestore.db.collection('factors').get()).docs.map((it) => it.data());

  async function enrol(claims: object = {}) {
    const started = await start(claims);
    const answer = await confirm(await codeOf(started.secret, test.now()), claims);
    assert.equal(answer.status, 200, answer.text);
    return { secret: started.secret as string, ...answer.body };
  }

  /** Proves a code as `POST /me/step-up` does, and uses it up. */
  async function prove(code: string, { address = '203.0.113.9', deps = test.api.deps } = {}) {
    const prover = { user: 'member', address, principal: { issuer: 'x', subject: 'member' } };
    // The proof takes of the principal what the log shows.
    const proof = await deps.mfa.proveTotp(prover as Parameters<typeof deps.mfa.proveTotp>[0], code);
    const firestore = await test.api.firestore.open();
    await firestore.db.runTransaction(async (tx) => (await proof.part(firestore, tx))());
  }
  const outcomes = async (work: readonly Promise<unknown>[]) =>
    (await Promise.allSettled(work)).map((it) => (it.status === 'fulfilled' ? 'done' : it.reason.code));

  it('enrols one with a code of it, and answers ten recovery codes', async () => {
    const { id, secret, uri, qr } = await start();
    const shown = new URL(uri);
    assert.deepEqual(
      [shown.protocol, shown.host, shown.searchParams.get('secret')],
      ['otpauth:', 'totp', secret],
    );
    assert.match(qr, /^<svg/);
    assert.deepEqual((await stored())[0]?.confirmed, false);
    assert.deepEqual((await test.api.entry('member')).factors, undefined, 'not before it is confirmed');
    const answer = await confirm(await codeOf(secret, test.now()));
    assert.deepEqual([answer.body.factor.id, answer.body.factor.kind], [id, 'totp']);
    assert.equal(new Set(answer.body.recoveryCodes).size, 10);
    // 120 random bits: at least the 112 of OWASP ASVS 6.5.2.
    for (const code of answer.body.recoveryCodes)
      assert.match(code, /^[0-9A-HJKMNP-TV-Z]{4}(-[0-9A-HJKMNP-TV-Z]{4}){5}$/);
    assert.deepEqual((await test.api.entry('member')).factors, ['totp']);
    const [document] = await stored();
    assert.deepEqual([document?.confirmed, document?.expireAt], [true, undefined]);
    assert.ok(!JSON.stringify(document).includes(secret), 'the secret is encrypted');
    const [event] = await test.events('factor.enrol');
    assert.deepEqual([event?.target, event?.after], ['member', { kind: 'totp', factor: id }]);
  });

  for (const [offset, accepted] of Object.entries({
    '-60': false,
    '-30': true,
    0: true,
    30: true,
    60: false,
  })) {
    it(`${accepted ? 'accepts' : 'refuses'} a code of a clock that is ${offset} seconds off`, async () => {
      const { secret } = await enrol();
      test.clock.move(3600_000);
      const code = await codeOf(secret, test.now(), Number(offset));
      assert.deepEqual(await outcomes([prove(code)]), [accepted ? 'done' : 'invalid_factor']);
    });
  }

  it('accepts a code once, of 20 at the same moment', async () => {
    const { secret } = await enrol();
    test.clock.move(3600_000);
    const code = await codeOf(secret, test.now());
    const all = await outcomes(
      Array.from({ length: 20 }, (_, n) => prove(code, { address: `203.0.113.${n}` })),
    );
    assert.equal(all.filter((it) => it === 'done').length, 1, all.join());
    test.clock.move(3600_000);
    assert.deepEqual(await outcomes([prove(code)]), ['invalid_factor']);
  });

  it('refuses the code of the enrolment, and older ones, in the next step', async () => {
    const { secret } = await enrol();
    const [used, older] = [await codeOf(secret, test.now()), await codeOf(secret, test.now(), -30)];
    test.clock.move(30_000);
    assert.deepEqual(await outcomes([prove(used), prove(older)]), ['invalid_factor', 'invalid_factor']);
  });

  it('compares five of 100 guesses, and then delays, for never longer than 15 minutes', async () => {
    const { secret } = await enrol();
    test.clock.move(3600_000);
    const another = test.api.another();
    const guesses = Array.from({ length: 100 }, (_, n) =>
      prove('000000', { address: `203.0.113.${n}`, deps: n % 2 ? test.api.deps : another }),
    );
    const all = await outcomes(guesses);
    assert.equal(all.filter((it) => it === 'invalid_factor').length, 5);
    assert.equal(all.filter((it) => it === 'rate_limited').length, 95);
    const rightAway = await codeOf(secret, test.now());
    assert.deepEqual(await outcomes([prove(rightAway)]), ['rate_limited'], 'the right code, too');
    test.clock.move(901_000);
    await prove(await codeOf(secret, test.now()));
  });

  it('counts the guesses of an address for every user', async () => {
    await enrol();
    for (let n = 0; n < 5; n++) await outcomes([prove('000000', { address: '2001:db8::1' })]);
    const ofUser = (await test.api.firestore.db.collection('factorAttempts').get()).docs.find(({ id }) =>
      id.startsWith('user-'),
    );
    await ofUser?.ref.delete();
    assert.deepEqual(await outcomes([prove('000000', { address: '2001:db8::2' })]), ['rate_limited']);
    assert.deepEqual(await outcomes([prove('000000', { address: '2001:db8:1::1' })]), ['invalid_factor']);
  });

  it('forgets the guesses of an address after an hour, also where there is always another one', async () => {
    await enrol();
    const five = async () => {
      const { docs } = await test.api.firestore.db.collection('factorAttempts').get();
      for (const { ref, id } of docs) if (id.startsWith('user-')) await ref.delete();
      const all = await outcomes(Array.from({ length: 5 }, () => prove('000000')));
      return all.filter((it) => it === 'invalid_factor').length;
    };
    assert.equal(await five(), 5);
    for (let n = 0; n < 5; n++) {
      test.clock.move(600_000);
      assert.equal(await five(), 1);
    }
    test.clock.move(600_000);
    assert.equal(await five(), 5);
  });

  it('lists, renames and deletes it with a second factor only', async () => {
    const { factor } = await enrol();
    const path = `/v1/me/factors/${factor.id}`;
    const send = async (method: 'patch' | 'delete' | 'get', url: string, claims: object, body?: object) =>
      test.api
        .as()
        [method](url)
        .set('Authorization', `Bearer ${await test.idToken('member', claims)}`)
        .send(body);
    const list = async () => (await send('get', '/v1/me/factors', {})).body;
    assert.deepEqual(await list(), { factors: [factor], recoveryCodesLeft: 10 });
    assert.equal((await send('patch', path, {}, { name: 'Phone' })).body.code, 'step_up_required');
    assert.equal((await send('delete', path, {})).body.code, 'step_up_required');
    assert.equal((await send('patch', path, SECOND_FACTOR, { name: 'Phone' })).body.name, 'Phone');
    assert.equal((await send('delete', path, SECOND_FACTOR)).status, 204);
    assert.deepEqual(await list(), { factors: [], recoveryCodesLeft: 0 });
    assert.deepEqual((await test.api.entry('member')).factors, []);
    assert.equal((await send('delete', path, SECOND_FACTOR)).body.code, 'not_found');
  });

  it('enrols none with an old sign-in, or beside a factor that was not proved', async () => {
    const old = { auth_time: test.now() - 301 };
    assert.equal((await test.post('/me/factors/totp', {}, 'member', old)).body.code, 'step_up_required');
    await enrol();
    const refused = await test.post('/me/factors/totp', {}, 'member');
    assert.deepEqual(
      [refused.body.code, refused.body.stepUp.factors],
      ['step_up_required', ['totp', 'recovery-code']],
    );
    const { recoveryCodes } = await enrol(SECOND_FACTOR);
    assert.equal(recoveryCodes, undefined, 'the recovery codes stay');
  });

  it('ends the enrolment after ten minutes', async () => {
    const { secret } = await start();
    test.clock.move(601_000);
    assert.equal((await confirm(await codeOf(secret, test.now()))).body.code, 'not_found');
  });

  it('accepts a recovery code once, however it is typed', async () => {
    const { recoveryCodes } = await enrol();
    const typed = (recoveryCodes[3] as string).toLowerCase().replaceAll('-', ' ');
    const { deps } = test.api;
    const firestore = await test.api.firestore.open();
    const use = async (code: string, address: string) => {
      const prover = { user: 'member', address, principal: { issuer: 'x', subject: 'member' } };
      const proof = await deps.mfa.proveRecoveryCode(
        prover as Parameters<typeof deps.mfa.proveTotp>[0],
        code,
      );
      await firestore.db.runTransaction(async (tx) => (await proof.part(firestore, tx))());
    };
    const all = await outcomes([use(typed, '203.0.113.1'), use(recoveryCodes[3], '203.0.113.2')]);
    assert.deepEqual(all.toSorted(), ['done', 'invalid_factor']);
    assert.deepEqual(await outcomes([use('0000-0000-0000-0000-0000-0000', '203.0.113.3')]), [
      'invalid_factor',
    ]);
  });

  it('accepts a code although the key of another factor of the user was removed', async () => {
    const { secret } = await enrol();
    const [document] = await stored();
    // Encrypted for another factor, so it cannot be decrypted. Its id makes it the first one.
    await test.api.firestore.db.doc('factors/--').set({ ...document });
    test.clock.move(3600_000);
    await prove(await codeOf(secret, test.now()));
    await assert.rejects(prove('000000'), /another factor/);
  });

  it('lets an administrator reset them, and signs the user out', async () => {
    await enrol();
    const reset = async (who: 'admin' | 'support', uid = 'member') =>
      test.api
        .as()
        .delete(`/v1/users/${uid}/factors`)
        .set('Authorization', `Bearer ${await test.idToken(who)}`);
    assert.equal((await reset('support')).body.code, 'permission_denied');
    assert.equal((await reset('admin', 'admin')).body.code, 'own_account');
    assert.equal((await reset('admin')).status, 204);
    assert.deepEqual(await stored(), []);
    const { factors, validAfter } = await test.api.entry('member');
    assert.deepEqual([factors, validAfter > test.now()], [[], true]);
    assert.deepEqual((await test.events('factor.reset')).map(({ outcome }) => outcome).toSorted(), [
      ...['done', 'refused'],
    ]);
  });
});
