import assert from 'node:assert/strict';
import type { DirectoryEntry } from '../../src/directory/entry.ts';
import { type AuthenticatorApp, enrolApp } from '../helpers/authenticator-app.ts';
import type { SessionBrowser } from '../helpers/session-browser.ts';
import { emulatorToken } from './framework-instance.ts';
import { type HostedProcesses, openHostedProcesses } from './hosted-processes.ts';
import { claimsFor } from './invariants.ts';
import { entryOf } from './seed.ts';

const PROJECT = 'demo-step-up-instances';
/** Seconds. */
const MAX_AGE = 2;
const PARALLEL = 20;

/** Seconds since the epoch of the sign-in of a token. */
const signInAt = (ago: number) => ({ auth_time: Math.floor(Date.now() / 1000) - ago });

describe('step-ups on two processes behind Hosting', function () {
  this.timeout(120_000);
  let hosted: HostedProcesses;
  const entries = new Map<string, DirectoryEntry>(
    [
      ...['bearer', 'cookie', 'parallel'].map((uid) => entryOf(uid, ['admin'])),
      entryOf('olga', ['owner']),
    ].map((entry) => [entry.uid, entry]),
  );

  before(async () => {
    hosted = await openHostedProcesses({ project: PROJECT, maxAge: MAX_AGE, entries: [...entries.values()] });
  });
  after(() => hosted.close());

  /** A client at one process, with a token or the cookie of a browser. */
  function clientAt(process: number, token?: string, of?: SessionBrowser) {
    const browser = hosted.browserAt(process % 2, of);
    const headers = { ...(token && { Authorization: `Bearer ${token}` }) };
    return {
      browser,
      send: (route: string, body?: object) => browser.send(route, { headers, ...(body && { body }) }),
    };
  }

  const tokenOf = (uid: string, ago = 60) =>
    emulatorToken(PROJECT, uid, { ...claimsFor(entries.get(uid) ?? assert.fail(uid)), ...signInAt(ago) });
  const enrol = (uid: string): Promise<AuthenticatorApp> => enrolApp(clientAt(0, tokenOf(uid)).send);
  const privileged = { disabled: true };

  it('of a token on one process count on the other; a role change ends them there at once', async () => {
    const { code } = await enrol('bearer');
    const token = tokenOf('bearer');
    const [first, second] = [clientAt(0, token), clientAt(1, token)];
    assert.equal((await second.send('PATCH /users/unknown', privileged)).code, 'step_up_required');
    const stepped = await first.send('POST /me/step-up', { totp: await code() });
    assert.equal(stepped.status, 200, JSON.stringify(stepped.body));
    for (const one of [first, second])
      assert.equal((await one.send('PATCH /users/unknown', privileged)).status, 404);
    const other = clientAt(1, tokenOf('bearer', 600));
    assert.equal((await other.send('PATCH /users/unknown', privileged)).code, 'step_up_required');

    const change = { grants: [{ role: 'admin' }, { role: 'support' }], version: 1 };
    const changed = await clientAt(0, tokenOf('olga')).send('PUT /users/bearer/roles', change);
    assert.equal(changed.status, 200, JSON.stringify(changed.body));
    const claims = { ...claimsFor(entryOf('bearer', ['admin', 'support'])), rv: 2, ...signInAt(60) };
    const refreshed = clientAt(1, emulatorToken(PROJECT, 'bearer', claims));
    assert.equal((await refreshed.send('PATCH /users/unknown', privileged)).code, 'step_up_required');
  });

  it('of a session on one process count on the other, with the new cookie value alone', async () => {
    const { code } = await enrol('cookie');
    const { browser, send } = clientAt(0);
    await browser.signIn(tokenOf('cookie'));
    const old = clientAt(1, undefined, browser);
    assert.equal((await old.send('PATCH /users/unknown', privileged)).code, 'step_up_required');
    const stepped = await send('POST /me/step-up', { totp: await code() });
    assert.equal(stepped.status, 200, JSON.stringify(stepped.body));
    const elsewhere = clientAt(1, undefined, browser);
    assert.equal((await elsewhere.send('PATCH /users/unknown', privileged)).status, 404);
    assert.equal((await old.send('PATCH /users/unknown', privileged)).code, 'step_up_required');
  });

  it('take one code once, of twenty requests at the same time', async () => {
    const { code } = await enrol('parallel');
    const sent = { totp: await code() };
    const tokens = Array.from({ length: PARALLEL }, (_, n) => tokenOf('parallel', 60 + n));
    const answers = await Promise.all(
      tokens.map((token, n) => clientAt(n, token).send('POST /me/step-up', sent)),
    );
    const statuses = answers.map(({ status }) => status);
    assert.equal(statuses.filter((status) => status === 200).length, 1, statuses.join());
    const refused = answers.flatMap(({ code: refusal }) => refusal ?? []);
    assert.ok(
      refused.every((one) => ['invalid_factor', 'rate_limited', 'unavailable'].includes(one)),
      refused.join(),
    );
    const checks = await Promise.all(
      tokens.map((token, n) => clientAt(n + 1, token).send('PATCH /users/unknown', privileged)),
    );
    assert.deepEqual(
      checks.map(({ status }) => status === 404),
      statuses.map((status) => status === 200),
    );
  });
});
