import assert from 'node:assert/strict';
import { randomUUID } from 'node:crypto';
import { inspect } from 'node:util';
import { type Api, accountOf, claimsOf, openApi } from '../helpers/api.ts';
import { mintIdToken } from '../helpers/google.ts';
import type { SessionBrowser } from '../helpers/session-browser.ts';
import { cookieOf, freshSignIn, pagesOf } from './session-pages.ts';

/** Attempts to use the session of another person, or one that has to end. */

describe('a session of others, or of a user who must not have one', () => {
  let api: Api;
  beforeEach(async () => {
    api = await openApi();
  });
  afterEach(() => api.close());

  const { browser, signedIn, sessions } = pagesOf(() => api);

  describe('a session of another person', () => {
    it('is not stepped up by the token of another user, nor by the session of another device', async () => {
      const [device, other] = [await signedIn('member'), await signedIn('member')];
      const before = (await device.send('GET /sessions/current')).body.assurance;
      const byOther = await device.send('POST /sessions/current/step-up', {
        headers: { Authorization: `Bearer ${api.token('admin')}` },
      });
      assert.ok([401, 403].includes(byOther.status), JSON.stringify(byOther.body));
      assert.equal((await device.send('POST /sessions/current/step-up')).status, 401);
      const stepped = await other.send('POST /sessions/current/step-up', {
        headers: await freshSignIn('member'),
      });
      assert.equal(stepped.status, 200, JSON.stringify(stepped.body));
      assert.deepEqual((await device.send('GET /sessions/current')).body.assurance, before);
    });

    it('is not stepped up by a page of another site', async () => {
      const device = await signedIn('member');
      const before = cookieOf(device);
      const answer = await device.send('POST /sessions/current/step-up', {
        headers: {
          ...(await freshSignIn('member')),
          Origin: 'https://evil.example',
        },
      });
      assert.deepEqual([answer.status, answer.code], [403, 'origin_denied']);
      assert.equal(cookieOf(device), before);
    });

    it('is neither listed nor ended by a user without sessions:revoke', async () => {
      const [victim, attacker] = [await signedIn('member'), await signedIn('auditor')];
      const { id } = (await sessions()).map((one) => one.data()).find(({ uid }) => uid === 'member') ?? {};
      assert.equal(typeof id, 'string');
      const attempts = ['GET /users/member/sessions', `DELETE /users/member/sessions/${id}`];
      for (const route of attempts) assert.equal((await attacker.send(route)).status, 403, route);
      assert.equal((await attacker.send(`DELETE /me/sessions/${id}`)).status, 404);
      const listed = JSON.stringify((await attacker.send('GET /me/sessions')).body);
      assert.ok(!listed.includes(String(id)));
      assert.equal((await victim.send('GET /me')).status, 200);
    });

    it('answers an unknown session id and one of another user alike', async () => {
      await signedIn('member');
      const attacker = await signedIn('auditor');
      const { id } = (await sessions()).map((one) => one.data()).find(({ uid }) => uid === 'member') ?? {};
      const answers = [];
      for (const asked of [id, randomUUID()]) {
        const { status, body } = await attacker.send(`DELETE /me/sessions/${asked}`);
        const { requestId: _, ...problem } = body;
        answers.push(inspect([status, problem]));
      }
      assert.equal(new Set(answers).size, 1, answers.join('\n'));
    });
  });

  describe('what must end it', () => {
    it('refuses the session of a user who is disabled or deleted in the directory, at once', async () => {
      for (const [who, end] of [
        [
          'member',
          (owner: SessionBrowser) => owner.send('PATCH /users/member', { body: { disabled: true } }),
        ],
        ['support', (owner: SessionBrowser) => owner.send('DELETE /users/support')],
        ['auditor', (owner: SessionBrowser) => owner.send('POST /users/auditor/revoke')],
      ] as const) {
        const [device, owner] = [await signedIn(who), await signedIn('owner')];
        assert.equal((await device.send('GET /me')).status, 200);
        assert.ok((await end(owner)).status < 300);
        assert.equal((await device.send('GET /me')).status, 401, who);
      }
    });

    it('starts no session with a token that a revocation has ended, or of a disabled user', async () => {
      const owner = await signedIn('owner');
      await signedIn('member');
      assert.equal((await owner.send('POST /users/member/revoke')).status, 200);
      const answer = await browser().send('POST /sessions', {
        headers: { Authorization: `Bearer ${api.token('member')}` },
      });
      assert.deepEqual([answer.status, answer.setCookie.length], [401, 0]);
      api.google.users.set('support', { ...accountOf('support'), disabled: true });
      const disabled = await browser().send('POST /sessions', {
        headers: { Authorization: `Bearer ${api.token('support')}` },
      });
      assert.deepEqual([disabled.status, disabled.setCookie.length], [401, 0]);
    });

    it('starts no session with a sign-in of more than five minutes ago', async () => {
      const now = Math.floor(Date.now() / 1000);
      for (const [ago, expected] of [
        [290, 200],
        [302, 401],
      ] as const) {
        const token = await mintIdToken({ ...claimsOf('member'), auth_time: now - ago });
        const { status } = await browser().send('POST /sessions', {
          headers: { Authorization: `Bearer ${token}` },
        });
        assert.equal(status, expected, `${ago} s`);
      }
    });

    it('starts no session with a session: a stolen cookie is not prolonged', async () => {
      const device = await signedIn('member');
      const { status, setCookie } = await device.send('POST /sessions');
      assert.deepEqual([status, setCookie.length], [401, 0]);
    });
  });
});
