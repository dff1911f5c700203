import assert from 'node:assert/strict';
import { sessionHash } from '../../src/authn/session-cookie/authenticator.ts';
import { createPrincipal, type Principal, type PrincipalActor } from '../../src/authz/principal.ts';
import type { Role } from '../../src/authz/roles.ts';
import type { AppError } from '../../src/core/errors.ts';
import type { SessionConfig } from '../../src/product-config.ts';
import type { SessionsService } from '../../src/sessions/index.ts';
import { createSessionsService } from '../../src/sessions/sessions-service.ts';
import type { TestFirestore } from './firestore.ts';
import { identityOf } from './identities.ts';
import { openTestDirectory } from './test-directory.ts';

/** The default limits, with few sessions of a user. */
export const LIMITS: SessionConfig = {
  ...{ idle: 43_200, absolute: 1_209_600, privileged: { idle: 3600, absolute: 43_200 } },
  maxPerUser: 3,
  firebaseTokens: true,
};

export const ADA = identityOf('ada');

/** The refusal reason, or the error code where there is none. */
export async function reasonOf(promise: Promise<unknown>): Promise<string> {
  const error = await promise.then(
    () => assert.fail('not refused'),
    // Anything else fails the assertion of the caller.
    (thrown: AppError) => thrown,
  );
  return error.reason ?? error.code;
}

/**
 * Sessions on an empty database: bob is a member, olga an owner, and Ada is a user of another issuer. `close` it in
 * `afterEach`.
 */
export async function openSessions({
  limits = {},
  firestore,
}: {
  limits?: Partial<SessionConfig>;
  firestore?: TestFirestore;
} = {}) {
  const access = await openTestDirectory(
    [
      ['bob', { roles: ['member'] }],
      ['olga', { roles: ['owner'] }],
    ],
    firestore && { firestore },
  );
  const { clock, now } = access;
  const serviceOf = ({
    platform,
    audit,
    directory,
    users,
  }: ReturnType<typeof access.another>): SessionsService =>
    createSessionsService(
      { ...platform, config: { ...platform.config, sessions: { ...LIMITS, ...limits } } },
      { audit, directory, users },
    );

  /** A fresh sign-in. `ada` is Ada, another name is the uid of a Firebase user. */
  function signIn(name: string, facts: Partial<Principal> = {}): PrincipalActor {
    const { id: directoryId, issuer } = ADA;
    const user =
      name === 'ada'
        ? { issuer, subject: name, directoryId }
        : { issuer: 'https://securetoken.google.com/demo-shop', subject: name, uid: name, directoryId: name };
    const principal = createPrincipal({
      ...{ kind: 'user', ...user, roles: [], authTime: now(), tokenExpiresAt: now() + 3600 },
      assurance: { level: 'aal1', at: now(), methods: ['password'] },
      ...{ provider: 'password', email: `${name}@example.com`, emailVerified: true, credential: 'bearer' },
      ...facts,
    });
    return { kind: 'principal', principal, requestId: 'r1' };
  }

  const sessions = serviceOf(access);
  return {
    ...{ access, sessions, clock, now, signIn },
    /** The sessions service of another instance. */
    another: () => serviceOf(access.another()),
    /** Moves the clock. */
    wait: (seconds: number) => clock.move(seconds * 1000),
    create: (name: string, ...replaces: string[]) =>
      sessions.create(signIn(name), { replaces: replaces.map(sessionHash) }),
    read: (value: string, service = sessions) => service.read(sessionHash(value), now()),
    renew: (value: string, { canRotate = true, service = sessions } = {}) =>
      service.renew(sessionHash(value), now(), { canRotate }),
    setRoles: (uid: string, roles: readonly Role[]) =>
      access.changeAccess({ kind: 'operator', requestId: 'r2' }, { uid, action: 'roles.set' }, () => ({
        grants: roles.map((role) => ({ role, grantedBy: 'operator', grantedAt: now() })),
      })),
    revoke: (uid: string) =>
      access.changeAccess({ kind: 'operator', requestId: 'r3' }, { uid, action: 'sessions.revoke' }, () => ({
        revoke: true,
      })),
    stored: () => access.all('sessions'),
    close: () => access.close(),
  };
}

export type TestSessions = Awaited<ReturnType<typeof openSessions>>;
