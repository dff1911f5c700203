/** The part of Firebase's `Auth` that the client uses. For another issuer, an object with the same members. */
export interface FirebaseAuth {
  readonly currentUser: { getIdToken(forceRefresh?: boolean): Promise<string> } | null;
  authStateReady?(): Promise<void>;
}

/** What identifies the caller in a request. */
export interface Credentials {
  /** Whether the browser adds its cookies. */
  readonly mode: NonNullable<RequestInit['credentials']>;
  /** @param refresh replace a token that the API refused */
  headers(method: string, refresh: boolean): Promise<Record<string, string>>;
  /** Whether `headers` can replace a refused token. */
  canRefresh(): boolean;
}

export function bearer(auth: FirebaseAuth): Credentials {
  return {
    mode: 'omit', // with the token, a session cookie would be a second credential
    async headers(_method, refresh) {
      await auth.authStateReady?.();
      const token = await auth.currentUser?.getIdToken(refresh);
      return token === undefined ? {} : { Authorization: `Bearer ${token}` };
    },
    canRefresh: () => auth.currentUser !== null,
  };
}

/** The part of a session that the next changes need. */
interface Csrf {
  readonly csrfToken: string;
}

export interface CsrfStore {
  keep(session: Csrf | undefined): void;
  read(): Promise<string | undefined>;
}

/** @param load reads the session of the cookie; undefined for a user who has to sign in */
export function csrfStore(load: () => Promise<Csrf | undefined>): CsrfStore {
  let session: Promise<Csrf | undefined> | undefined;
  return {
    keep(newSession) {
      session = newSession && Promise.resolve(newSession);
    },
    async read() {
      session ??= load();
      const loading = session;
      let found: Csrf | undefined;
      try {
        found = await loading;
      } finally {
        if (found === undefined && session === loading) session = undefined; // the user may sign in later
      }
      return found?.csrfToken;
    },
  };
}

const SAFE = ['GET', 'HEAD'];

export function cookie(csrf: CsrfStore): Credentials {
  return {
    mode: 'same-origin',
    async headers(method) {
      const token = SAFE.includes(method) ? undefined : await csrf.read();
      return token === undefined ? {} : { 'X-CSRF-Token': token };
    },
    canRefresh: () => false,
  };
}
