import assert from 'node:assert/strict';
import { createServer } from 'node:http';
import { createSessionAuthenticator, sessionHash } from '../../../src/authn/session-cookie/authenticator.ts';
import type { Sessions } from '../../../src/authn/session-cookie/ports.ts';
import { seconds } from '../../../src/core/clock.ts';
import { invalidToken, unavailable } from '../../../src/core/errors.ts';
import type { SessionRequest } from '../../../src/http/verify-session.ts';
import { createProtection } from '../../../src/protection.ts';
import { type Api, ORIGIN, openApi } from '../../helpers/api.ts';
import { cookieValue, readSessionOf, sessionOf } from '../../helpers/session-port.ts';

const VALUE = cookieValue('a');
const COOKIE = `theme=dark; __session=${VALUE}`;
const DOWN = cookieValue('down');

describe('verifySession with the session cookie', () => {
  let api: Api;
  let reads: string[] = [];
  const renewals: object[] = [];
  let isDue = false;

  const sessions: Sessions = {
    async read(hash) {
      reads.push(hash);
      if (hash === sessionHash(DOWN)) throw unavailable('down');
      if (hash !== sessionHash(VALUE)) throw invalidToken('account-deleted');
      return readSessionOf(sessionOf(seconds(Date.now)));
    },
    isDue: () => isDue,
    async renew(_hash, now, options) {
      renewals.push(options);
      return readSessionOf(sessionOf(now));
    },
  };

  const uidOf = async (request: SessionRequest) => (await protection().verifySession(request))?.uid;
  let protection: () => ReturnType<typeof createProtection>;
  before(async () => {
    api = await openApi({
      serve: (deps) => {
        const authenticators = [deps.bearer, createSessionAuthenticator(sessions, deps.config)];
        const wired = createProtection(() => ({ ...deps, authenticators }));
        protection = () => wired;
        return createServer(async (req, res) =>
          res.end((await wired.verifySession(req))?.uid ?? 'anonymous'),
        );
      },
    });
  });
  after(() => api.close());
  beforeEach(() => {
    api.lines.splice(0);
    reads = [];
    isDue = false;
  });

  const forms: Record<string, SessionRequest> = {
    'the header Cookie': COOKIE,
    'headers of the Fetch API': { headers: new Headers({ cookie: COOKIE }) },
    'headers that can only be read, as in Next.js': {
      headers: { get: (name: string) => (name === 'cookie' ? COOKIE : null) },
    },
    'a request of the Fetch API': new Request('https://app.example.com/', { headers: { cookie: COOKIE } }),
    'headers of Node': { headers: { cookie: COOKIE } },
  };
  for (const [name, request] of Object.entries(forms)) {
    it(`takes ${name}`, async () => {
      assert.equal(await uidOf(request), 'ada');
      assert.deepEqual(api.lines, []);
    });
  }

  it('takes a request of Node', async () => {
    assert.equal((await api.as().get('/').set('Cookie', COOKIE)).text, 'ada');
  });

  it('reads a session once, then finds it in memory', async () => {
    await uidOf(`__session=${cookieValue('b')}`);
    for (let n = 0; n < 10; n++) await uidOf(COOKIE);
    assert.deepEqual(reads, [sessionHash(cookieValue('b'))]);
  });

  it('returns null without a cookie of this form, and reads nothing', async () => {
    for (const request of [undefined, '', 'theme=dark', '__session=abc', `x__session=${VALUE}`]) {
      assert.equal(await uidOf(request), undefined, request);
    }
    assert.deepEqual([reads, api.lines], [[], []]);
  });

  it('returns null for an unknown session and for two cookies, and logs no value', async () => {
    for (const cookie of [`__session=${cookieValue('c')}`, `${COOKIE}; __session=${cookieValue('c')}`]) {
      assert.equal(await uidOf(cookie), undefined);
    }
    assert.deepEqual(
      api.lines.map(({ reason }) => reason),
      ['account-deleted', 'several-credentials'],
    );
    assert.doesNotMatch(JSON.stringify(api.lines), /gs1_/);
  });

  it('throws when it cannot be told whether there is a session', async () => {
    await assert.rejects(uidOf(`__session=${DOWN}`), { code: 'unavailable' });
  });

  it('counts a page as activity, and never asks for a new cookie value, which it could not send', async () => {
    isDue = true;
    assert.equal(await uidOf(COOKIE), 'ada');
    assert.deepEqual(renewals, [{ canRotate: false }]);
  });

  describe('for a change', () => {
    const from = (headers: Record<string, string>, method = 'POST') =>
      uidOf({ method, headers: { cookie: COOKIE, ...headers } });

    it('takes a page of the same origin, and of an allowed one', async () => {
      assert.equal(await from({ 'sec-fetch-site': 'same-origin' }), 'ada');
      assert.equal(await from({ origin: 'https://shop.example', 'sec-fetch-site': 'same-origin' }), 'ada');
      assert.equal(await from({ origin: ORIGIN, 'sec-fetch-site': 'same-site' }), 'ada');
      assert.equal(await from({ origin: ORIGIN }), 'ada');
    });

    const foreign: readonly Record<string, string>[] = [
      {},
      { origin: 'null' },
      { origin: 'https://evil.example', 'sec-fetch-site': 'cross-site' },
      { origin: 'https://blog.example.com', 'sec-fetch-site': 'same-site' },
      { origin: `${ORIGIN}.evil.example` },
      { 'sec-fetch-site': 'none' },
      { origin: ORIGIN, 'x-csrf-token': 'guessed' },
    ];
    for (const headers of foreign) {
      it(`returns null for ${JSON.stringify(headers)}`, async () => {
        for (const method of ['POST', 'PUT', 'PATCH', 'DELETE', 'post', 'get']) {
          assert.equal(await from(headers, method), undefined, method);
        }
        assert.match(String(api.lines[0]?.reason), /^csrf-/);
        assert.equal(api.lines[0]?.session, 'device-a');
      });
    }

    it('takes a page that is only read from everywhere, as after a link', async () => {
      for (const method of ['GET', 'HEAD']) {
        assert.equal(await from({ 'sec-fetch-site': 'cross-site' }, method), 'ada');
      }
    });
  });
});
