import assert from 'node:assert/strict';
import { actor } from '../helpers/actor.ts';
import type { TestInstance } from '../helpers/open-instance.ts';
import { caseCount } from '../helpers/random-cases.ts';
import type { SessionBrowser } from '../helpers/session-browser.ts';
import { serveInstance } from '../helpers/session-server.ts';
import { withAccessRules } from '../helpers/users.ts';
import { readOutsideTransaction } from './faults.ts';
import { OWNER, TARGET } from './invariants.ts';
import { random } from './scheduler.ts';
import { type Fault, openSessionEnvironment, type SessionEnvironment } from './session-environment.ts';
import { type SessionStep, takeSessionStep } from './session-steps.ts';
import type { State } from './state.ts';

/** Runs one schedule only, e.g. `SCHEDULE=417`, to reproduce a failure. */
const { SCHEDULE } = process.env;
const HOUR_MS = 3_600_000;

/** Steps: about as many as the calls of the longest request. */
const LONGEST_WAIT = 20;

interface Faults {
  readonly request?: Fault;
  readonly end?: Fault;
}

/**
 * What ends the session, or all sessions of the user. `by device` and `everywhere else` come from another session of the user,
 * which goes on.
 */
type End = 'revoke' | 'disable' | 'delete' | 'sign out' | 'sign in again' | 'by device' | 'everywhere else';

/** A request with a session, while something ends the session. */
interface Scenario {
  readonly name: string;
  readonly schedules: number;
  readonly step: SessionStep['name'];
  readonly end: End;
  /** Hours that the session is old. A request renews it after six. */
  readonly age: number;
  /** The user got another role after the session began: the next request rotates the cookie value. */
  readonly roleChanged?: true;
}

const SCENARIOS: readonly Scenario[] = [
  {
    ...{ name: 'a renewal and the revocation of all sessions', schedules: caseCount(1000) },
    ...{ step: 'use', end: 'revoke', age: 7 },
  },
  { name: 'a renewal and a sign-out', schedules: caseCount(200), step: 'use', end: 'sign out', age: 7 },
  {
    name: 'a renewal and the disabling of the user',
    schedules: caseCount(200),
    step: 'use',
    end: 'disable',
    age: 7,
  },
  {
    name: 'a renewal and the deletion of the user',
    schedules: caseCount(200),
    step: 'use',
    end: 'delete',
    age: 7,
  },
  {
    name: 'a renewal and a new sign-in',
    schedules: caseCount(200),
    step: 'use',
    end: 'sign in again',
    age: 7,
  },
  {
    ...{ name: 'a rotation and the revocation of all sessions', schedules: caseCount(200) },
    ...{ step: 'use', end: 'revoke', age: 0, roleChanged: true },
  },
  {
    ...{ name: 'a rotation and a sign-out', schedules: caseCount(200) },
    ...{ step: 'use', end: 'sign out', age: 0, roleChanged: true },
  },
  {
    name: 'a step-up and the revocation of all',
    schedules: caseCount(200),
    step: 'step-up',
    end: 'revoke',
    age: 0,
  },
  { name: 'a step-up and a sign-out', schedules: caseCount(200), step: 'step-up', end: 'sign out', age: 0 },
  {
    name: 'a sign-in and the revocation of all',
    schedules: caseCount(200),
    step: 'create',
    end: 'revoke',
    age: 0,
  },
  {
    name: 'a sign-in and the disabling of the user',
    schedules: caseCount(200),
    step: 'create',
    end: 'disable',
    age: 0,
  },
  {
    name: 'a sign-in and the deletion of the user',
    schedules: caseCount(200),
    step: 'create',
    end: 'delete',
    age: 0,
  },
  {
    ...{ name: 'a rotation and an end by another device', schedules: caseCount(200) },
    ...{ step: 'use', end: 'by device', age: 0, roleChanged: true },
  },
  {
    ...{ name: 'a rotation and a revocation everywhere else', schedules: caseCount(200) },
    ...{ step: 'use', end: 'everywhere else', age: 0, roleChanged: true },
  },
  {
    ...{ name: 'a renewal and a revocation everywhere else', schedules: caseCount(200) },
    ...{ step: 'use', end: 'everywhere else', age: 7 },
  },
];

const ENDS_ALL: readonly End[] = ['revoke', 'disable', 'delete'];

const valuesOf = ({ cookie = '', csrfToken = '' }: SessionBrowser) => ({ cookie, csrfToken });

function byName(name: string): Scenario {
  return SCENARIOS.find((scenario) => scenario.name === name) ?? assert.fail(name);
}

interface Started {
  readonly saved: State;
  readonly cookie: string;
  readonly csrfToken: string;
  /** Public id of the session. */
  readonly id: string;
  /** Another session of the user. */
  readonly other: { readonly cookie: string; readonly csrfToken: string };
}

describe('a session that ends during a request, in any order of their calls', function () {
  this.timeout(300_000);
  let environment: SessionEnvironment;
  before(async () => {
    environment = await openSessionEnvironment();
  });
  after(() => environment.close());

  async function start({ age, roleChanged }: Scenario): Promise<Started> {
    await environment.reset();
    const now = Date.now();
    environment.time = now - age * HOUR_MS;
    const instance = environment.instance();
    const server = await serveInstance(instance);
    const [browser, other] = [server.browser(), server.browser()];
    for (const one of [browser, other]) await one.signIn(await environment.token());
    const { body } = await browser.send('GET /me/sessions');
    const listed = body.sessions as { readonly id: string; readonly current: boolean }[];
    const id = listed.find(({ current }) => current)?.id ?? assert.fail();
    await server.close();
    environment.time = now;
    if (roleChanged) {
      const change = { uid: TARGET, version: 1, grants: [{ role: 'support' as const }] };
      await withAccessRules(instance.users).setRoles(actor(OWNER, ['owner']), change);
    }
    return { saved: await environment.save(), id, ...valuesOf(browser), other: valuesOf(other) };
  }

  async function endBy(
    instance: TestInstance,
    end: End,
    { cookie, csrfToken, id, other }: Started,
    token: string,
  ): Promise<void> {
    const owner = actor(OWNER, ['owner']);
    const users = withAccessRules(instance.users);
    const session = { cookie, csrfToken, token };
    async function fromOther(route: string, body?: object) {
      const server = await serveInstance(instance);
      const browser = Object.assign(server.browser(), other);
      const answer = await browser.send(route, body && { body });
      await server.close();
      return answer;
    }
    switch (end) {
      case 'revoke':
        await users.revoke(owner, TARGET);
        return;
      case 'disable':
        await users.setDisabled(owner, TARGET, true);
        return;
      case 'delete':
        return users.remove(owner, TARGET);
      case 'sign out':
        assert.equal((await takeSessionStep(instance, { ...session, name: 'end' })).status, 204);
        return;
      case 'by device':
        assert.equal((await fromOther(`DELETE /me/sessions/${id}`)).status, 204);
        return;
      case 'everywhere else':
        assert.equal((await fromOther('POST /me/revoke', { except: 'current' })).status, 200);
        return;
      case 'sign in again':
        assert.equal((await takeSessionStep(instance, { ...session, name: 'create' })).status, 200);
    }
  }

  async function runOnce(scenario: Scenario, started: Started, seed: number, faults: Faults = {}) {
    await environment.reset(started.saved);
    const instance = environment.instance(faults.request);
    const ending = environment.instance(faults.end);
    const order = random(seed);
    // Without a late start, the one with fewer calls would nearly always win.
    const waits = [order(), order()].map((value) => Math.floor(value * LONGEST_WAIT));
    const startLate = async (actor: 0 | 1) => {
      for (let n = 0; n < (waits[actor] ?? 0); n++) await environment.scheduler.stop('wait');
    };
    const token = await environment.token(30, scenario.roleChanged && { roles: ['support'], rv: 2 });
    const values = [started.cookie];
    let status = 0;
    let failure: unknown;
    const steps = await environment.scheduler.run(
      [
        async () => {
          await startLate(0);
          const answer = await takeSessionStep(instance, { ...started, token, name: scenario.step });
          status = answer.status;
          values.push(...answer.setCookie.flatMap((line) => /^__session=([^;]+)/.exec(line)?.[1] ?? []));
        },
        async () => {
          await startLate(1);
          await endBy(ending, scenario.end, started, token).catch((error) => (failure = error));
        },
      ],
      order,
    );
    if (failure !== undefined) throw failure;
    const server = await serveInstance(environment.instance());
    const left = await Promise.all(
      values.map(async (value) => (await server.browser(value).send('GET /me')).status),
    );
    const other = (await server.browser(started.other.cookie).send('GET /me')).status;
    await server.close();
    return { steps, status, left, other: ENDS_ALL.includes(scenario.end) ? 200 : other };
  }

  function check({ status, left, other, steps }: Awaited<ReturnType<typeof runOnce>>, seed: number): void {
    const at = `SCHEDULE=${seed}: ${status}, then ${left}\n${steps.join('\n')}`;
    assert.ok([200, 401, 403].includes(status), at);
    assert.ok(
      left.every((one) => one === 401),
      `a cookie value is accepted after the end. ${at}`,
    );
    assert.equal(other, 200, `another session has ended, too. ${at}`);
  }

  for (const scenario of SCENARIOS) {
    it(`ends it: ${scenario.name}`, async () => {
      const started = await start(scenario);
      const orders = new Set<string>();
      const results = new Set<number>();
      const seeds = SCHEDULE
        ? [Number(SCHEDULE)]
        : Array.from({ length: scenario.schedules }, (_, n) => n + 1);
      for (const seed of seeds) {
        const run = await runOnce(scenario, started, seed);
        check(run, seed);
        orders.add(run.steps.join());
        results.add(run.status);
      }
      if (SCHEDULE) return;
      assert.ok(orders.size > 0.5 * scenario.schedules, `only ${orders.size} different orders`);
      assert.ok(results.size > 1, 'the same one always wins');
    });
  }

  it('keeps a session that nothing ends', async () => {
    const started = await start(byName('a renewal and a sign-out'));
    const server = await serveInstance(environment.instance());
    assert.equal((await server.browser(started.cookie).send('GET /me')).status, 200);
    await server.close();
  });

  const scenario = byName('a rotation and a sign-out');
  const ofSessions: Fault = (firestore) =>
    readOutsideTransaction(firestore, (path) => path === '' || path.startsWith('sessions/'));
  const faults: Record<string, Faults> = {
    rotates: { request: ofSessions },
    'signs out': { end: ofSessions },
  };
  for (const [what, faulty] of Object.entries(faults)) {
    it(`the schedules find the bug of reading the session that one ${what} outside the transaction`, async () => {
      const started = await start(scenario);
      for (let seed = 1; seed <= 100; seed++) {
        const run = await runOnce(scenario, started, seed, faulty);
        try {
          check(run, seed);
        } catch (error) {
          assert.ok(error instanceof assert.AssertionError);
          return;
        }
      }
      assert.fail('100 schedules did not find it');
    });
  }
});
