import assert from 'node:assert/strict';
import { createHash, randomBytes } from 'node:crypto';
import { inspect } from 'node:util';
import { type Api, openApi } from '../helpers/api.ts';
import { assertProblem, HTTPS, sendRaw } from '../helpers/responses.ts';
import { cookieOf, freshSignIn, pagesOf } from './session-pages.ts';

/** Attempts to get, to plant, to guess or to keep a session. */

const newValue = () => `gs1_${randomBytes(32).toString('base64url')}`;
const sha256 = (text: string) => createHash('sha256').update(text).digest('base64url');

describe('a session, attacked', () => {
  let api: Api;
  beforeEach(async () => {
    api = await openApi();
  });
  afterEach(() => api.close());

  const { browser, signedIn, sessions } = pagesOf(() => api);

  describe('session fixation', () => {
    it('adopts no value that an attacker has planted', async () => {
      const planted = newValue();
      const victim = await signedIn('member', planted);
      assert.notEqual(cookieOf(victim), planted);
      assert.equal((await browser(planted).send('GET /me')).status, 401);
    });

    it('ends the session of the planted cookie when its victim signs in, also for the attacker', async () => {
      const attacker = await signedIn('support');
      const victim = await signedIn('member', cookieOf(attacker));
      assert.equal((await victim.send('GET /me')).body.uid, 'member');
      assert.equal((await attacker.send('GET /me')).status, 401);
      assert.equal((await sessions()).length, 1);
    });

    it('makes a new value at each sign-in, and the old one ends at once', async () => {
      const device = await signedIn('member');
      const values = new Set([cookieOf(device)]);
      for (let n = 0; n < 3; n++) {
        const before = cookieOf(device);
        await device.signIn(api.token('member'));
        values.add(cookieOf(device));
        assert.equal((await browser(before).send('GET /me')).status, 401);
      }
      assert.equal(values.size, 4);
    });

    it('changes the value when the roles change', async () => {
      const device = await signedIn('member');
      const before = cookieOf(device);
      await api.deps.changeAccess(
        { kind: 'operator', requestId: 'r' },
        { uid: 'member', action: 'roles.set' },
        ({ now }) => ({ grants: [{ role: 'support', grantedBy: 'test', grantedAt: now }] }),
      );
      const { status, body, setCookie } = await device.send('GET /me');
      assert.deepEqual([status, body.roles, setCookie.length], [200, ['support'], 1]);
      assert.notEqual(cookieOf(device), before);
      assert.equal((await device.send('GET /me')).setCookie.length, 0);
    });
  });

  describe('another path or domain', () => {
    it('refuses two session cookies: a subdomain or another path may have set one', async () => {
      const [victim, attacker] = [await signedIn('member'), await signedIn('support')];
      const [own, planted] = [cookieOf(victim), cookieOf(attacker)];
      const lines = [
        [['Cookie', `__session=${planted}; __session=${own}`]],
        [['Cookie', `__session=${own}; __session=${own}`]],
        [
          ['Cookie', `__session=${own}`],
          ['Cookie', `__session=${planted}`],
        ],
      ] as const;
      for (const headers of lines) {
        assertProblem(
          await sendRaw(api.port, { path: '/v1/me', headers: [HTTPS, ...headers] }),
          400,
          'invalid_request',
        );
      }
    });

    it('sets the cookie for this host only, unreadable for scripts, never over plain HTTP', async () => {
      const device = browser();
      const { setCookie, headers } = await device.send('POST /sessions', {
        headers: {
          Authorization: `Bearer ${api.token('member')}`,
          'X-Forwarded-Host': 'evil.example',
          Forwarded: 'host=evil.example;proto=http',
        },
      });
      const [line = assert.fail(), ...more] = setCookie;
      assert.deepEqual(more, []);
      const [, ...attributes] = line.split('; ');
      const names = attributes.map((attribute) => attribute.replace(/^Max-Age=\d+$/, 'Max-Age'));
      assert.deepEqual(names.sort(), ['HttpOnly', 'Max-Age', 'Path=/', 'SameSite=Lax', 'Secure']);
      assert.equal(headers.get('cache-control'), 'private, no-store');
      const plain = await sendRaw(api.port, {
        ...{ method: 'POST', path: '/v1/sessions' },
        headers: [
          ['X-Forwarded-Proto', 'http'],
          ['Authorization', `Bearer ${api.token('member')}`],
        ],
      });
      assert.deepEqual([plain.status, plain.headers['set-cookie']], [403, undefined]);
    });

    it('lets no cache keep an answer to a cookie, also not a refusal', async () => {
      const device = await signedIn('member');
      for (const one of [device, browser(newValue()), browser()]) {
        for (const route of ['GET /me', 'GET /sessions/current']) {
          const { headers } = await one.send(route);
          assert.equal(headers.get('cache-control'), 'private, no-store');
        }
      }
    });
  });

  describe('guessing', () => {
    it('accepts no public id, document id, hash, CSRF token or key in place of the value', async () => {
      const device = await signedIn('member');
      const [document = assert.fail()] = await sessions();
      const { id, csrfKey } = document.data();
      const csrfToken = device.csrfToken ?? assert.fail();
      const known = [id, document.id, csrfKey, csrfToken, sha256(cookieOf(device)), sha256(String(id))];
      for (const value of known.map(String)) {
        for (const cookie of [value, `gs1_${value}`, `gs1_${value.slice(0, 43).padEnd(43, 'A')}`]) {
          assert.equal((await browser(cookie).send('GET /me')).status, 401, cookie);
        }
      }
    });

    it('accepts no other spelling of a valid value', async () => {
      const value = cookieOf(await signedIn('member'));
      const changed = [
        `${value}=`,
        `"${value}"`,
        `%67s1_${value.slice(4)}`,
        value.replace('gs1_', 'GS1_'),
        value.slice(0, -1),
        `${value}A`,
        `${value.slice(0, -1)}${value.endsWith('A') ? 'B' : 'A'}`,
        // The last character carries two bits that no byte needs.
        ...[...'ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_']
          .filter((last) => last !== value.at(-1))
          .map((last) => value.slice(0, -1) + last),
      ];
      for (const cookie of changed) {
        assert.equal((await browser(cookie).send('GET /me')).status, 401, cookie);
      }
    });

    it('forgets no session of others because of a flood of invented values', async () => {
      const device = await signedIn('member');
      await device.send('GET /me');
      await Promise.all(
        Array.from({ length: 200 }, async () => {
          assert.equal((await browser(newValue()).send('GET /me')).status, 401);
        }),
      );
      assert.equal((await device.send('GET /me')).status, 200);
    });

    it('gives an unknown, an ended and a malformed session the same answer', async () => {
      const ended = await signedIn('member');
      const value = cookieOf(ended);
      assert.equal((await ended.send('DELETE /sessions/current')).status, 204);
      const answers = [];
      for (const cookie of [value, newValue()]) {
        const { status, body, headers } = await browser(cookie).send('GET /me');
        const { requestId: _, ...problem } = body;
        answers.push(inspect([status, problem, headers.get('www-authenticate')]));
      }
      assert.equal(new Set(answers).size, 1, answers.join('\n'));
    });
  });

  it('writes the value and the CSRF token to no log line, document or answer but its own', async () => {
    const device = await signedIn('member');
    const [value, csrfToken] = [cookieOf(device), device.csrfToken ?? assert.fail()];
    await device.send('GET /me');
    await device.send('POST /notes', { body: { title: 't', body: 'b' } });
    await browser(`${value}x`).send('GET /me');
    await device.send('POST /sessions/current/step-up', {
      headers: await freshSignIn('member'),
    });
    const listed = await device.send('GET /me/sessions');
    const owner = await signedIn('owner');
    const audit = await owner.send('GET /audit');
    await device.send('DELETE /sessions/current');
    const collections = await api.firestore.db.listCollections();
    const documents = (await Promise.all(collections.map(async (one) => (await one.get()).docs))).flat();
    const all = inspect(
      [...[api.lines, listed.body, audit.body], ...documents.map((one) => [one.ref.path, one.data()])],
      { depth: 10, maxStringLength: null, maxArrayLength: null },
    );
    assert.match(all, /session\.create/);
    for (const secret of [value, value.slice(4), cookieOf(owner), csrfToken]) {
      assert.ok(!all.includes(secret), 'a secret is in the log, a document or an answer');
    }
  });

  it('writes nothing of a cookie with control characters to the log', async () => {
    api.lines.length = 0;
    const value = '__session=gs1_\u001b[31m"}{"severity":"EMERGENCY';
    const { status } = await sendRaw(api.port, { path: '/v1/me', headers: [HTTPS, ['Cookie', value]] });
    assert.ok(status === 400 || status === 401, String(status));
    assert.ok(!inspect(api.lines, { depth: 10 }).includes('EMERGENCY'));
  });
});
