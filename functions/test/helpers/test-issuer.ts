import { randomUUID } from 'node:crypto';
import { exportJWK, generateKeyPair, jwtVerify, SignJWT } from 'jose';
import type { TokenVerifier } from '../../src/authn/bearer.ts';
import { createPrincipal } from '../../src/authz/principal.ts';
import { readRoleClaims } from '../../src/authz/role-claims.ts';
import { invalidToken } from '../../src/core/errors.ts';

/** An external issuer with its own keys. The directory ids of its users differ from their subjects. */

export const TEST_ISSUER = 'https://login.example.com/';

export interface TestIssuer {
  readonly verifier: TokenVerifier;
  mint(claims: Record<string, unknown>): Promise<string>;
}

/** @param directoryIds by subject; a subject that is missing here has no directory entry */
export async function createTestIssuer(directoryIds: ReadonlyMap<string, string>): Promise<TestIssuer> {
  const { privateKey, publicKey } = await generateKeyPair('ES256');
  const kid = (await exportJWK(publicKey)).x ?? randomUUID();
  return {
    verifier: {
      issuers: [TEST_ISSUER],
      headerKeys: [],
      async verify({ raw }, now) {
        const options = { issuer: TEST_ISSUER, audience: 'gatehouse', algorithms: ['ES256'] };
        const { payload } = await jwtVerify(raw, publicKey, options).catch((cause) => {
          throw invalidToken('wrong-signature', { cause });
        });
        const { sub: subject = '', exp = 0, iat = 0 } = payload;
        const directoryId = directoryIds.get(subject);
        const { roles, rolesVersion, changesAt } = readRoleClaims(payload, now);
        return {
          directoryVersion:
            directoryId === undefined ? undefined : { id: directoryId, rolesVersion, validAfter: 0 },
          validUntil: Math.min(exp, changesAt),
          principal: createPrincipal({
            kind: 'user',
            issuer: TEST_ISSUER,
            subject,
            ...(directoryId !== undefined && { directoryId }),
            roles,
            authTime: iat,
            assurance: { level: 'aal1', at: undefined, methods: [] },
            tokenExpiresAt: exp,
            credential: 'bearer',
          }),
        };
      },
    },
    mint: (claims) =>
      new SignJWT({ iss: TEST_ISSUER, aud: 'gatehouse', ...claims })
        .setProtectedHeader({ alg: 'ES256', kid })
        .setIssuedAt(Math.floor(Date.now() / 1000) - 60)
        .setExpirationTime('1h')
        .sign(privateKey),
  };
}
