import assert from 'node:assert/strict';
import { type Api, claimsOf, openApi } from '../helpers/api.ts';
import { forgeIdToken } from '../helpers/forge.ts';
import { mintIdToken } from '../helpers/google.ts';
import { HTTPS, sendRaw } from '../helpers/responses.ts';
import {
  cookieValue,
  openSessionPort,
  readSessionOf,
  sessionOf,
  withSessions,
} from '../helpers/session-port.ts';

/** Attempts to evade the rate limits, and to use up those of another user (THREATS, "Sessions, factors, OAuth" and "Load"). */

/** A token that no key of Google has signed. */
const forged = (claims: Record<string, unknown>) => forgeIdToken({ header: { kid: 'x' }, claims });

type Lines = readonly (readonly [name: string, value: string])[];

const LIMIT = { user: 5, shared: 8, window: 60 };
const product = { rateLimits: { read: LIMIT, write: LIMIT, privileged: LIMIT, credential: LIMIT } };
const VICTIM: Lines = [['X-Forwarded-For', '203.0.113.7']];

describe('rate limits, attacked', () => {
  let api: Api;
  let later = 0;
  const port = openSessionPort();
  beforeEach(async () => {
    const clock = () => Date.now() + later;
    api = await openApi({ product, clock, rewire: (deps) => withSessions(deps, port) });
  });
  afterEach(() => api.close());

  const send = async (headers: Lines, method = 'GET', path = '/v1/me') =>
    (await sendRaw(api.port, { method, path, headers: [HTTPS, ...headers] })).status;
  const bearer = (token: string) => ['Authorization', `Bearer ${token}`] as const;
  const as = (who: Parameters<Api['token']>[0]): Lines => [bearer(api.token(who))];
  async function flood(times: number, headers: (n: number) => Lines | Promise<Lines>, method?: string) {
    const found = new Map<number, number>();
    for (let n = 0; n < times; n++) {
      const status = await send(await headers(n), method);
      found.set(status, (found.get(status) ?? 0) + 1);
    }
    return Object.fromEntries(found);
  }

  const FORGED: Record<string, (n: number) => Lines> = {
    'an entry in front': (n) => [['X-Forwarded-For', `198.51.100.${n}, 203.0.113.7`]],
    'a line in front': (n) => [['X-Forwarded-For', `198.51.100.${n}`], ...VICTIM],
    'an empty entry in front': () => [['X-Forwarded-For', ',203.0.113.7']],
    'thousands of entries': (n) => [['X-Forwarded-For', `${`198.51.100.${n},`.repeat(500)}203.0.113.7`]],
    'spaces and the mapped form': (n) => [['X-Forwarded-For', `${' '.repeat(n)}::ffff:203.0.113.7`]],
    'other headers of proxies': (n) => [
      ...VICTIM,
      ...['Forwarded', 'X-Real-IP', 'Client-IP', 'X-Client-IP', 'True-Client-IP', 'Fastly-Client-IP'].map(
        (name) => [name, name === 'Forwarded' ? `for=198.51.100.${n}` : `198.51.100.${n}`] as const,
      ),
    ],
  };
  for (const [what, headers] of Object.entries(FORGED)) {
    it(`are not evaded by ${what}`, async () => {
      assert.deepEqual(await flood(12, headers), { 401: 8, 429: 4 });
    });
  }

  it('are not evaded by other addresses of one IPv6 network', async () => {
    const headers = (n: number): Lines => [['X-Forwarded-For', `2001:db8:1:2:${n}::${n}`]];
    assert.deepEqual(await flood(12, headers), { 401: 8, 429: 4 });
  });

  it('are not evaded by upper case, dots or tags in the e-mail address, or by new tokens', async () => {
    const emails = [
      'member@example.com',
      'MEMBER@example.com',
      'member+1@example.com',
      'm.ember@example.com',
    ];
    const headers = async (n: number): Promise<Lines> => [
      bearer(await mintIdToken({ ...claimsOf('member'), email: emails[n % 4], jti: String(n) })),
    ];
    assert.deepEqual(await flood(8, headers), { 200: 5, 429: 3 });
  });

  it('are not evaded by a bad credential, or by distinct ones', async () => {
    const headers = (n: number): Lines => [...VICTIM, bearer(forged({ jti: String(n) }))];
    assert.deepEqual(await flood(12, headers), { 401: 8, 429: 4 });
    assert.equal(await send(VICTIM), 429, 'nor by leaving it out then');
  });

  it('of a user are not used up by forged tokens or sessions of that user, from the same address', async () => {
    const token = forged({ sub: 'member', user_id: 'member' });
    await flood(20, () => [...VICTIM, bearer(token)]);
    await flood(20, (n) => [...VICTIM, ['Cookie', `__session=${cookieValue(`guess ${n}`)}`]]);
    assert.deepEqual(await flood(5, () => [...VICTIM, ...as('member')]), { 200: 5 });
  });

  it('of a user are not used up by another page that sends the session cookie', async () => {
    const session = sessionOf(Math.floor((Date.now() + later) / 1000));
    port.put(
      'victim',
      readSessionOf({ ...session, directoryId: 'member', subject: 'member', uid: 'member' }),
    );
    const cookie = ['Cookie', `__session=${cookieValue('victim')}`] as const;
    const crossSite: Lines = [cookie, ['Sec-Fetch-Site', 'cross-site'], ['Content-Length', '0']];
    for (let n = 0; n < 20; n++) await send([...VICTIM, ...crossSite], 'POST', '/v1/me/revoke');
    assert.deepEqual(await flood(5, () => [...VICTIM, ...as('member')]), { 200: 5 });
    assert.equal(await send([...VICTIM, ...as('member')], 'POST', '/v1/me/revoke'), 200);
  });

  it('end after the window, under a flood that never stops', async () => {
    for (let window = 0; window < 3; window++) {
      assert.deepEqual(await flood(7, () => as('member')), { 200: 5, 429: 2 });
      later += 30_000;
      assert.deepEqual(await flood(4, () => as('member')), { 429: 4 });
      later += 30_000;
    }
  });

  it('hold for requests in parallel', async () => {
    const statuses = await Promise.all(Array.from({ length: 40 }, () => send(as('member'))));
    assert.equal(statuses.filter((status) => status === 200).length, 5);
  });
});
