import { type PublicKeyCredentialRequestOptionsJSON, startAuthentication } from '@simplewebauthn/browser';
import { bearer, cookie, csrfStore, type FirebaseAuth } from './credentials.ts';
import { createFactors, type Factors } from './factors.ts';
import { createPasskeys, type Passkeys, type SignedIn } from './passkeys.ts';
import { type Assurance, createSessions, readSession, type Session, type Sessions } from './session.ts';
import { createProver, type OnStepUp, type StepUpProof } from './step-up.ts';
import { type Call, createCall, createSend, type Send, withStepUp } from './transport.ts';

interface CommonOptions {
  /** Of the API, e.g. `/api/v1` on a Hosting site, `https://example.web.app/api/v1` in Node. */
  readonly baseUrl: string;
  /** Asks the user for a second factor when the API requires one. Without it, such a request fails. */
  readonly onStepUp?: OnStepUp;
  /** In place of the global `fetch`, e.g. to add the header of App Check. It gets a `Request`. */
  readonly fetch?: typeof fetch;
}

/** Sends the ID token of the user. */
export interface AuthOptions<Auth extends FirebaseAuth> extends CommonOptions {
  /** Firebase's `getAuth()`. */
  readonly auth: Auth;
  readonly cookie?: never;
  /** Firebase's function: with it, `passkeys.signIn` signs in to Firebase. */
  readonly signInWithCustomToken?: (auth: Auth, customToken: string) => Promise<unknown>;
}

/** The browser sends the session cookie. */
export interface CookieOptions extends CommonOptions {
  readonly cookie: true;
  readonly auth?: never;
}

export interface Client {
  /** Calls an operation. */
  readonly request: Call;
  /** As `fetch` below the base URL: returns every answer. Takes the requests of generated clients, too. */
  readonly fetch: Send;
  /** Proves a second factor. The assurance is that of the session, or of this sign-in, from now on. @throws GatehouseError */
  stepUp(proof: StepUpProof): Promise<{ readonly assurance: Assurance; readonly session?: Session }>;
  readonly factors: Factors;
  readonly passkeys: Passkeys;
  readonly session: Sessions;
}

/** @returns a client of the API for one user at a time */
export function createClient<Auth extends FirebaseAuth>(options: AuthOptions<Auth> | CookieOptions): Client {
  const { baseUrl, onStepUp } = options;
  // Called as a function: a browser's fetch refuses another `this`.
  const { fetch = (input, init) => globalThis.fetch(input, init) } = options;

  const csrf = csrfStore(() => readSession(createCall(send)));
  const credentials = options.cookie ? cookie(csrf) : bearer(options.auth);
  const send = createSend({ baseUrl, fetch, credentials });
  const anonymous = createCall(
    createSend({
      baseUrl,
      fetch,
      credentials: { ...credentials, headers: async () => ({}), canRefresh: () => false },
    }),
  );

  async function stepUp(proof: StepUpProof) {
    const request = createCall(send);
    const body = 'passkey' in proof ? { passkey: await signChallenge(request) } : proof;
    const proved = await request<Awaited<ReturnType<Client['stepUp']>>>('POST', '/me/step-up', { body });
    if (proved.session !== undefined) csrf.keep(proved.session);
    return proved;
  }

  async function complete({ customToken, session }: SignedIn): Promise<void> {
    if (session !== undefined) csrf.keep(session);
    else if (!options.cookie) await options.signInWithCustomToken?.(options.auth, customToken);
  }

  const sendProved = onStepUp === undefined ? send : withStepUp(send, createProver(onStepUp, stepUp));
  const request = createCall(sendProved);
  return {
    ...{ request, stepUp },
    fetch: sendProved,
    factors: createFactors(request),
    passkeys: createPasskeys(request, anonymous, options.cookie === true, complete),
    session: createSessions(request, anonymous, csrf),
  };
}

async function signChallenge(request: Call) {
  const path = '/me/step-up/options';
  return startAuthentication({
    optionsJSON: await request<PublicKeyCredentialRequestOptionsJSON>('POST', path),
  });
}
