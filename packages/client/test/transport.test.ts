import assert from 'node:assert/strict';
import {
  type Answer,
  type ClientModule,
  loadClient,
  type SentRequest,
  scriptedFetch,
} from './load-client.ts';

const baseUrl = 'https://app.example.com/api/v1';

describe('requests of the client', () => {
  let module: ClientModule;
  before(async () => {
    module = await loadClient();
  });

  /** A client of a user with numbered tokens: `token-1` is the first. */
  function open(answer: (request: SentRequest) => Answer | undefined) {
    const { fetch, requests } = scriptedFetch(answer);
    let version = 1;
    const user = {
      async getIdToken(forceRefresh = false) {
        if (forceRefresh) version++;
        return `token-${version}`;
      },
    };
    const auth: { currentUser: typeof user | null } = { currentUser: user };
    return { auth, requests, client: module.createClient({ baseUrl, auth, fetch }) };
  }

  it('carry the ID token, JSON, and no cookie', async () => {
    const { client, requests } = open(() => ({ id: 'n1' }));
    assert.deepEqual(await client.request('POST', '/notes', { body: { title: 'Milk' } }), { id: 'n1' });
    const [{ headers, ...request } = assert.fail()] = requests;
    assert.deepEqual(request, {
      ...{ url: `${baseUrl}/notes`, method: 'POST', credentials: 'omit', body: { title: 'Milk' } },
    });
    assert.equal(headers.get('Authorization'), 'Bearer token-1');
    assert.equal(headers.get('Content-Type'), 'application/json');
  });

  it('wait until Firebase knows the user, and are anonymous without one', async () => {
    const { auth, client, requests } = open(() => ({}));
    const user = auth.currentUser;
    auth.currentUser = null;
    const authStateReady = async () => {
      auth.currentUser = user;
    };
    await client.request('GET', '/me');
    (await Object.assign(auth, { authStateReady })) && (await client.request('GET', '/me'));
    const sent = requests.map(({ headers }) => headers.get('Authorization'));
    assert.deepEqual(sent, [null, 'Bearer token-1']);
  });

  it('replace a token that is out of date once', async () => {
    const { client, requests } = open(({ headers }) =>
      headers.get('Authorization') === 'Bearer token-1' ? { code: 'token_stale' } : { uid: 'u1' },
    );
    assert.deepEqual(await client.request('GET', '/me'), { uid: 'u1' });
    assert.equal(requests.length, 2);
    const revoked = open(() => ({ code: 'token_stale' }));
    await assert.rejects(revoked.client.request('GET', '/me'), { code: 'token_stale' });
    assert.equal(revoked.requests.length, 2);
  });

  it('can be those of a generated client', async () => {
    const { client, requests } = open(({ headers }) =>
      headers.get('Authorization') === 'Bearer token-1' ? { code: 'token_stale' } : { done: true },
    );
    const request = new Request(`${baseUrl}/notes/n1`, {
      ...{ method: 'PATCH', body: '{"title":"Milk"}', headers: { 'If-Match': '"1"' } },
    });
    assert.ok((await client.fetch(request)).ok);
    const sent = requests.map(({ method, body, headers }) => [method, body, headers.get('If-Match')]);
    assert.deepEqual(sent, Array(2).fill(['PATCH', { title: 'Milk' }, '"1"']));
  });

  it('end in a typed error', async () => {
    const errors = [{ field: 'body.name', message: 'Too long' }];
    const { client } = open(() => ({ code: 'rate_limited', errors }));
    await assert.rejects(client.factors.list(), (error) => {
      assert.ok(error instanceof module.GatehouseError);
      const { code, status, message, requestId, retryAfter } = error;
      assert.deepEqual([code, status, message], ['rate_limited', 429, 'What happened.']);
      assert.deepEqual([requestId, retryAfter, error.errors], ['request-1', 7, errors]);
      return true;
    });
    const proxy = open(() => new Response('<h1>Bad Gateway</h1>', { status: 502 }));
    await assert.rejects(proxy.client.factors.list(), { code: 'unknown', status: 502, message: 'HTTP 502' });
  });

  it('never send the credential to another host', async () => {
    const { client, requests } = open(() => ({}));
    const paths = ['https://evil.example/', '@evil.example', '.evil.example/', '2/me', '', '/../../other'];
    for (const path of paths) await assert.rejects(client.fetch(path), TypeError, path);
    await assert.rejects(client.fetch(new Request('https://evil.example/api/v1/me')), TypeError);
    assert.deepEqual(requests, []);
  });

  describe('in cookie mode', () => {
    const openCookie = (answer: (request: SentRequest) => Answer | undefined) => {
      const { fetch, requests } = scriptedFetch(answer);
      const client = module.createClient({ baseUrl, cookie: true, fetch });
      const sent = () =>
        requests.map(({ method, url, headers }) => {
          const route = `${method} ${url.slice(baseUrl.length)}`;
          const csrf = headers.get('X-CSRF-Token');
          return csrf === null ? route : `${route} ${csrf}`;
        });
      return { client, requests, sent };
    };

    it('read the CSRF token once, and send it with changes only', async () => {
      const { client, requests, sent } = openCookie(() => ({ csrfToken: 'csrf-1' }));
      await client.factors.list();
      await Promise.all([client.factors.delete('f1'), client.factors.delete('f/2')]);
      assert.deepEqual(sent(), [
        ...['GET /me/factors', 'GET /sessions/current'],
        ...['DELETE /me/factors/f1 csrf-1', 'DELETE /me/factors/f%2F2 csrf-1'],
      ]);
      assert.ok(requests.every(({ headers }) => !headers.has('Authorization')));
      assert.ok(requests.every(({ credentials }) => credentials === 'same-origin'));
    });

    it('follow the session that begins, and forget one that ends', async () => {
      let isSignedIn = false;
      const { client, sent } = openCookie(({ method, url, headers }) => {
        if (url.endsWith('/sessions')) isSignedIn = headers.get('Authorization') === 'Bearer id-token';
        if (method === 'DELETE') isSignedIn = false;
        if (method === 'DELETE') return undefined;
        return isSignedIn ? { csrfToken: 'csrf-2' } : { code: 'unauthenticated' };
      });
      assert.equal(await client.session.current(), null);
      await client.session.begin('id-token');
      await client.session.end();
      await assert.rejects(client.stepUp({ totp: '123456' }), { code: 'unauthenticated' });
      assert.deepEqual(sent(), [
        ...['GET /sessions/current', 'POST /sessions', 'DELETE /sessions/current csrf-2'],
        ...['GET /sessions/current', 'POST /me/step-up'],
      ]);
    });

    it('report a session of another tab instead of acting in it', async () => {
      const { client, requests } = openCookie(({ method }) =>
        method === 'GET' ? { csrfToken: 'csrf-1' } : { code: 'csrf_failed' },
      );
      for (let times = 0; times < 2; times++) {
        await assert.rejects(client.factors.createRecoveryCodes(), { code: 'csrf_failed' });
      }
      assert.equal(requests.filter(({ method }) => method === 'GET').length, 1);
    });
  });
});
