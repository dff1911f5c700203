import assert from 'node:assert/strict';
import supertest from 'supertest';
import { csrfTokenOf } from '../../../src/authn/session-cookie/csrf.ts';
import { createApp } from '../../../src/http/app.ts';
import { actor } from '../../helpers/actor.ts';
import { type Api, accountOf, ORIGIN, openApi, type Person } from '../../helpers/api.ts';
import { fetchGoogleAt } from '../../helpers/google.ts';
import { recordingLog } from '../../helpers/log.ts';
import { openInstance } from '../../helpers/open-instance.ts';
import { assertProblem } from '../../helpers/responses.ts';
import { createMovableClock, type MovableClock } from '../../helpers/test-directory.ts';

describe('http: devices', () => {
  let api: Api;
  let clock: MovableClock;
  beforeEach(async () => {
    clock = createMovableClock();
    api = await openApi({ clock });
  });
  afterEach(() => api.close());

  /** Signs a user in on another device. */
  async function signIn(who: Person) {
    const { value, session } = await api.deps.sessions.create(actor(who, []), { replaces: [] });
    const headers = {
      Cookie: `__session=${value}`,
      Origin: ORIGIN,
      'X-CSRF-Token': csrfTokenOf(session),
    };
    return { id: session.id, headers, page: () => api.as().set(headers) };
  }
  const statusOf = async ({ page }: { page: () => ReturnType<Api['as']> }) =>
    (await page().get('/v1/me')).status;
  const isCleared = ({ headers }: { headers: Record<string, unknown> }) =>
    /^__session=; Max-Age=0;/.test(String(headers['set-cookie'] ?? ''));

  it('lists the sessions without a hash, a key or a value', async () => {
    const [laptop, phone] = [await signIn('member'), await signIn('member')];
    const { body, text } = await laptop.page().get('/v1/me/sessions');
    assert.deepEqual(
      new Map(body.sessions.map(({ id, current }: Record<string, unknown>) => [id, current])),
      new Map([
        [laptop.id, true],
        [phone.id, false],
      ]),
    );
    assert.deepEqual(Object.keys(body.sessions[0]).toSorted(), [
      ...['assuranceLevel', 'createdAt', 'current', 'endsAt', 'id', 'lastSeenAt'],
    ]);
    for (const document of (await api.firestore.db.collection('sessions').get()).docs) {
      assert.ok(!text.includes(document.id) && !text.includes(document.get('csrfKey')));
    }
  });

  it('shows browser, system and network of the sign-in, and stores no more of them', async () => {
    const userAgent = 'Mozilla/5.0 (Windows NT 10.0; Win64; x64; rv:145.0) Gecko/20100101 Firefox/145.0';
    const created = await api
      .as('member')
      .post('/v1/sessions')
      .set({ 'User-Agent': userAgent, 'X-Forwarded-For': '198.51.100.7, 203.0.113.57' });
    assert.equal(created.status, 200, created.text);
    const { body } = await api.as('member').get('/v1/me/sessions');
    const [{ id, browser, os, network }] = body.sessions;
    assert.deepEqual([id, browser, os, network], [created.body.id, 'Firefox', 'Windows', '203.0.113.0/24']);
    const stored = (await api.firestore.db.collection('sessions').get()).docs.map((one) => one.data());
    assert.doesNotMatch(JSON.stringify(stored), /145|Mozilla|113\.57|198\.51/);
  });

  it('applies on another instance when its feed is read, with the session in its memory', async () => {
    const [laptop, phone, tablet] = [await signIn('member'), await signIn('member'), await signIn('member')];
    const { app, url } = api.google;
    const { log } = recordingLog();
    const outside = { app, firestore: api.firestore.open, log, clock, fetch: fetchGoogleAt(url) };
    const another = supertest.agent(createApp(openInstance(api.deps.config, outside)));
    const statusThere = async ({ headers }: { headers: Record<string, string> }) =>
      (await another.get('/v1/me').set({ ...headers, 'X-Forwarded-Proto': 'https' })).status;
    const statuses = async () => [
      await statusThere(laptop),
      await statusThere(phone),
      await statusThere(tablet),
    ];
    assert.deepEqual(await statuses(), [200, 200, 200]);
    await laptop.page().delete(`/v1/me/sessions/${phone.id}`);
    clock.move(10_000);
    assert.deepEqual(await statuses(), [200, 401, 200]);
    await laptop.page().post('/v1/me/revoke').send({ except: 'current' });
    clock.move(10_000);
    assert.deepEqual(await statuses(), [200, 401, 401]);
  });

  it('marks Firebase sign-ins as current for an ID token, and no session', async () => {
    const phone = await signIn('member');
    const account = { ...accountOf('member'), lastLoginAt: String(clock()) };
    api.google.users.set('member', account);
    const { body } = await api.as('member').get('/v1/me/sessions');
    assert.equal(body.firebaseSignIns.current, true);
    assert.deepEqual(
      body.sessions.map(({ id, current }: Record<string, unknown>) => [id, current]),
      [[phone.id, false]],
    );
    assert.equal((await phone.page().get('/v1/me/sessions')).body.firebaseSignIns.current, false);
  });

  it('ends another device, and keeps the cookie of this one', async () => {
    const [laptop, phone] = [await signIn('member'), await signIn('member')];
    const answer = await laptop.page().delete(`/v1/me/sessions/${phone.id}`);
    assert.deepEqual([answer.status, isCleared(answer)], [204, false]);
    assert.deepEqual([await statusOf(phone), await statusOf(laptop)], [401, 200]);
    assertProblem(await laptop.page().delete(`/v1/me/sessions/${phone.id}`), 404, 'not_found');
  });

  it('removes the cookie when it ends its own session', async () => {
    const laptop = await signIn('member');
    const answer = await laptop.page().delete(`/v1/me/sessions/${laptop.id}`);
    assert.deepEqual([answer.status, isCleared(answer)], [204, true]);
    assert.equal(await statusOf(laptop), 401);
  });

  it('refuses a session of another user as one that does not exist', async () => {
    const [mine, other] = [await signIn('member'), await signIn('support')];
    const { text: refused, ...answer } = await mine.page().delete(`/v1/me/sessions/${other.id}`);
    assertProblem({ ...answer, text: refused }, 404, 'not_found');
    const unknown = await mine.page().delete('/v1/me/sessions/5f2c9b1e-7d34-4c0a-9e51-3b8a6f0d2c47');
    const withoutId = (text: string) => text.replace(/"requestId":"[^"]+"/, '');
    assert.equal(withoutId(refused), withoutId(unknown.text));
    assert.equal(await statusOf(other), 200);
  });

  it('refuses what is no id of a session, and a change without the CSRF token', async () => {
    const laptop = await signIn('member');
    assertProblem(await laptop.page().delete('/v1/me/sessions/current'), 400, 'invalid_argument');
    const forged = laptop.page().delete(`/v1/me/sessions/${laptop.id}`).unset('X-CSRF-Token');
    assertProblem(await forged, 403, 'csrf_failed');
    assert.equal(await statusOf(laptop), 200);
  });

  it('signs out everywhere else, and answers with the user', async () => {
    const [laptop, phone] = [await signIn('member'), await signIn('member')];
    const answer = await laptop.page().post('/v1/me/revoke').send({ except: 'current' });
    assert.deepEqual([answer.status, answer.body.uid, isCleared(answer)], [200, 'member', false]);
    assert.deepEqual([await statusOf(phone), await statusOf(laptop)], [401, 200]);
    assert.equal((await api.as('member').get('/v1/me')).status, 401);
    assert.deepEqual(
      (await laptop.page().get('/v1/me/sessions')).body.sessions.map(({ id }: { id: string }) => id),
      [laptop.id],
    );
  });

  it('signs out everywhere, and removes the cookie', async () => {
    const laptop = await signIn('member');
    const answer = await laptop.page().post('/v1/me/revoke');
    assert.deepEqual([answer.status, isCleared(answer)], [200, true]);
    assert.equal(await statusOf(laptop), 401);
  });

  it('cannot keep a session for a bearer token', async () => {
    const answer = await api.as('member').post('/v1/me/revoke').send({ except: 'current' });
    const { errors } = assertProblem(answer, 400, 'invalid_argument');
    assert.deepEqual(
      errors?.map(({ field }) => field),
      ['body.except'],
    );
    assert.equal((await api.as('member').get('/v1/me')).status, 200);
  });

  it('lets support staff list and end the sessions of a user, and no other', async () => {
    const [phone, tablet] = [await signIn('member'), await signIn('member')];
    const { body } = await api.as('support').get('/v1/users/member/sessions');
    assert.deepEqual(
      body.sessions.map(({ id }: { id: string }) => id).toSorted(),
      [phone.id, tablet.id].toSorted(),
    );
    const path = `/v1/users/member/sessions/${phone.id}`;
    assertProblem(await api.as('auditor').delete(path), 403, 'permission_denied');
    assertProblem(await api.as('auditor').get('/v1/users/member/sessions'), 403, 'permission_denied');
    assertProblem(await api.as('support').get('/v1/users/stranger/sessions'), 404, 'not_found');
    assert.equal((await api.as('support').delete(path)).status, 204);
    assert.deepEqual([await statusOf(phone), await statusOf(tablet)], [401, 200]);
  });
});
