import { hash } from 'node:crypto';
import type { AccessRecord } from '../../src/authn/ports.ts';
import { createSessionAuthenticator, sessionHash } from '../../src/authn/session-cookie/authenticator.ts';
import type { ReadSession, RenewedSession, Session, Sessions } from '../../src/authn/session-cookie/ports.ts';
import { invalidToken } from '../../src/core/errors.ts';
import type { TestInstance } from './open-instance.ts';

/** A cookie value of our form. @param mark makes it distinct */
export const cookieValue = (mark: string) => `gs1_${hash('sha256', mark, 'base64url')}`;

/** A session of Ada that began at `created`. */
export function sessionOf(created: number, more: Partial<Session> = {}): Session {
  return {
    ...{ id: 'device-a', directoryId: 'ada', issuer: 'https://securetoken.google.com/shop', subject: 'ada' },
    ...{ uid: 'ada', email: 'ada@example.com', emailVerified: true, provider: 'password' },
    assurance: { level: 'aal1', at: created, methods: ['password'] },
    ...{ validSince: created, created, lastSeen: created },
    ...{ idleEnd: created + 43_200, absoluteEnd: created + 1_209_600 },
    ...{ csrfKey: 'k'.repeat(43), rolesVersion: 1 },
    ...more,
  };
}

export function readSessionOf(session: Session, record: Partial<AccessRecord> = {}): ReadSession {
  const { rolesVersion, validAfter } = { rolesVersion: 1, validAfter: 0, ...record };
  return {
    session,
    record: {
      created: 0,
      disabled: false,
      grants: [{ role: 'member' }],
      rolesVersion,
      validAfter,
      ...record,
    },
    directoryVersion: { id: session.directoryId, rolesVersion, validAfter },
  };
}

/** Sessions in memory, for tests of the transports. One belongs to each cookie value of {@link cookieValue}. */
export interface SessionPort extends Sessions {
  /** Hashes of cookie values, as they were read and renewed. */
  readonly reads: string[];
  readonly renewals: { readonly hash: string; readonly canRotate: boolean }[];
  /** Adds or replaces a session. */
  put(mark: string, read: ReadSession): void;
  /** Ends a session. */
  end(mark: string): void;
  /** The answer to the renewals from now on; without one, none is due. */
  renewal: ((hash: string) => RenewedSession) | undefined;
}

export function openSessionPort(): SessionPort {
  const sessions = new Map<string, ReadSession>();
  const hashOf = (mark: string) => sessionHash(cookieValue(mark));
  const port: SessionPort = {
    reads: [],
    renewals: [],
    renewal: undefined,
    put: (mark, read) => void sessions.set(hashOf(mark), read),
    end: (mark) => void sessions.delete(hashOf(mark)),
    async read(hash) {
      port.reads.push(hash);
      const read = sessions.get(hash);
      if (read === undefined) throw invalidToken('account-deleted');
      return read;
    },
    isDue: () => port.renewal !== undefined,
    async renew(hash, _now, { canRotate }) {
      port.renewals.push({ hash, canRotate });
      if (port.renewal === undefined) throw new Error('no renewal is due');
      return port.renewal(hash);
    },
  };
  return port;
}

/** An instance that also authenticates by the cookies of a port. */
export function withSessions<Deps extends TestInstance>(deps: Deps, port: Sessions): Deps {
  const cookies = createSessionAuthenticator(port, deps.config);
  return { ...deps, authenticators: [deps.bearer, cookies] };
}
