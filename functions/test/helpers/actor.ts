import type { Actor } from '../../src/access/change-access.ts';
import { createPrincipal } from '../../src/authn/principal.ts';
import type { Role } from '../../src/authz/roles.ts';

/** Somebody with roles, in request `r1`. */
export const actor = (uid: string, roles: readonly Role[]): Actor => ({
  requestId: 'r1',
  principal: createPrincipal({
    kind: 'user',
    issuer: 'https://issuer.example',
    subject: uid,
    uid,
    directoryId: uid,
    roles,
    authTime: 1,
    assurance: 'aal1',
    tokenExpiresAt: 2,
    credential: 'bearer',
  }),
});
