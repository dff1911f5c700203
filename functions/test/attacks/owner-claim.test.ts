import assert from 'node:assert/strict';
import { inspect } from 'node:util';
import { CODE_LIFETIME, createClaimCode } from '../../src/owner-claim/claim-code.ts';
import { type Api, accountOf, claimsOf, openApi } from '../helpers/api.ts';
import { mintIdToken } from '../helpers/google.ts';
import { assertProblem } from '../helpers/responses.ts';
import { createMovableClock, type MovableClock } from '../helpers/test-directory.ts';
import { call, openCallables } from '../unit/callable/call.ts';

/** Attempts to become the first owner without the code, or with a code that no longer counts. */

describe('claiming the first owner, attacked', () => {
  let api: Api;
  let clock: MovableClock;
  beforeEach(async () => {
    clock = createMovableClock();
    api = await openApi({ clock });
  });
  afterEach(() => api.close());

  const createCode = () => createClaimCode({ ...api.deps, ...api.deps.services });
  const claim = (who: Parameters<Api['as']>[0], code: unknown) =>
    api.as(who).post('/v1/claim-owner').send({ code });
  const ownerCount = async () =>
    ((await api.firestore.db.doc('system/owners').get()).get('uids') ?? []).length;

  it('makes an owner who can use the role with the next token, while the old token is stale', async () => {
    const { status, body } = await claim('member', await createCode());
    assert.deepEqual([status, body.roles, body.synced], [200, ['member', 'owner'], true]);
    assertProblem(await api.as('member').get('/v1/me'), 401, 'token_stale');
    const { rv, roles } = JSON.parse(api.google.users.get('member')?.customAttributes ?? '{}');
    const token = await mintIdToken({ ...claimsOf('member'), rv, roles });
    const { body: audit } = await api
      .as()
      .set('Authorization', `Bearer ${token}`)
      .get('/v1/audit?action=owner.claim');
    assert.equal(audit.events[0].actor, 'member');
  });

  it('answers a wrong, an expired and a missing code alike, but for the request id', async () => {
    const answers = [await claim('norole', 'no code was created')];
    const code = await createCode();
    answers.push(await claim('norole', `${code}x`), await claim('norole', code.toLowerCase()));
    clock.move(CODE_LIFETIME * 1000 + 2_000);
    const now = Math.floor(clock() / 1000);
    const token = await mintIdToken({ ...claimsOf('norole'), iat: now - 10, exp: now + 3_590 });
    answers.push(
      await api.as().set('Authorization', `Bearer ${token}`).post('/v1/claim-owner').send({ code }),
    );
    const shown = answers.map(({ status, body: { requestId: _, ...problem }, headers }) =>
      inspect([status, problem, headers['www-authenticate']]),
    );
    assert.equal(new Set(shown).size, 1, shown.join('\n'));
    assertProblem(answers[0] ?? assert.fail(), 403, 'invalid_claim_code');
  });

  it('accepts a code once, from one of many users who present it at once', async () => {
    const code = await createCode();
    const people = ['norole', 'member', 'support', 'auditor', 'admin'] as const;
    const answers = await Promise.all([...people, ...people].map((who) => claim(who, code)));
    const statuses = answers.map(({ status }) => status).toSorted();
    assert.deepEqual(statuses, [200, ...Array.from({ length: 9 }, () => 409)]);
    assert.equal(await ownerCount(), 1);
    const loser = people.find((_who, index) => [index, index + 5].every((n) => answers[n]?.status === 409));
    assertProblem(await claim(loser, code), 409, 'owner_exists');
  });

  it('refuses to guess on: 429 after ten attempts, also with the right code', async () => {
    const code = await createCode();
    for (let n = 0; n < 10; n++) assert.equal((await claim('norole', `guess ${n}`)).status, 403);
    assertProblem(await claim('norole', code), 429, 'rate_limited');
    assert.equal((await claim('member', code)).status, 200);
  });

  it('refuses anonymous callers, disabled accounts and unverified addresses', async () => {
    const code = await createCode();
    assertProblem(await claim(undefined, code), 401, 'unauthenticated');
    api.google.users.set('norole', { ...accountOf('norole'), disabled: true });
    assertProblem(await claim('norole', code), 401, 'invalid_token');
    const unverified = { ...accountOf('member'), emailVerified: false, providerUserInfo: [] };
    api.google.users.set('member', unverified);
    // The token says that the address is verified; the account decides.
    assertProblem(await claim('member', code), 403, 'permission_denied');
    assert.equal(await ownerCount(), 0);
  });

  it('refuses a user who is disabled in the directory only', async () => {
    await api.deps.users.get('support');
    const disable = { uid: 'support', action: 'user.disable' } as const;
    await api.deps.changeAccess({ kind: 'operator', requestId: 'r' }, disable, () => ({ disabled: true }));
    const { status } = await claim('support', await createCode());
    assert.deepEqual([status, await ownerCount()], [401, 0]);
  });

  it('refuses the Firebase account of an external user, which a token exchange created', async () => {
    const sub = `ext-${'a'.repeat(43)}`;
    api.google.users.set(sub, { localId: sub, email: 'ext@example.com', emailVerified: true });
    const signedIn = { subject_auth_time: Math.floor(clock() / 1000) - 60 };
    const token = await mintIdToken({ sub, user_id: sub, email: 'ext@example.com', ...signedIn });
    const answer = await api
      .as()
      .set('Authorization', `Bearer ${token}`)
      .post('/v1/claim-owner')
      .send({ code: await createCode() });
    assertProblem(answer, 403, 'permission_denied');
    assert.equal(await ownerCount(), 0);
  });

  const malformed: Record<string, object> = {
    'no code': {},
    'a number': { code: 1 },
    'a list': { code: ['x'] },
    'a long text': { code: 'x'.repeat(101) },
    'another field': { code: 'x', uid: 'norole' },
  };
  for (const [what, body] of Object.entries(malformed)) {
    it(`refuses ${what} in the body`, async () => {
      assertProblem(await api.as('norole').post('/v1/claim-owner').send(body), 400, 'invalid_argument');
    });
  }

  it('takes no code from the query', async () => {
    const code = await createCode();
    const answer = await api.as('norole').post(`/v1/claim-owner?code=${code}`).send({ code });
    assertProblem(answer, 400, 'invalid_argument');
  });

  it('writes the code to no log line, answer or document', async () => {
    const code = await createCode();
    await claim('norole', `${code}x`);
    const { body } = await claim('norole', code);
    const collections = await api.firestore.db.listCollections();
    const documents = await Promise.all(collections.map(async (one) => (await one.get()).docs));
    const all = inspect([api.lines, body, documents.flat().map((one) => one.data())], {
      depth: 10,
      maxStringLength: null,
    });
    assert.match(all, /owner\.claim/);
    assert.ok(!all.includes(code));
  });
});

describe('claiming the first owner by the callable', () => {
  it('gives the same answers as the HTTP API', async () => {
    const api = await openCallables();
    const claim = async (code: string) => {
      const { text } = await call(api, 'claimOwner', { code }, { as: 'norole' });
      return JSON.parse(text);
    };
    try {
      assert.equal((await claim('wrong')).error.details.code, 'invalid_claim_code');
      const code = await createClaimCode({ ...api.deps, ...api.deps.services });
      assert.deepEqual((await claim(code)).result.roles, ['owner']);
    } finally {
      await api.close();
    }
  });
});
