import type { CsrfStore } from './credentials.ts';
import { GatehouseError } from './error.ts';
import type { Call } from './transport.ts';

export interface Assurance {
  /** `aal2`: a second factor was proved. */
  readonly level: 'aal1' | 'aal2';
  /** When, as an RFC 3339 time. */
  readonly at?: string;
  readonly methods: readonly string[];
}

/** The session of the cookie. */
export interface Session {
  readonly id: string;
  readonly uid: string;
  readonly email?: string;
  readonly roles: readonly string[];
  readonly permissions: readonly string[];
  readonly assurance: Assurance;
  readonly csrfToken: string;
  readonly endsAt: string;
}

/** Only in cookie mode. */
export interface Sessions {
  /** Begins a session with a sign-in of the last five minutes. @throws GatehouseError */
  begin(idToken: string): Promise<Session>;
  /** @returns null for a user who has to sign in. @throws GatehouseError */
  current(): Promise<Session | null>;
  /** Signs out this browser. @throws GatehouseError the user is still signed in */
  end(): Promise<void>;
}

const SIGNED_OUT: readonly string[] = ['unauthenticated', 'invalid_token', 'token_stale'];

/** Reads the session of the cookie. @returns undefined for a user who has to sign in */
export async function readSession(request: Call): Promise<Session | undefined> {
  try {
    return await request<Session>('GET', '/sessions/current');
  } catch (error) {
    if (error instanceof GatehouseError && SIGNED_OUT.includes(error.code)) return undefined;
    throw error;
  }
}

export function createSessions(request: Call, anonymous: Call, csrf: CsrfStore): Sessions {
  return {
    async begin(idToken) {
      const headers = { Authorization: `Bearer ${idToken}` };
      const session = await anonymous<Session>('POST', '/sessions', { headers });
      csrf.keep(session);
      return session;
    },
    async current() {
      const session = await readSession(request);
      csrf.keep(session);
      return session ?? null;
    },
    async end() {
      await request('DELETE', '/sessions/current');
      csrf.keep(undefined);
    },
  };
}
