import type { App } from 'firebase-admin/app';
import { type AuditLog, createAuditLog } from './audit/audit-log.ts';
import type { AuthenticateDeps } from './authn/authenticate.ts';
import { type BearerAuthenticator, createBearerAuthenticator } from './authn/bearer.ts';
import type { Fetch } from './authn/oidc/fetch-json.ts';
import { createFirebaseTokenVerifier } from './authn/oidc/firebase-token.ts';
import { firebaseProfile } from './authn/oidc/providers/firebase.ts';
import { createTokenVerifiers } from './authn/oidc/token-verifiers.ts';
import { createJwtVerifier } from './authn/oidc/verify-jwt.ts';
import { type Config, loadConfig } from './config.ts';
import { type Clock, systemClock } from './core/clock.ts';
import { type ChangeAccess, createChangeAccess } from './directory/change-access.ts';
import { createDirectory, type Directory } from './directory/directory.ts';
import { createDirectoryList } from './directory/list.ts';
import { createAccessRecords } from './directory/records.ts';
import { createRevocationFeed, readAccessChanges } from './directory/revocation/feed.ts';
import { type AccountSync, createAccountSync } from './directory/sync/account-sync.ts';
import { createReconcileAccess, type ReconcileAccess } from './directory/sync/reconcile.ts';
import { createIdentitiesService, type IdentitiesService } from './identities/identities-service.ts';
import { createNotesService, type NotesService } from './notes/notes-service.ts';
import type { GuardDeps } from './pipeline/guard.ts';
import { type AppCheckVerifier, createAppCheckVerifier } from './platform/app-check.ts';
import { type AccountStore, createAccountStore } from './platform/firebase-auth/account-store.ts';
import { createEmulatorTokenVerifier } from './platform/firebase-auth/emulator-token-verifier.ts';
import type { OpenFirestore } from './platform/firestore/firestore.ts';
import { type Log, structuredLog } from './platform/logging/log.ts';
import { createExchangeToken, type ExchangeToken } from './token-exchange/exchange-token.ts';
import { createUsersService, type UsersService } from './users/users-service.ts';

/** Everything an instance is made of. */
export interface Deps extends GuardDeps {
  readonly config: Config;
  readonly bearer: BearerAuthenticator;
  readonly appCheck: AppCheckVerifier;
  readonly accounts: AccountStore;
  readonly audit: AuditLog;
  readonly directory: Directory;
  readonly changeAccess: ChangeAccess;
  readonly reconcileAccess: ReconcileAccess;
  readonly users: UsersService;
  readonly identities: IdentitiesService;
  readonly exchangeToken: ExchangeToken;
  readonly sync: AccountSync;
  readonly notes: NotesService;
}

interface Outside {
  readonly app?: App;
  readonly firestore?: OpenFirestore;
  readonly clock?: Clock;
  /** For the keys of other issuers. */
  readonly fetch?: Fetch;
  readonly log?: Log;
}

/** Wires one instance. What reaches outside can be handed in. */
export function createDeps(config: Config, outside: Outside = {}): Deps {
  const { clock = systemClock, fetch = lateFetch, log = structuredLog } = outside;
  const { auth, appCheck, firestore } = openFirebase(config.projectId, outside.app);
  const open = outside.firestore ?? firestore;

  const accounts = createAccountStore(auth);
  const audit = createAuditLog({ open, clock, retention: config.auditRetention, log });
  const feed = createRevocationFeed({
    readSince: readAccessChanges(open),
    clock,
    maxAge: config.accessChangeMaxAge,
    log,
  });
  const directory = createDirectory({
    open,
    clock,
    auditRetention: config.auditRetention,
    onAccessChange: feed.learn,
  });
  const sync = createAccountSync({ directory, accounts, clock, log });
  const changeAccess = createChangeAccess({ directory, sync, audit, log });
  const directoryList = createDirectoryList({ open, clock });
  const accessRecords = createAccessRecords({ directory, accounts, sync, clock, log });
  const firebase = firebaseProfile(config.projectId);
  const jwt = config.emulator
    ? createEmulatorTokenVerifier({ profile: firebase, auth })
    : createJwtVerifier({ profiles: [firebase], fetch: whileOpening(open, fetch), clock });
  const bearer = createBearerAuthenticator([
    createFirebaseTokenVerifier({ jwt, records: accessRecords }),
    ...createTokenVerifiers({ profiles: config.trustedIssuers, fetch, clock, records: accessRecords }),
  ]);
  const authn = {
    ...{ clock, accessChanges: feed, accessRecords },
    ...{ authenticators: [bearer], bearer },
  } satisfies AuthenticateDeps & { bearer: BearerAuthenticator };
  const users = createUsersService({ accounts, directory, directoryList, changeAccess, clock });
  const profiles = config.trustedIssuers;
  return Object.freeze({
    ...authn,
    config,
    log,
    accounts,
    audit,
    directory,
    sync,
    changeAccess,
    reconcileAccess: createReconcileAccess({ open, changeAccess, sync, clock }),
    appCheck: createAppCheckVerifier({ ...config.appCheck, appCheck, clock }),
    users,
    identities: createIdentitiesService({ directory, log }),
    exchangeToken: createExchangeToken({ authn, profiles, directory, accounts, sync, audit, log }),
    notes: createNotesService({ open, clock, auditRetention: config.auditRetention }),
  });
}

/** The first token needs both: while Google's keys are on their way, Firestore's SDK is loaded. */
function whileOpening(open: OpenFirestore, fetch: Fetch): Fetch {
  return (url, init) => {
    open().catch(() => undefined);
    return fetch(url, init);
  };
}

/** The parts of the Admin SDK, each loaded when it is first asked for: the first answer may need none. */
function openFirebase(projectId: string, given: App | undefined) {
  const app = once(async () => given ?? (await import('firebase-admin/app')).initializeApp({ projectId }));
  return {
    auth: once(async () => (await import('firebase-admin/auth')).getAuth(await app())),
    appCheck: once(async () => (await import('firebase-admin/app-check')).getAppCheck(await app())),
    firestore: once(async () => {
      const { getFirestore, FieldPath, FieldValue, Timestamp } = await import('firebase-admin/firestore');
      return { db: getFirestore(await app()), FieldPath, FieldValue, Timestamp };
    }),
  };
}

function once<T>(make: () => Promise<T>): () => Promise<T> {
  let made: Promise<T> | undefined;
  return () => {
    made ??= make();
    return made;
  };
}

/** Node builds its `fetch` when somebody first looks at it, which takes as long as all of ours. */
const lateFetch: Fetch = (...request) => globalThis.fetch(...request);

let instance: Deps | undefined;

/** This instance's own, built when the first request needs them. */
export function instanceDeps(): Deps {
  instance ??= createDeps(loadConfig());
  return instance;
}
