import assert from 'node:assert/strict';
import { after, before } from 'mocha';
import type { Clock } from '../../src/core/clock.ts';
import { toDocument } from '../../src/directory/entry-document.ts';
import { actor } from '../helpers/actor.ts';
import { mintIdToken } from '../helpers/google.ts';
import { serveInstance } from '../helpers/session-server.ts';
import { withAccessRules } from '../helpers/users.ts';
import { syncedAccount } from './auth-server.ts';
import type { OwnInstance } from './instance.ts';
import { doneEvents, OWNER, TARGET } from './invariants.ts';
import { killAtEachCall, onEachCopy } from './kill-at-each-call.ts';
import { type LeftState, openSandbox, type Sandbox, type StateCopy, type Timing } from './sandbox.ts';
import { entryOf } from './seed.ts';
import { type SessionStep, useSession } from './session-steps.ts';
import { collection, type State } from './state.ts';

const MINUTE_MS = 60_000;
/** In the second half of the idle time. */
const DUE_MS = 7 * 60 * MINUTE_MS;

/** A session of the target, and the state of its deployment. */
interface Started {
  readonly state: State;
  readonly cookie: string;
  readonly csrfToken: string;
}

describe('a process that is killed at any of its calls, with a session', function () {
  this.timeout(180_000);
  let sandboxes: Sandbox[] = [];
  before(async () => {
    sandboxes = [await openSandbox(), await openSandbox()];
  });
  after(() => Promise.all(sandboxes.map((sandbox) => sandbox.close())));

  /** Starts a session in the past. @param then happens after it */
  async function start(ago: number, then?: (instance: OwnInstance) => Promise<unknown>): Promise<Started> {
    const [sandbox = assert.fail()] = sandboxes;
    return sandbox.withCopy(initialState(), async ({ another, instance, state }) => {
      const clock: Clock = () => Date.now() - ago;
      const server = await serveInstance(another(clock));
      const browser = server.browser();
      await browser.signIn(await tokenAt(clock));
      await server.close();
      await then?.(instance);
      const { cookie = '', csrfToken = '' } = browser;
      return { state: await state(), cookie, csrfToken };
    });
  }

  async function killDuring(
    name: SessionStep['name'],
    { state, cookie, csrfToken }: Started,
    timings: readonly Timing[] = ['before', 'after'],
  ): Promise<LeftState[]> {
    const session = { name, cookie, csrfToken, token: await tokenAt(Date.now) };
    const left: LeftState[] = [];
    for (const timing of timings) left.push(...(await killAtEachCall(sandboxes, state, { session }, timing)));
    return left;
  }

  const forEach = (left: readonly LeftState[], work: (copy: StateCopy, left: LeftState) => Promise<void>) =>
    onEachCopy(sandboxes, left, (state) => state, work);

  it('keeps the session during a renewal, which writes all or nothing', async () => {
    const started = await start(DUE_MS);
    const left = await killDuring('use', started);
    assertBothSides(left, (state) => lastSeen(state) > lastSeen(started.state));
    await forEach(left, async (copy) => {
      assert.equal((await useSession(copy.another(), started.cookie)).status, 200);
      assert.equal(collection(await copy.state(), 'sessions').size, 1);
    });
  });

  it('keeps the old cookie value for 30 seconds when the answer with the new one is lost', async () => {
    const changeRole = (instance: OwnInstance) =>
      withAccessRules(instance.users).setRoles(actor(OWNER, ['owner']), {
        ...{ uid: TARGET, version: 1 },
        grants: [{ role: 'support' }],
      });
    const started = await start(MINUTE_MS, changeRole);
    const left = await killDuring('use', started);
    assertBothSides(left, isRotated);
    for (const seconds of [0, 35]) {
      await forEach(left, async ({ another }, state) => {
        const { status } = await useSession(
          another(() => Date.now() + seconds * 1000),
          started.cookie,
        );
        assert.equal(status, isRotated(state) && seconds > 30 ? 401 : 200);
      });
    }
  });

  it('either ends the old session and starts the new one, or neither', async () => {
    const started = await start(MINUTE_MS);
    const [oldId] = idsOf(started.state);
    const left = await killDuring('create', started);
    const isCreated = (state: State) => idsOf(state).some((id) => id !== oldId);
    assertBothSides(left, isCreated);
    await forEach(left, async ({ another, state }, found) => {
      const created = isCreated(found);
      assert.deepEqual(eventsSince(started, found), created ? ['session.create', 'session.end'] : []);
      assert.equal(endsInFeed(found).includes(String(oldId)), created);
      assert.equal((await useSession(another(), started.cookie)).status, created ? 401 : 200);
      // The user tries again, with the cookie that the browser still has.
      const server = await serveInstance(another());
      const browser = server.browser(started.cookie);
      await browser.signIn(await tokenAt(Date.now));
      assert.equal((await browser.send('GET /me')).status, 200);
      assert.ok(!idsOf(await state()).includes(String(oldId)));
      await server.close();
    });
  });

  it('either steps up and rotates the cookie value, or neither', async () => {
    const started = await start(MINUTE_MS);
    const left = await killDuring('step-up', started);
    assertBothSides(left, isRotated);
    await forEach(left, async ({ another }, found) => {
      assert.deepEqual(eventsSince(started, found), isRotated(found) ? ['session.step-up'] : []);
      assert.equal((await useSession(another(), started.cookie)).status, 200);
    });
  });

  it('ends all of a session or nothing, and a second sign-out succeeds', async () => {
    const started = await start(MINUTE_MS);
    const [id] = idsOf(started.state);
    const left = await killDuring('end', started);
    const isEnded = (state: State) => idsOf(state).length === 0;
    assertBothSides(left, isEnded);
    await forEach(left, async ({ another, state }, found) => {
      const ended = isEnded(found);
      assert.deepEqual(eventsSince(started, found), ended ? ['session.end'] : []);
      assert.equal(endsInFeed(found).includes(String(id)), ended);
      assert.equal((await useSession(another(), started.cookie)).status, ended ? 401 : 200);
      const server = await serveInstance(another());
      const browser = server.browser(started.cookie);
      browser.csrfToken = started.csrfToken;
      assert.equal((await browser.send('DELETE /sessions/current')).status, 204);
      assert.equal(browser.cookie, undefined);
      await server.close();
      assert.deepEqual(idsOf(await state()), []);
    });
  });
});

/** An ID token of a sign-in of half a minute ago. */
function tokenAt(clock: Clock): Promise<string> {
  const now = Math.floor(clock() / 1000);
  const times = { auth_time: now - 30, iat: now - 10, exp: now + 3_590 };
  return mintIdToken({ sub: TARGET, email: `${TARGET}@example.com`, roles: ['member'], rv: 1, ...times });
}

function initialState(): State {
  const entries = [entryOf(TARGET, ['member']), entryOf(OWNER, ['owner'])];
  return {
    documents: new Map<string, object>([
      ...entries.map((entry) => [`directory/${entry.uid}`, toDocument(entry)] as const),
      ['system/owners', { uids: [OWNER] }],
    ]),
    accounts: new Map(entries.map((entry) => [entry.uid, syncedAccount(entry)])),
  };
}

function assertBothSides(left: readonly LeftState[], isDone: (state: State) => boolean): void {
  const done = left.map(isDone);
  assert.ok(done.includes(true) && done.includes(false), left.map(({ when }) => when).join('\n'));
}

const sessionsIn = (state: State) => [...collection(state, 'sessions').values()];
const idsOf = (state: State) => [...new Set(sessionsIn(state).map(({ id }) => String(id)))];
const isRotated = (state: State) => sessionsIn(state).length === 2;
const lastSeen = (state: State) => Math.max(...sessionsIn(state).map(({ lastSeen }) => lastSeen.seconds));

/** Actions of the audit events after the start of the session. */
function eventsSince({ state: before }: Started, state: State): string[] {
  const known = new Set(doneEvents(before).map(({ requestId }) => requestId));
  return doneEvents(state)
    .filter(({ requestId }) => !known.has(requestId))
    .map(({ action }) => String(action))
    .sort();
}

/** The sessions that other instances learn to refuse. */
const endsInFeed = (state: State) =>
  [...collection(state, 'accessChanges').values()].flatMap(({ session }) => session ?? []);
