import { type ExternalIdentity, externalId } from '../../src/authn/external-identity.ts';

export const LOGIN = 'https://login.example.com';

/** The external identity in a token of an external issuer. */
export function identityOf(subject: string, facts: Partial<ExternalIdentity> = {}): ExternalIdentity {
  const { issuer = LOGIN } = facts;
  return {
    ...{ id: externalId(issuer, subject), issuer, subject, emailVerified: false, jitProvisioning: true },
    ...facts,
  };
}
