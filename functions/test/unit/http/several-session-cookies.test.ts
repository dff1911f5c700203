import assert from 'node:assert/strict';
import type { Response } from 'supertest';
import { type Api, ORIGIN, openApi, type Person } from '../../helpers/api.ts';

const HOST = 'auth.shop.example';
const REMOVED = [
  '__session=; Max-Age=0; Domain=auth.shop.example; Path=/; HttpOnly; Secure; SameSite=Lax',
  '__session=; Max-Age=0; Domain=shop.example; Path=/; HttpOnly; Secure; SameSite=Lax',
];

/** Another host of the domain has set one, or SESSION_COOKIE_DOMAIN was changed. Browsers send both, in any order. */
describe('http: a browser with several session cookies', () => {
  let api: Api;
  beforeEach(async () => {
    api = await openApi();
  });
  afterEach(() => api.close());

  const headersOf = ({ headers }: Response) => (headers['set-cookie'] ?? []) as unknown as string[];
  const signIn = (who: Person, cookie = '') =>
    api.as(who).post('/v1/sessions').set('Host', HOST).set('Cookie', cookie);
  const statusOf = async (cookie: string) =>
    (await api.as().get('/v1/sessions/current').set('Cookie', cookie)).status;
  const signOut = (cookie: string, origin = ORIGIN) =>
    api.as().delete('/v1/sessions/current').set({ Host: HOST, Cookie: cookie, Origin: origin });

  async function begin(who: Person): Promise<string> {
    return headersOf(await signIn(who))[0]?.split(';')[0] ?? '';
  }

  for (const order of ['its own first', 'the other first']) {
    it(`is refused, and repaired by the next sign-in: ${order}`, async () => {
      const both = [await begin('member'), await begin('support')];
      const cookie = (order === 'its own first' ? both : both.toReversed()).join('; ');
      assert.equal(await statusOf(cookie), 400);
      const answer = await signIn('member', cookie);
      const [last = '', ...others] = headersOf(answer).toReversed();
      assert.deepEqual(others.toReversed(), REMOVED);
      assert.match(last, /^__session=gs1_[\w-]{43}; Max-Age=1209600; Path=\//);
      assert.equal(await statusOf(last.split(';')[0] ?? ''), 200);
      for (const old of both) assert.equal(await statusOf(old), 401);
    });
  }

  it('is signed out of all of them, by a page of an allowed origin', async () => {
    const both = [await begin('member'), await begin('support')];
    assert.equal((await signOut(both.join('; '), 'https://evil.example')).status, 403);
    for (const one of both) assert.equal(await statusOf(one), 200);
    const answer = await signOut(both.join('; '));
    assert.equal(answer.status, 204);
    assert.equal(headersOf(answer).length, 3);
    assert.ok(headersOf(answer).every((header) => header.startsWith('__session=; Max-Age=0; ')));
    for (const one of both) assert.equal(await statusOf(one), 401);
  });

  it('looks up no more than four, however many a client sends', async () => {
    const own = await begin('member');
    const invented = Array.from({ length: 4 }, (_, n) => `__session=gs1_${String(n).padStart(43, 'a')}`);
    assert.equal((await signOut([...invented, own].join('; '))).status, 204);
    assert.equal(await statusOf(own), 200);
    assert.equal((await signOut([...invented.slice(1), own].join('; '))).status, 204);
    assert.equal(await statusOf(own), 401);
  });

  it('leaves the one cookie of other browsers to the usual answer', async () => {
    const own = await begin('member');
    assert.equal(headersOf(await signIn('member', own)).length, 1);
  });
});
