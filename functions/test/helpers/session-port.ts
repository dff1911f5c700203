import { hash } from 'node:crypto';
import type { AccessRecord } from '../../src/authn/ports.ts';
import type { ReadSession, Session } from '../../src/authn/session-cookie/ports.ts';

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
    record: { disabled: false, grants: [{ role: 'member' }], rolesVersion, validAfter, ...record },
    directoryVersion: { id: session.directoryId, rolesVersion, validAfter },
  };
}
