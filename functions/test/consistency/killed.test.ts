import assert from 'node:assert/strict';
import type { AuthBlockingEvent } from 'firebase-functions/identity';
import { toDocument } from '../../src/access/directory-entry.ts';
import { authenticate } from '../../src/authn/authenticate.ts';
import type { Role } from '../../src/authz/roles.ts';
import type { Deps } from '../../src/deps.ts';
import { AppError } from '../../src/errors.ts';
import { createBlockingFunctions } from '../../src/triggers/blocking.ts';
import { mintIdToken } from '../helpers/google.ts';
import {
  assertAgreed,
  assertWhole,
  claimsFor,
  claimsIn,
  doneIn,
  entryIn,
  OWNER,
  TARGET,
} from './agreement.ts';
import { accountWith } from './auth-server.ts';
import { CHANGES, type ChangeName } from './changes.ts';
import { type Lane, type Left, MOMENTS, type Moment, openLane } from './lane.ts';
import { entryOf } from './seed.ts';
import type { State } from './state.ts';

const ROLE: Record<ChangeName, Role> = {
  promote: 'member',
  demote: 'owner',
  disable: 'owner',
  delete: 'owner',
  revoke: 'admin',
};

/** More calls than any change makes. */
const MOST_CALLS = 30;

const now = () => Date.now();
/** The killed process had the turn to tell Firebase Auth; it is over by then. */
const later = () => Date.now() + 25_000;

describe('a process killed at any of its calls', function () {
  this.timeout(180_000);
  const lanes = new Map<Moment, Lane>();
  const warnings: Error[] = [];
  const keep = (warning: Error) => warnings.push(warning);
  before(async () => {
    process.on('warning', keep);
    for (const moment of MOMENTS) lanes.set(moment, await openLane());
  });
  after(async () => {
    process.off('warning', keep);
    await Promise.all([...lanes.values()].map((lane) => lane.close()));
    // Repairs come late, when what they would wait for is long over.
    assert.deepEqual(warnings, [], 'Node had to warn');
  });

  for (const name of CHANGES) {
    describe(`while it is to ${name} somebody`, () => {
      let initial: State;
      let lefts: Map<Lane, Left[]>;
      let oldToken: string;

      before(async () => {
        const lane = lanes.get('before') ?? assert.fail();
        initial = await lane.try(stateWith(ROLE[name]), now, ({ state }) => state());
        oldToken = await tokenOf(initial);
        lefts = new Map(
          await Promise.all(
            [...lanes].map(async ([moment, lane]) => [lane, await killAll(lane, moment)] as const),
          ),
        );
      });

      async function killAll(lane: Lane, moment: Moment): Promise<Left[]> {
        const all: Left[] = [];
        for (let n = 1; n <= MOST_CALLS; n++) {
          const left = await lane.kill(initial, { name, by: OWNER, uid: TARGET }, n, moment);
          if (left === undefined) return all;
          all.push(left);
        }
        return assert.fail('it makes no end of calls');
      }

      /** Tries something on each state that was left, with a fresh instance. */
      async function forEach(
        clock: () => number,
        work: (trial: Parameters<Parameters<Lane['try']>[2]>[0], left: Left) => Promise<void>,
      ) {
        await Promise.all(
          [...lefts].map(async ([lane, all]) => {
            for (const left of all) {
              try {
                await lane.try(left, clock, (trial) => work(trial, left));
              } catch (error) {
                throw new Error(`killed ${left.when}`, { cause: error });
              }
            }
          }),
        );
      }

      it('is killed at calls before its transaction and after it', () => {
        for (const all of lefts.values()) {
          const committed = all.map((left) => doneIn(left).length > 0);
          assert.ok(committed.length >= 8 && committed.includes(true) && committed.includes(false));
        }
      });

      it('has made all of the change or none of it, and given nothing yet that the directory does not give', () => {
        for (const left of [...lefts.values()].flat()) {
          assertWhole(left, initial, name);
          const entry = entryIn(left);
          const claims = claimsIn(left);
          if (entry === undefined || !left.accounts.has(TARGET)) continue;
          // Claims of an older version are worth nothing from now on.
          if (claims.rv !== 1 || entry.rolesVersion === 1)
            assert.deepEqual(claims, claimsFor(entry), left.when);
        }
      });

      it('leaves no token good that the change has made void, with any instance', () =>
        forEach(now, async ({ instance }, left) => {
          for (const token of [oldToken, await tokenOf(left)]) {
            const isVoid =
              doneIn(left).length > 0 &&
              (token === oldToken ||
                name === 'disable' ||
                name === 'delete' ||
                name === 'revoke' ||
                claimsIn(left).rv !== 2);
            for (const fresh of [true, false]) {
              const outcome = await presented(instance, token, fresh);
              const roles = isVoid ? 'refused' : entryIn(left)?.grants.map(({ role }) => role);
              assert.deepEqual(outcome, roles, fresh ? 'privileged' : 'ordinary');
            }
          }
        }));

      it('is repaired by the next request of that user', () =>
        forEach(later, async ({ instance, state }, left) => {
          await authenticate(instance, bearer(oldToken), { fresh: false }).catch(assertStale);
          await assertRepaired(await state(), left);
        }));

      it('is repaired by reconcileAccess, once and for all', () =>
        forEach(later, async ({ instance, state }, left) => {
          const run = () => instance.reconcileAccess({ principal: 'system', requestId: 'r' });
          assert.equal((await run()).failed, 0);
          await assertRepaired(await state(), left);
          assert.deepEqual(await run(), { expired: 0, repaired: 0, failed: 0, more: false });
        }));

      it('is repaired by the next sign-in as far as it matters to the user, and then by reconcileAccess', () =>
        forEach(later, async ({ instance, another, accounts, state }, left) => {
          const entry = entryIn(left);
          const account = accounts.get(TARGET);
          if (account === undefined) return;
          const signedIn = await signIn(instance, left);
          assert.equal(signedIn === 'refused', entry?.disabled ?? false);
          if (signedIn !== 'refused') {
            const customClaims = signedIn.customClaims ?? claimsIn(left);
            accounts.set(TARGET, { ...account, customAttributes: JSON.stringify(customClaims) });
            const token = await mintIdToken({ sub: TARGET, ...customClaims, auth_time: seconds(now()) });
            for (const fresh of [true, false]) {
              assert.deepEqual(
                await presented(another(now), token, fresh),
                entry?.grants.map(({ role }) => role),
              );
            }
          }
          await instance.reconcileAccess({ principal: 'system', requestId: 'r' });
          await assertRepaired(await state(), left);
        }));

      async function assertRepaired(state: State, left: Left): Promise<void> {
        assertWhole(state, initial, name);
        assert.equal(doneIn(state).length, doneIn(left).length);
        if (name === 'delete' && doneIn(left).length > 0) {
          assert.deepEqual([entryIn(state), state.accounts.get(TARGET)], [undefined, undefined]);
        } else {
          assertAgreed(state);
        }
      }
    });
  }
});

function stateWith(role: Role): State {
  const entries = [entryOf(TARGET, [role]), entryOf(OWNER, ['owner'])];
  const uids = role === 'owner' ? [TARGET, OWNER] : [OWNER];
  return {
    documents: new Map<string, object>([
      ...entries.map((entry) => [`directory/${entry.uid}`, toDocument(entry)] as const),
      ['system/owners', { uids }],
    ]),
    accounts: new Map(entries.map((entry) => [entry.uid, accountWith(entry)])),
  };
}

const seconds = (ms: number) => Math.floor(ms / 1000);
const bearer = (token: string) => ({ kind: 'bearer', token }) as const;

/** A token of a sign-in of a minute ago, as Firebase Auth would issue it now. */
function tokenOf(state: State): Promise<string> {
  return mintIdToken({ sub: TARGET, ...claimsIn(state) });
}

/** The roles that a token is good for. What its refusal sets in motion is for other tests. */
async function presented(
  instance: Deps,
  token: string,
  fresh: boolean,
): Promise<readonly Role[] | 'refused'> {
  const accessRecords = { ...instance.accessRecords, mend: async () => undefined };
  try {
    const { roles } = await authenticate({ ...instance, accessRecords }, bearer(token), { fresh });
    return roles;
  } catch (error) {
    assertStale(error);
    return 'refused';
  }
}

function assertStale(error: unknown): void {
  if (!(error instanceof AppError)) throw error;
  assert.ok(error.code === 'token_stale' || error.code === 'invalid_token', error.code);
}

/** What Identity Platform asks before a sign-in, and what it is told. */
async function signIn(deps: Deps, state: State): Promise<{ customClaims?: object } | 'refused'> {
  const { beforeUserSignedIn } = createBlockingFunctions({}, () => deps);
  const run: unknown = Reflect.get(beforeUserSignedIn, 'run');
  assert.ok(typeof run === 'function');
  const { disabled = false, email } = state.accounts.get(TARGET) ?? {};
  const user = { uid: TARGET, email, emailVerified: true, disabled, customClaims: claimsIn(state) };
  try {
    return (await run({ eventId: 'e', data: user } as unknown as AuthBlockingEvent)) ?? {};
  } catch (error) {
    assert.equal(Reflect.get(Object(error), 'code'), 'permission-denied');
    return 'refused';
  }
}
