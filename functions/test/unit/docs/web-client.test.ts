import assert from 'node:assert/strict';
import { loadWebClient, type WebClient } from '../../helpers/web-client.ts';

/** What the stubs of the Firebase SDK use. */
interface Stub {
  isSignedIn: boolean;
  isReady: boolean;
  /** How often the token was replaced; part of the token. */
  refreshed: number;
  /** The outcome of each call of a callable: the code of an error, or undefined. */
  outcomes: (string | undefined)[];
  calls: number;
}

const STUBS = {
  auth: `
    const user = {
      async getIdToken(force) {
        if (force) globalThis.webClientStub.refreshed++;
        return 'token-' + globalThis.webClientStub.refreshed;
      },
    };
    export const getAuth = () => ({
      async authStateReady() { globalThis.webClientStub.isReady = true; },
      get currentUser() {
        const { isReady, isSignedIn } = globalThis.webClientStub;
        return isReady && isSignedIn ? user : null;
      },
    });`,
  functions: `
    export const getFunctions = () => ({});
    export const httpsCallable = (_functions, name) => async (data) => {
      const stub = globalThis.webClientStub;
      const code = stub.outcomes[stub.calls++];
      if (code === undefined) return { data: { name, data } };
      throw Object.assign(new Error(code), { details: { code } });
    };`,
};

describe('the web client of the guide', () => {
  const { fetch } = globalThis;
  let client: WebClient;
  let stub: Stub;
  let sent: { url: string; authorization: string | null; type: string | null }[];
  let cookies: unknown[];

  before(async () => {
    client = await loadWebClient(STUBS);
  });
  beforeEach(() => {
    stub = { isSignedIn: true, isReady: false, refreshed: 0, outcomes: [], calls: 0 };
    Object.assign(globalThis, { webClientStub: stub });
    sent = [];
    cookies = [];
  });
  afterEach(() => {
    globalThis.fetch = fetch;
  });

  /** The API answers with these, one after the other: the code of an error, or undefined. */
  function answer(...codes: ([status: number, code: string] | undefined)[]) {
    globalThis.fetch = async (url, init) => {
      const headers = new Headers(init?.headers);
      const [authorization, type] = [headers.get('authorization'), headers.get('content-type')];
      sent.push({ url: String(url), authorization, type });
      cookies.push(init?.credentials);
      const [status, code] = codes[sent.length - 1] ?? [200, undefined];
      return Response.json({ code }, { status });
    };
  }
  const tokens = () => sent.map(({ authorization }) => authorization);

  it('waits until the SDK knows the user, as after a reload', async () => {
    answer(undefined);
    assert.equal((await client.api('/me')).status, 200);
    assert.deepEqual(sent, [{ url: '/api/v1/me', authorization: 'Bearer token-0', type: null }]);
  });

  it('sends no cookie, since a token and a session cookie together are refused', async () => {
    answer([401, 'token_stale']);
    await client.api('/me');
    assert.deepEqual(cookies, ['omit', 'omit']);
  });

  it('keeps the headers of a caller and names the type of a body', async () => {
    answer(undefined);
    await client.api('/notes', { method: 'POST', body: '{}', headers: new Headers({ 'If-Match': '"1"' }) });
    assert.equal(sent[0]?.type, 'application/json');
  });

  it('sends no token without a signed-in user, and repeats nothing', async () => {
    stub.isSignedIn = false;
    answer([401, 'unauthenticated']);
    assert.equal((await client.api('/me')).status, 401);
    assert.deepEqual(tokens(), [null]);
  });

  for (const code of ['token_stale', 'invalid_token']) {
    it(`replaces the token and repeats the request after ${code}`, async () => {
      answer([401, code]);
      assert.equal((await client.api('/me')).status, 200);
      assert.deepEqual(tokens(), ['Bearer token-0', 'Bearer token-1']);
    });

    it(`repeats only once, and returns the second ${code}`, async () => {
      answer([401, code], [401, code]);
      const response = await client.api('/me');
      assert.deepEqual([response.status, await response.json()], [401, { code }]);
      assert.equal(sent.length, 2);
    });

    it(`replaces the token and repeats a callable after ${code}`, async () => {
      stub.outcomes = [code];
      assert.deepEqual(await client.callFunction('f', { a: 1 }), { name: 'f', data: { a: 1 } });
      assert.deepEqual([stub.calls, stub.refreshed], [2, 1]);
    });
  }

  for (const [status, code] of [
    [401, 'step_up_required'],
    [401, 'app_check_failed'],
    [403, 'permission_denied'],
    [503, 'unavailable'],
  ] as const) {
    it(`returns ${code} with its body, and repeats nothing`, async () => {
      answer([status, code]);
      const response = await client.api('/me');
      assert.deepEqual([response.status, await response.json(), sent.length], [status, { code }, 1]);
    });

    it(`throws the ${code} of a callable, and repeats nothing`, async () => {
      stub.outcomes = [code];
      await assert.rejects(client.callFunction('f'), { message: code });
      assert.deepEqual([stub.calls, stub.refreshed], [1, 0]);
    });
  }

  it('repeats a callable only once', async () => {
    stub.outcomes = ['token_stale', 'token_stale'];
    await assert.rejects(client.callFunction('f'), { message: 'token_stale' });
    assert.equal(stub.calls, 2);
  });

  it('throws the error of a callable without a signed-in user', async () => {
    stub.isSignedIn = false;
    stub.outcomes = ['invalid_token'];
    await assert.rejects(client.callFunction('f'), { message: 'invalid_token' });
    assert.equal(stub.calls, 1);
  });
});
