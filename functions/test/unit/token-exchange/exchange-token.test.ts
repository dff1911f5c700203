import assert from 'node:assert/strict';
import { createPublicKey } from 'node:crypto';
import { jwtVerify } from 'jose';
import { accounts, breakFirebaseAuth, serveAccounts } from '../../helpers/api.ts';
import {
  claimsOf,
  type ExchangeApi,
  grant,
  idOf,
  openExchangeApi,
  outcome,
  SIGN_BLOB,
} from '../../helpers/exchange-api.ts';
import { googleKey, mintIdToken } from '../../helpers/google.ts';
import { createMovableClock } from '../../helpers/test-directory.ts';

const ADA = idOf('ada');
let api: ExchangeApi;
let clock: ReturnType<typeof createMovableClock>;
const open = async () => {
  clock = createMovableClock();
  api = await openExchangeApi({ clock });
};
const close = () => api.close();
const now = () => Math.floor(clock() / 1000);

const events = async (action: string) =>
  (await api.firestore.db.collection('auditEvents').where('action', '==', action).get()).docs.map((event) =>
    event.data(),
  );

describe('an exchanged token', () => {
  beforeEach(open);
  afterEach(close);

  it('is a custom token for the directory id with the time of the sign-in and no roles', async () => {
    const auth_time = now() - 40;
    const { status, body } = await api.exchange(await api.mint({ groups: ['helpers'], auth_time }));
    assert.equal(status, 200);
    const { access_token: token, ...rest } = body;
    assert.deepEqual(rest, {
      ...{ issued_token_type: 'urn:ietf:params:oauth:token-type:jwt', token_type: 'N_A', expires_in: 3600 },
    });
    const { payload } = await jwtVerify(token, createPublicKey(googleKey.publicPem));
    assert.equal(payload.uid, ADA);
    assert.deepEqual(Object.keys(payload).sort(), ['aud', 'claims', 'exp', 'iat', 'iss', 'sub', 'uid']);
    assert.deepEqual(payload.claims, { subject_auth_time: auth_time });
  });

  it('comes after the roles are in the custom claims, until the subject token expires', async () => {
    const exp = now() + 1800;
    const uid = await api.exchanged(['team', 'helpers'], { exp });
    const roles = ['member', 'support'];
    assert.deepEqual(api.claims(uid), { roles, rv: 1, rx: { member: exp, support: exp } });
    const { grants, pending } = await api.entry();
    assert.deepEqual(
      grants.map(({ role, grantedBy, expiresAt, reason }) => [role, grantedBy, expiresAt, reason]),
      roles.map((role) => [role, 'https://login.example.com', exp, 'token exchange']),
    );
    assert.deepEqual(pending, []);
    const me = await api
      .as()
      .get('/v1/me')
      .set('Authorization', `Bearer ${await api.idToken(uid, { subject_auth_time: now() - 60 })}`);
    assert.deepEqual([me.status, me.body.roles, me.body.uid], [200, roles, ADA]);
  });

  it('includes grants of the directory', async () => {
    await api.exchanged([]);
    await api.edit(ADA, { grants: [grant('admin')] });
    await api.exchanged(['team']);
    assert.deepEqual(api.claims().roles, ['admin', 'member']);
  });

  it('is for the same account each time, and writes nothing while the grants last', async () => {
    const uids = [await api.exchanged(['team']), await api.exchanged(['team'])];
    assert.deepEqual(uids, [ADA, ADA]);
    assert.equal((await api.entry()).rolesVersion, 1);
    assert.equal(api.google.count('/accounts'), 1);
  });

  it('removes a role that the issuer no longer gives', async () => {
    await api.exchanged(['team', 'helpers']);
    await api.exchanged(['team']);
    assert.deepEqual([api.claims().roles, api.claims().rv], [['member'], 2]);
  });

  it('is for two accounts with one subject of two issuers', async () => {
    const other = await api.mint({ iss: 'https://scoped.example.com', scope: 'all', groups: ['team'] });
    const { body } = await api.exchange(other);
    assert.notEqual(claimsOf(body.access_token).uid, await api.exchanged(['team']));
  });

  it('is in the audit log and in the log, without any token', async () => {
    const token = await api.mint({ groups: ['team'] });
    const { body, headers } = await api.exchange(token);
    const [event, ...more] = await events('token.exchange');
    assert.deepEqual(more, []);
    assert.deepEqual(
      [event?.actor, event?.target, event?.issuer, event?.requestId, event?.after.uid],
      [ADA, ADA, 'https://login.example.com', headers['x-request-id'], ADA],
    );
    const line = api.lines.find(({ action }) => action === 'token.exchange');
    assert.deepEqual([line?.outcome, line?.actor], ['done', ADA]);
    const kept = JSON.stringify([event, api.lines]);
    for (const part of [...token.split('.'), ...body.access_token.split('.')])
      assert.ok(!kept.includes(part));
  });

  it('of twenty concurrent requests on two instances is for one account and one entry', async () => {
    const token = await api.mint({ groups: ['team'] });
    const other = api.another();
    const answers = await Promise.all(
      Array.from({ length: 20 }, (_, index) => api.exchange(token, {}, index % 2 ? api.deps : other)),
    );
    const done = answers.filter(({ status }) => status === 200);
    assert.ok(done.length >= 1 && done.length <= 10, `${done.length} done`);
    assert.deepEqual(new Set(done.map(({ body }) => claimsOf(body.access_token).uid)), new Set([ADA]));
    // Too many, or too many in each other's way.
    for (const { status } of answers) assert.ok([200, 429, 503].includes(status), String(status));
    assert.deepEqual([(await events('user.provision')).length, (await api.entry()).rolesVersion], [1, 1]);
    assert.deepEqual([api.claims().roles, api.claims().rv], [['member'], 1]);
  }).timeout(30_000);
});

describe('an exchange is refused', () => {
  beforeEach(open);
  afterEach(close);

  const TYPES = 'urn:ietf:params:oauth:token-type:';
  const ofNobody = new Set([
    ...['of a forged token', 'of something that is no token', 'of a token that has ended'],
    ...['of a token for another audience', 'of an unknown issuer'],
  ]);
  const tokens: Record<string, readonly [() => Promise<string>, fields?: Record<string, unknown>]> = {
    'of a forged token': [async () => `${(await api.mint()).slice(0, -8)}AAAAAAAA`],
    'of something that is no token': [async () => 'no-token'],
    'of a token that has ended': [() => api.mint({ exp: now() - 1 })],
    'of a token for another audience': [() => api.mint({ aud: 'another' })],
    'of an unknown issuer': [() => api.mint({ iss: 'https://stranger.example.com' })],
    'of an issuer without token exchange': [() => api.mint({ iss: 'https://closed.example.com' })],
    'of a service': [() => api.mint({ gty: 'client-credentials' })],
    'of Firebase’s own token': [() => mintIdToken({ sub: 'member' })],
    'of an access token that is said to be an ID token': [
      () => api.mint(),
      { subject_token_type: `${TYPES}id_token` },
    ],
    'of an ID token that is said to be an access token': [() => api.mint({ iss: 'https://ids.example.com' })],
    'of a token with scopes that leave out a permission of its user': [
      () => api.mint({ iss: 'https://scoped.example.com', groups: ['team'], scope: 'read' }),
    ],
    'of a token with unmapped scopes': [
      () => api.mint({ iss: 'https://scoped.example.com', groups: ['team'] }),
    ],
  };
  for (const [what, [mint, fields]] of Object.entries(tokens)) {
    it(`${what}: without a reason for the caller, and nothing is created`, async () => {
      const { status, body } = await api.exchange(await mint(), fields);
      const { requestId: _, ...said } = body;
      assert.equal(status, 400);
      assert.deepEqual(said, {
        ...{
          type: 'https://gatehouse-test.web.app/api/v1/errors/invalid_request',
          title: 'The request is malformed',
          status: 400,
        },
        ...{ code: 'invalid_request', detail: 'The subject token cannot be exchanged.' },
        ...{ error: 'invalid_request', error_description: 'The subject token cannot be exchanged.' },
      });
      assert.equal(api.google.count('/accounts') + api.google.count(':signBlob'), 0);
      const recorded = await events('token.exchange');
      assert.deepEqual(
        recorded.map(({ outcome, code }) => [outcome, code]),
        ofNobody.has(what) ? [] : [['refused', undefined]],
      );
    });
  }

  it('but not for an ID token with its type and an issuer profile for ID tokens', async () => {
    const token = await api.mint({ iss: 'https://ids.example.com', groups: ['team'] });
    for (const type of ['id_token', 'jwt']) {
      const answer = await api.exchange(token, { subject_token_type: TYPES + type });
      assert.equal(outcome(answer), '200', answer.text);
    }
  });

  it('but not when the scopes include all permissions of the user', async () => {
    const token = await api.mint({ iss: 'https://scoped.example.com', groups: ['team'], scope: 'read all' });
    assert.equal(outcome(await api.exchange(token)), '200');
  });

  it('of a user who was disabled, signed out or deleted, with an old or a cached token', async () => {
    const token = await api.mint({ groups: ['team'] });
    assert.equal(outcome(await api.exchange(token)), '200');
    await api.edit(ADA, { revoke: true });
    assert.equal(outcome(await api.exchange(token)), '400 invalid_request');
    clock.move(2_000);
    const again = await api.mint({ iat: now() });
    assert.equal(outcome(await api.exchange(again)), '200');
    await api.edit(ADA, { disabled: true });
    for (const each of [again, await api.mint({ iat: now() + 2, jti: '3' })]) {
      assert.equal(outcome(await api.exchange(each)), '400 invalid_request');
    }
    await api.edit(ADA, { disabled: false });
    await api.edit(ADA, { remove: true });
    assert.equal(outcome(await api.exchange(again)), '400 invalid_request');
    assert.equal(api.google.users.has(ADA), false);
    const recorded = (await events('token.exchange')).filter(({ outcome }) => outcome === 'refused');
    assert.deepEqual(
      recorded.map(({ actor, target, issuer }) => [actor, target, issuer]),
      recorded.map(() => [ADA, ADA, 'https://login.example.com']),
    );
    assert.deepEqual(new Set(recorded.map(({ reason }) => reason)), new Set(['revoked', 'account-disabled']));
  });

  it('the eleventh time in a minute, counted per user over all instances', async () => {
    const token = await api.mint();
    const other = api.another();
    for (let count = 1; count <= 10; count++) {
      assert.equal(outcome(await api.exchange(token, {}, count % 2 ? api.deps : other)), '200', `${count}`);
    }
    for (const deps of [api.deps, other]) {
      const answer = await api.exchange(token, {}, deps);
      assert.equal(outcome(answer), '429 rate_limited');
      const wait = Number(answer.headers['retry-after']);
      assert.ok(wait >= 1 && wait <= 60, String(wait));
    }
    assert.equal(outcome(await api.exchange(await api.mint({ sub: 'bea' }))), '200');
    const recorded = (await events('token.exchange')).map(({ outcome, reason }) => reason ?? outcome);
    assert.deepEqual(recorded.toSorted(), [...Array(11).fill('done'), ...Array(2).fill('rate_limited')]);
    const answer = await api.exchange(token, {}, api.another());
    assert.equal(outcome(answer), '429 rate_limited', 'an instance that has just started knows, too');
  }).timeout(30_000);
});

describe('an exchange while a service is down', () => {
  beforeEach(open);
  afterEach(close);

  it('is 503 without the issuer’s keys, and creates no entry', async () => {
    api.keys.answer((_req, res) => void res.writeHead(500).end());
    assert.equal(outcome(await api.exchange(await api.mint())), '503 unavailable');
    assert.deepEqual(await events('user.provision'), []);
  });

  it('gives no token while the claims cannot be written, and the next one completes', async () => {
    await api.exchanged([]);
    api.google.answer(accounts('update'), () => (res) => res.writeHead(500).end('{}'));
    const token = await api.mint({ groups: ['team'] });
    assert.equal(outcome(await api.exchange(token)), '503 unavailable');
    assert.equal(api.google.count(':signBlob'), 1);
    assert.deepEqual((await api.entry()).pending, ['claims']);
    serveAccounts(api.google);
    assert.equal(outcome(await api.exchange(token)), '200');
    assert.deepEqual(api.claims().roles, ['member']);
  });

  it('is 503 when Google does not sign, and when Firebase Auth is down', async () => {
    api.google.answer(SIGN_BLOB, () => (res) => res.writeHead(403).end('{}'));
    assert.equal(outcome(await api.exchange(await api.mint())), '503 unavailable');
    breakFirebaseAuth(api.google);
    assert.equal(outcome(await api.exchange(await api.mint({ sub: 'bea' }))), '503 unavailable');
  });
});

describe('an account that a token exchange created', () => {
  beforeEach(open);
  afterEach(close);

  it('and left without claims is completed by the next exchange', async () => {
    api.google.users.set(ADA, { localId: ADA });
    await api.exchanged(['team']);
    assert.deepEqual(api.claims().roles, ['member']);
  });

  it('is disabled, and no token given, when the user is disabled meanwhile', async () => {
    const path = '/v1/projects/gatehouse-test/accounts';
    api.google.answer(path, (_req, body) => {
      const { localId } = JSON.parse(body);
      return (res) => {
        api.edit(ADA, { disabled: true }).then(() => {
          api.google.users.set(localId, { localId });
          res.writeHead(200, { 'Content-Type': 'application/json' }).end(JSON.stringify({ localId }));
        });
      };
    });
    assert.equal(outcome(await api.exchange(await api.mint())), '400 invalid_request');
    assert.equal(api.google.users.get(ADA)?.disabled, true);
    assert.deepEqual((await api.entry()).pending, []);
  });

  it('stays disabled when it was disabled in the Firebase console, and gets no token', async () => {
    await api.exchanged(['team']);
    api.google.users.set(ADA, { ...(api.google.users.get(ADA) ?? assert.fail()), disabled: true });
    assert.equal(outcome(await api.exchange(await api.mint({ groups: ['helpers'] }))), '400 invalid_request');
    assert.equal(api.google.users.get(ADA)?.disabled, true);
  });

  it('is enabled first when that is pending', async () => {
    await api.exchanged(['team']);
    await api.edit(ADA, { disabled: true });
    api.google.answer(accounts('update'), () => (res) => res.writeHead(500).end('{}'));
    await api.edit(ADA, { disabled: false });
    assert.deepEqual((await api.entry()).pending, ['disabled']);
    serveAccounts(api.google);
    clock.move(2_000);
    assert.equal(outcome(await api.exchange(await api.mint({ groups: ['team'], iat: now() }))), '200');
    assert.equal(api.google.users.get(ADA)?.disabled, false);
  });

  it('is removed again, and no token given, when the user is deleted meanwhile', async () => {
    const path = '/v1/projects/gatehouse-test/accounts';
    api.google.answer(path, (_req, body) => {
      const { localId } = JSON.parse(body);
      return (res) => {
        api.edit(ADA, { remove: true }).then(() => {
          api.google.users.set(localId, { localId });
          res.writeHead(200, { 'Content-Type': 'application/json' }).end(JSON.stringify({ localId }));
        });
      };
    });
    assert.equal(outcome(await api.exchange(await api.mint())), '400 invalid_request');
    assert.equal(api.google.users.has(ADA), false);
    assert.equal(await api.deps.directory.find(ADA), undefined);
  });
});
