import assert from 'node:assert/strict';
import type { Response } from 'supertest';
import { ERRORS, type ErrorCode } from '../../../src/core/errors.ts';
import { type Api, claimsOf, ORIGIN, openApi, type Person } from '../../helpers/api.ts';
import { mintIdToken } from '../../helpers/google.ts';
import { assertProblem as assertAnswer } from '../../helpers/responses.ts';
import { createMovableClock, type MovableClock } from '../../helpers/test-directory.ts';

/** The cookie that an answer sets, as a browser sends it back. */
function cookieOf({ headers }: Response): string {
  const [header = assert.fail('no cookie')] = (headers['set-cookie'] ?? []) as unknown as string[];
  return header.split(';')[0] ?? '';
}

const assertProblem = (answer: Response, code: ErrorCode) => assertAnswer(answer, ERRORS[code].status, code);

describe('http: sessions', () => {
  let api: Api;
  let clock: MovableClock;
  beforeEach(async () => {
    clock = createMovableClock();
    api = await openApi({ clock });
  });
  afterEach(() => api.close());

  const request = () => api.as();
  const signIn = (who: Person, cookie?: string) => {
    const sent = api.as(who).post('/v1/sessions');
    return (cookie === undefined ? sent : sent.set('Cookie', cookie)).send();
  };
  const current = (cookie: string) => request().get('/v1/sessions/current').set('Cookie', cookie);
  const signOut = (cookie: string, csrfToken?: string) => {
    const sent = request().delete('/v1/sessions/current').set('Cookie', cookie).set('Origin', ORIGIN);
    return csrfToken === undefined ? sent : sent.set('X-CSRF-Token', csrfToken);
  };

  it('begins with a bearer token, and authenticates other operations', async () => {
    const created = await signIn('member');
    assert.equal(created.status, 200, created.text);
    const [header = ''] = created.headers['set-cookie'] ?? [];
    assert.match(
      header,
      /^__session=gs1_[\w-]{43}; Max-Age=1209600; Path=\/; HttpOnly; Secure; SameSite=Lax$/,
    );
    assert.equal(created.headers['cache-control'], 'private, no-store');
    const { uid, roles, permissions, assurance, csrfToken } = created.body;
    assert.deepEqual([uid, roles, assurance.level], ['member', ['member'], 'aal1']);
    assert.ok(permissions.includes('notes:write') && !created.text.includes('gs1_'));
    const cookie = cookieOf(created);
    assert.deepEqual((await current(cookie)).body, created.body);
    const me = await request().get('/v1/me').set('Cookie', cookie);
    assert.deepEqual([me.status, me.body.uid], [200, 'member']);
    const note = { title: 'a', body: 'b' };
    const sent = request().post('/v1/notes').set('Cookie', cookie).set('Origin', ORIGIN);
    assert.equal((await sent.set('X-CSRF-Token', csrfToken).send(note)).status, 201);
  });

  it('needs a sign-in of the last five minutes', async () => {
    const now = Math.floor(clock() / 1000);
    const token = await mintIdToken({ ...claimsOf('member'), auth_time: now - 301 });
    const old = await request().post('/v1/sessions').set('Authorization', `Bearer ${token}`);
    assertProblem(old, 'step_up_required');
    assertProblem(await request().post('/v1/sessions'), 'unauthenticated');
    assert.equal(old.headers['set-cookie'], undefined);
  });

  it('does not begin with a cookie, which alone proves no sign-in', async () => {
    const { headers, body } = await signIn('member').then((created) => ({
      headers: { Cookie: cookieOf(created), Origin: ORIGIN, 'X-CSRF-Token': created.body.csrfToken },
      body: created.body,
    }));
    assert.ok(body.id);
    assertProblem(await request().post('/v1/sessions').set(headers), 'unauthenticated');
    assertProblem(await request().post('/v1/sessions/current/step-up').set(headers), 'unauthenticated');
  });

  it('ends with the next sign-in in the same browser', async () => {
    const first = cookieOf(await signIn('member'));
    const second = cookieOf(await signIn('support', first));
    assertProblem(await current(first), 'invalid_token');
    assert.equal((await current(second)).body.uid, 'support');
  });

  it('ends when the user signs out, which removes the cookie', async () => {
    const created = await signIn('member');
    const cookie = cookieOf(created);
    assertProblem(await signOut(cookie), 'csrf_failed');
    const elsewhere = request().delete('/v1/sessions/current').set('Cookie', cookie);
    assertProblem(await elsewhere.set('X-CSRF-Token', created.body.csrfToken), 'csrf_failed');
    assert.equal((await current(cookie)).status, 200);
    const ended = await signOut(cookie, created.body.csrfToken);
    assert.equal(ended.status, 204, ended.text);
    assert.match(
      ended.headers['set-cookie']?.[0] ?? '',
      /^__session=; Max-Age=0; Path=\/; HttpOnly; Secure; SameSite=Lax$/,
    );
    assertProblem(await current(cookie), 'invalid_token');
  });

  it('can be signed out without a token when it has ended, from an allowed page only', async () => {
    const created = await signIn('member');
    const cookie = cookieOf(created);
    clock.move(43_200_000);
    const elsewhere = request().delete('/v1/sessions/current').set('Cookie', cookie);
    assertProblem(await elsewhere, 'csrf_failed');
    assert.equal((await signOut(cookie)).status, 204);
    assert.equal((await signOut(cookie)).status, 204);
    assert.equal((await signOut(`__session=gs1_${'A'.repeat(43)}`)).status, 204);
    assert.equal((await signOut('theme=dark')).status, 204);
    assert.deepEqual((await api.firestore.db.collection('sessions').get()).docs, []);
  });

  it('replaces several cookies at the next sign-in, and ends all at a sign-out', async () => {
    const both = [cookieOf(await signIn('member')), cookieOf(await signIn('support'))] as const;
    assertProblem(await current(both.join('; ')), 'invalid_request');
    const only = cookieOf(await signIn('member', both.join('; ')));
    for (const cookie of both) assertProblem(await current(cookie), 'invalid_token');
    const another = cookieOf(await signIn('support'));
    const elsewhere = request().delete('/v1/sessions/current').set('Cookie', `${only}; ${another}`);
    assertProblem(await elsewhere, 'csrf_failed');
    assert.equal((await signOut(`${only}; ${another}`)).status, 204);
    for (const cookie of [only, another]) assertProblem(await current(cookie), 'invalid_token');
  });

  it('is 404 for a caller with a token alone', async () => {
    assertProblem(await api.as('member').get('/v1/sessions/current'), 'not_found');
    assertProblem(await api.as('member').post('/v1/sessions/current/step-up'), 'not_found');
  });

  it('gets a new cookie when the roles change, and its user sees the whole session', async () => {
    const created = await signIn('member');
    const change = { grants: [{ role: 'support' }], version: 1 };
    const changed = await api.as('owner').put('/v1/users/member/roles').send(change);
    assert.equal(changed.status, 200, changed.text);
    const rotated = await current(cookieOf(created));
    const cookie = cookieOf(rotated);
    assert.notEqual(cookie, cookieOf(created));
    assert.deepEqual(rotated.body, {
      ...created.body,
      roles: ['support'],
      permissions: rotated.body.permissions,
    });
    assert.deepEqual((await current(cookie)).body, rotated.body);
    assert.equal((await current(cookieOf(created))).status, 200);
    clock.move(31_000);
    assertProblem(await current(cookieOf(created)), 'invalid_token');
    assert.equal((await current(cookie)).status, 200);
  });

  it('is raised by a second factor, under a new cookie', async () => {
    const created = await signIn('member');
    const token = await mintIdToken({
      ...claimsOf('member'),
      firebase: { identities: {}, sign_in_provider: 'password', sign_in_second_factor: 'totp' },
    });
    const raised = await request()
      .post('/v1/sessions/current/step-up')
      .set('Cookie', cookieOf(created))
      .set('Authorization', `Bearer ${token}`);
    assert.equal(raised.status, 200, raised.text);
    assert.equal(raised.body.assurance.level, 'aal2');
    assert.equal((await current(cookieOf(raised))).body.assurance.level, 'aal2');
    const other = await api
      .as('support')
      .post('/v1/sessions/current/step-up')
      .set('Cookie', cookieOf(raised));
    assertProblem(other, 'permission_denied');
  });

  it('lives for 13 hours of activity, and never beyond its absolute end', async () => {
    const cookie = cookieOf(await signIn('member'));
    for (let hours = 0; hours < 13; hours++) {
      assert.equal((await current(cookie)).status, 200);
      clock.move(3_600_000);
    }
    const { body } = await current(cookie);
    clock.move(11 * 3_600_000);
    assert.equal((await current(cookie)).status, 200);
    clock.move(Date.parse(body.endsAt) - clock());
    assertProblem(await current(cookie), 'invalid_token');
  });
});
