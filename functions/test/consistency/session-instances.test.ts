import assert from 'node:assert/strict';
import type { DirectoryEntry } from '../../src/directory/entry.ts';
import type { BrowserAnswer, SessionBrowser } from '../helpers/session-browser.ts';
import { emulatorToken } from './framework-instance.ts';
import { type HostedProcesses, openHostedProcesses } from './hosted-processes.ts';
import { claimsFor } from './invariants.ts';
import { entryOf } from './seed.ts';

const PROJECT = 'demo-session-instances';
/** Seconds. */
const MAX_AGE = 2;

/** What another device, or an owner, does to a session of an admin, with the expected answer. */
const ENDS: Record<string, (device: SessionBrowser, owner: SessionBrowser) => Promise<BrowserAnswer>> = {
  'ended by another device': async (device) => {
    const { sessions } = (await device.send('GET /me/sessions')).body as { sessions: Listed[] };
    const [other, ...more] = sessions.filter(({ current }) => !current);
    assert.deepEqual(more, []);
    return device.send(`DELETE /me/sessions/${other?.id}`);
  },
  'ended by "everywhere else"': (device) => device.send('POST /me/revoke', { body: { except: 'current' } }),
  'of a revoked user': (_, owner) => owner.send('POST /users/revoked/revoke'),
  'of a disabled user': (_, owner) => owner.send('PATCH /users/disabled', { body: { disabled: true } }),
  'of a deleted user': (_, owner) => owner.send('DELETE /users/deleted'),
};

interface Listed {
  readonly id: string;
  readonly current: boolean;
}

describe('sessions on two processes behind Hosting', function () {
  this.timeout(120_000);
  let hosted: HostedProcesses;
  const uids = Object.keys(ENDS).map(
    (name) => name.match(/of a (\w+) user/)?.[1] ?? name.replaceAll(/\W+/g, '-'),
  );
  const entries = new Map<string, DirectoryEntry>(
    [
      ...uids.map((uid) => entryOf(uid, ['admin'])),
      entryOf('demoted', ['admin']),
      entryOf('olga', ['owner']),
    ].map((entry) => [entry.uid, entry]),
  );

  before(async () => {
    hosted = await openHostedProcesses({ project: PROJECT, maxAge: MAX_AGE, entries: [...entries.values()] });
  });
  after(() => hosted.close());

  async function signedIn(uid: string, process: 0 | 1): Promise<SessionBrowser> {
    const entry = entries.get(uid) ?? assert.fail(uid);
    const browser = hosted.browserAt(process);
    await browser.signIn(emulatorToken(PROJECT, uid, claimsFor(entry)));
    return browser;
  }

  const privileged = (browser: SessionBrowser) =>
    browser.send('PATCH /users/unknown', { body: { disabled: true } });

  /** Asks until the answer is another one than before. It must come within the maximum age. */
  async function changedAnswer(
    browser: SessionBrowser,
    since: number,
    same: (answer: BrowserAnswer) => boolean,
  ) {
    for (;;) {
      const askedAt = Date.now();
      const answer = await browser.send('GET /me');
      if (!same(answer)) return answer;
      assert.ok(askedAt < since + MAX_AGE * 1000, 'the change came later than the maximum age');
    }
  }

  for (const [n, [name, end]] of Object.entries(ENDS).entries()) {
    it(`refuse a session ${name}, at once on a privileged operation`, async () => {
      const uid = uids[n] ?? assert.fail();
      const [deviceA, deviceB, owner] = [
        await signedIn(uid, 0),
        hosted.browserAt(1, await signedIn(uid, 0)),
        await signedIn('olga', 0),
      ];
      assert.equal((await privileged(deviceB)).status, 404);
      assert.equal((await deviceB.send('GET /me')).status, 200);

      const ended = await end(deviceA, owner);
      const since = Date.now();
      assert.ok(ended.status === 200 || ended.status === 204, JSON.stringify(ended.body));
      assertRefused(await privileged(deviceB));
      assertRefused(await hosted.browserAt(0, deviceB).send('GET /me'));
      assertRefused(await changedAnswer(deviceB, since, ({ status }) => status === 200));
      // The device that asked for the end stays signed in.
      const isKept = name.startsWith('ended by');
      assert.equal((await deviceA.send('GET /me')).status, isKept ? 200 : 401);
      const elsewhere = hosted.browserAt(1, deviceA);
      assert.equal((await privileged(elsewhere)).status, isKept ? 404 : 401);
    });
  }

  it('give a demoted user the new roles, at once on a privileged operation', async () => {
    const [device, owner] = [hosted.browserAt(1, await signedIn('demoted', 0)), await signedIn('olga', 0)];
    assert.equal((await privileged(device)).status, 404);
    assert.deepEqual((await device.send('GET /me')).body.roles, ['admin']);
    const change = { grants: [{ role: 'member' }], version: 1 };
    assert.equal((await owner.send('PUT /users/demoted/roles', { body: change })).status, 200);
    const since = Date.now();
    assert.equal((await privileged(device)).status, 403);
    const isSame = ({ body }: BrowserAnswer) => String(body.roles) === 'admin';
    const { status, body } = await changedAnswer(device, since, isSame);
    assert.deepEqual([status, body.roles], [200, ['member']]);
  });
});

function assertRefused({ status, code }: BrowserAnswer): void {
  assert.equal(status, 401);
  assert.ok(code === 'token_stale' || code === 'invalid_token', code);
}
