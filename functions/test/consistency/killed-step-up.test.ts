import assert from 'node:assert/strict';
import { after, before } from 'mocha';
import { toDocument } from '../../src/directory/entry-document.ts';
import { type AuthenticatorApp, enrolApp } from '../helpers/authenticator-app.ts';
import { mintIdToken } from '../helpers/google.ts';
import { serveInstance } from '../helpers/session-server.ts';
import { syncedAccount } from './auth-server.ts';
import { doneEvents, TARGET } from './invariants.ts';
import { killAtEachCall, onEachCopy } from './kill-at-each-call.ts';
import { type LeftState, openSandbox, type Sandbox, type Timing } from './sandbox.ts';
import { entryOf } from './seed.ts';
import { type SessionStep, takeSessionStep } from './session-steps.ts';
import { collection, type State } from './state.ts';

describe('a process that is killed at any call of a step-up', function () {
  this.timeout(180_000);
  let sandboxes: Sandbox[] = [];
  let started: State;
  let app: AuthenticatorApp;
  let session: Pick<SessionStep, 'cookie' | 'csrfToken'>;

  /** The user has an authenticator app, and a session. */
  before(async () => {
    sandboxes = [await openSandbox(), await openSandbox()];
    const [sandbox = assert.fail()] = sandboxes;
    await sandbox.withCopy(initialState(), async ({ another, state }) => {
      const server = await serveInstance(another(Date.now));
      const browser = server.browser();
      await browser.signIn(await tokenOf(30));
      app = await enrolApp((route, body) => browser.send(route, body && { body }));
      await server.close();
      const { cookie = '', csrfToken = '' } = browser;
      session = { cookie, csrfToken };
      started = await state();
    });
  });
  after(() => Promise.all(sandboxes.map((sandbox) => sandbox.close())));

  const isUsedUp = (state: State) => {
    const lastStep = (of: State) => [...collection(of, 'factors').values()][0]?.lastStep;
    return lastStep(state) !== lastStep(started);
  };

  async function checkEachState(
    name: 'factor' | 'token-factor',
    timings: readonly Timing[],
    isRaised: (state: State) => boolean,
  ) {
    const at = Date.now();
    // That of the next time step: the processes take long.
    const step = { ...session, name, token: await tokenOf(30), totp: await app.code(1) };
    const again = { ...step, name: 'token-factor', token: await tokenOf(29) } as const;
    const left: LeftState[] = [];
    for (const timing of timings)
      left.push(...(await killAtEachCall(sandboxes, started, { session: step }, timing)));
    const raised = left.map(isRaised);
    assert.ok(raised.includes(true) && raised.includes(false), left.map(({ when }) => when).join('\n'));
    assert.deepEqual(left.map(isUsedUp), raised);
    const action = name === 'factor' ? 'session.step-up' : 'mfa.step-up';
    const events = left.map((state) => doneEvents(state).some((event) => event.action === action));
    assert.deepEqual(events, raised);
    // The user sends the code again, in another sign-in: only a code that raised nothing is still good.
    await onEachCopy(
      sandboxes,
      left,
      (state) => state,
      async ({ another }, state) => {
        const { status, body } = await takeSessionStep(
          another(() => at),
          again,
        );
        assert.equal(status, isRaised(state) ? 403 : 200, JSON.stringify(body));
      },
    );
  }

  it('uses up the code exactly when the session is raised', () =>
    checkEachState('factor', ['before', 'after'], (state) =>
      [...collection(state, 'sessions').values()].some(({ stepUp }) => stepUp !== undefined),
    ));

  it('uses up the code exactly when the tokens of the sign-in are raised', () =>
    checkEachState('token-factor', ['after'], (state) => collection(state, 'stepUps').size === 1));
});

/** An ID token of a sign-in that many seconds ago. */
function tokenOf(ago: number): Promise<string> {
  const now = Math.floor(Date.now() / 1000);
  const times = { auth_time: now - ago, iat: now - 10, exp: now + 3_590 };
  return mintIdToken({ sub: TARGET, email: `${TARGET}@example.com`, roles: ['member'], rv: 1, ...times });
}

function initialState(): State {
  const entry = entryOf(TARGET, ['member']);
  return {
    documents: new Map<string, object>([
      [`directory/${TARGET}`, toDocument(entry)],
      ['system/owners', { uids: [] }],
    ]),
    accounts: new Map([[TARGET, syncedAccount(entry)]]),
  };
}
