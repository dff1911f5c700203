import assert from 'node:assert/strict';
import type { AuthBlockingEvent } from 'firebase-functions/identity';
import { authenticate } from '../../src/authn/authenticate.ts';
import type { Role } from '../../src/authz/roles.ts';
import { AppError } from '../../src/core/errors.ts';
import { createBlockingFunctions } from '../../src/sign-up/blocking-functions.ts';
import { mintIdToken } from '../helpers/google.ts';
import type { TestInstance } from '../helpers/open-instance.ts';
import { claimsIn, TARGET } from './invariants.ts';
import type { State } from './state.ts';

/** A token of a sign-in of a minute ago, as Firebase Auth would issue it now. */
export function tokenOf(state: State): Promise<string> {
  return mintIdToken({ sub: TARGET, ...claimsIn(state) });
}

/** A token of a sign-in of this second. */
export function newToken(claims: object): Promise<string> {
  return mintIdToken({ sub: TARGET, ...claims, auth_time: Math.floor(Date.now() / 1000) });
}

/** The roles that a token is accepted with. A refusal starts no resync here; other tests cover that. */
export async function acceptedRoles(
  instance: TestInstance,
  token: string,
  fresh: boolean,
): Promise<readonly Role[] | 'refused'> {
  const accessRecords = { ...instance.accessRecords, resyncAfterStaleToken: async () => undefined };
  try {
    const { principal } = await authenticate({ ...instance, accessRecords }, bearer(instance, token), {
      fresh,
    });
    return principal.roles;
  } catch (error) {
    assertStale(error);
    return 'refused';
  }
}

/** An ordinary request that may be refused: a stale token starts a resync. */
export async function makeRequest(instance: TestInstance, token: string): Promise<void> {
  await authenticate(instance, bearer(instance, token), { fresh: false }).catch(assertStale);
}

/** Calls the blocking function of a sign-in, as Identity Platform does. @returns its response */
export async function signIn(
  instance: TestInstance,
  state: State,
): Promise<{ customClaims?: object } | 'refused'> {
  const { beforeUserSignedIn } = createBlockingFunctions({}, () => instance);
  const run: unknown = Reflect.get(beforeUserSignedIn, 'run');
  assert.ok(typeof run === 'function');
  const { disabled = false, email } = state.accounts.get(TARGET) ?? {};
  const user = { uid: TARGET, email, emailVerified: true, providerData: [], disabled };
  try {
    const data = { ...user, customClaims: claimsIn(state) };
    return (await run({ eventId: 'e', data } as unknown as AuthBlockingEvent)) ?? {};
  } catch (error) {
    assert.equal(Reflect.get(Object(error), 'code'), 'permission-denied');
    return 'refused';
  }
}

const bearer = ({ bearer }: TestInstance, token: string) => ({ authenticator: bearer, value: token });

function assertStale(error: unknown): void {
  if (!(error instanceof AppError)) throw error;
  assert.ok(error.code === 'token_stale' || error.code === 'invalid_token', error.code);
}
