import { type App, initializeApp } from 'firebase-admin/app';
import { getAppCheck } from 'firebase-admin/app-check';
import { getAuth } from 'firebase-admin/auth';
import { createAccountStates } from './authn/account-states.ts';
import { type AppCheckGate, createAppCheckGate } from './authn/app-check.ts';
import { createFirebaseIdTokenAuthenticator } from './authn/authenticators/firebase-id-token.ts';
import { createVerifiedTokenCache } from './authn/verified-token-cache.ts';
import { type Config, loadConfig } from './config.ts';
import type { GuardDeps } from './guard.ts';
import { type Clock, systemClock } from './lib/clock.ts';
import { type Log, structuredLog } from './log.ts';
import { type AccountStore, createAccountStore } from './users/account-store.ts';
import { createUsersService, type UsersService } from './users/users-service.ts';

/** Everything an instance is made of. */
export interface Deps extends GuardDeps {
  readonly config: Config;
  readonly appCheck: AppCheckGate;
  readonly accounts: AccountStore;
  readonly users: UsersService;
}

interface Outside {
  readonly app?: App;
  readonly clock?: Clock;
  readonly log?: Log;
}

/** Wires one instance. What reaches outside can be handed in: the Firebase app, the clock, the log. */
export function createDeps(config: Config, outside: Outside = {}): Deps {
  const { clock = systemClock, log = structuredLog } = outside;
  const app = outside.app ?? initializeApp({ projectId: config.projectId });
  const auth = () => getAuth(app);
  const accounts = createAccountStore(auth);
  const accountStates = createAccountStates({
    load: accounts.find,
    clock,
    maxAge: config.accessChangeMaxAge,
  });
  return Object.freeze({
    config,
    clock,
    log,
    accounts,
    accountStates,
    verifiedTokens: createVerifiedTokenCache(),
    authenticators: [
      createFirebaseIdTokenAuthenticator({
        projectId: config.projectId,
        emulator: config.emulator,
        verifyIdToken: (token) => auth().verifyIdToken(token),
      }),
    ],
    appCheck: createAppCheckGate({ ...config.appCheck, appCheck: () => getAppCheck(app), clock }),
    users: createUsersService({ store: accounts, accountStates, log }),
  });
}

let instance: Deps | undefined;

/** This instance's own, built when the first request needs them. */
export function instanceDeps(): Deps {
  instance ??= createDeps(loadConfig());
  return instance;
}
