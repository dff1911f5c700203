import assert from 'node:assert/strict';
import { type Api, claimsOf, openApi, type Person } from '../helpers/api.ts';
import { mintIdToken } from '../helpers/google.ts';
import { openBrowser, type SessionBrowser } from '../helpers/session-browser.ts';
import { createMovableClock, type MovableClock } from '../helpers/test-directory.ts';

const MINUTE = 60;
const HOUR = 60 * MINUTE;
const DAY = 24 * HOUR;

/** A person who is never privileged, and one who holds privileged permissions, with the default limits in seconds. */
const LIMITS = {
  member: { idle: 12 * HOUR, absolute: 14 * DAY },
  admin: { idle: HOUR, absolute: 12 * HOUR },
} as const satisfies Partial<Record<Person, object>>;

describe('a page in cookie mode over time', () => {
  let api: Api;
  let clock: MovableClock;
  beforeEach(async () => {
    clock = createMovableClock();
    api = await openApi({ clock });
  });
  afterEach(() => api.close());

  const now = () => Math.floor(clock() / 1000);
  const move = (seconds: number) => clock.move(seconds * 1000);

  async function signedIn(who: Person): Promise<SessionBrowser> {
    const browser = openBrowser(`http://127.0.0.1:${api.port}/v1`);
    const times = { auth_time: now() - 60, iat: now() - 10, exp: now() + 3_590 };
    await browser.signIn(await mintIdToken({ ...claimsOf(who), ...times }));
    return browser;
  }

  it('survives 13 hours of requests and reloads without another sign-in', async () => {
    const browser = await signedIn('member');
    const { cookie } = browser;
    for (let minutes = 0; minutes < 13 * 60; minutes += 10) {
      move(10 * MINUTE);
      assert.equal((await browser.send('GET /me')).status, 200, `after ${minutes + 10} minutes`);
      if (minutes % 60 === 0) assert.equal((await browser.refresh()).status, 200);
    }
    assert.equal((await browser.send('POST /notes', { body: { title: 't', body: 'b' } })).status, 201);
    assert.equal(browser.cookie, cookie, 'no value was rotated, so no answer could get lost');
  });

  for (const [who, { idle, absolute }] of Object.entries(LIMITS)) {
    // `Object.entries` forgets the type of the keys.
    const person = who as keyof typeof LIMITS;

    it(`ends for ${who} after ${idle / HOUR} h without a request, and not a second earlier`, async () => {
      const [used, unused] = [await signedIn(person), await signedIn(person)];
      move(idle - 1);
      assert.equal((await used.send('GET /me')).status, 200);
      move(1);
      assert.deepEqual(codeOf(await unused.send('GET /me')), [401, 'invalid_token']);
      assert.equal((await used.send('GET /me')).status, 200, 'the request has extended the idle time');
      move(idle);
      assert.deepEqual(codeOf(await used.send('GET /me')), [401, 'invalid_token']);
    });

    it(`ends for ${who} after ${absolute / HOUR} h, however often it is used`, async () => {
      const browser = await signedIn(person);
      const end = now() + absolute;
      const step = Math.floor(idle * 0.75);
      while (now() + step < end) {
        move(step);
        assert.equal((await browser.send('GET /me')).status, 200, `${end - now()} seconds before the end`);
      }
      move(end - now() - 1);
      assert.equal((await browser.send('GET /me')).status, 200);
      move(1);
      assert.deepEqual(codeOf(await browser.send('GET /me')), [401, 'invalid_token']);
      assert.equal((await browser.refresh()).status, 401);
      await signedIn(person);
    });

    it(`tells the browser to keep the cookie of ${who} until that end`, async () => {
      const browser = await signedIn(person);
      move(idle / 4);
      const { status, setCookie } = await browser.send('POST /sessions', {
        headers: { Authorization: `Bearer ${await freshToken(person)}` },
      });
      assert.deepEqual([status, setCookie.length], [200, 1]);
      assert.match(setCookie[0] ?? '', new RegExp(`; Max-Age=${absolute}(;|$)`));
    });
  }

  async function freshToken(who: Person): Promise<string> {
    const times = { auth_time: now() - 1, iat: now(), exp: now() + 3_600 };
    return mintIdToken({ ...claimsOf(who), ...times });
  }

  it('writes when the session was last seen at most every 10 minutes', async () => {
    const browser = await signedIn('member');
    const lastSeen = async () => {
      const { docs } = await api.firestore.db.collection('sessions').get();
      assert.equal(docs.length, 1);
      return docs[0]?.updateTime.toMillis();
    };
    let written = await lastSeen();
    let writes = 0;
    for (let n = 0; n < 60; n++) {
      move(MINUTE);
      await browser.send('GET /me');
      const at = await lastSeen();
      if (at !== written) writes++;
      written = at;
    }
    assert.ok(writes >= 5 && writes <= 6, `${writes} writes in an hour`);
  });
});

const codeOf = ({ status, code }: { status: number; code?: string }) => [status, code];
