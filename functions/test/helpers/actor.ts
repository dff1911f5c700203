import type { PrincipalActor } from '../../src/authz/principal.ts';
import { createPrincipal, type Principal } from '../../src/authz/principal.ts';
import type { Role } from '../../src/authz/roles.ts';

/** A user of an external issuer with these roles. Their directory id is the subject. */
export const principalOf = (uid: string, roles: readonly Role[], scopes?: readonly string[]): Principal =>
  createPrincipal({
    kind: 'user',
    issuer: 'https://issuer.example',
    subject: uid,
    uid,
    directoryId: uid,
    roles,
    ...(scopes && { scopes }),
    authTime: 1,
    assurance: { level: 'aal1', at: undefined, methods: [] },
    tokenExpiresAt: 2,
    credential: 'bearer',
  });

/** The actor for that principal, in request `r1`. */
export const actor = (uid: string, roles: readonly Role[]): PrincipalActor => ({
  kind: 'principal',
  principal: principalOf(uid, roles),
  requestId: 'r1',
});
