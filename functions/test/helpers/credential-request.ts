import type { CredentialRequest } from '../../src/authn/authenticator.ts';

/** A request with these `Authorization` headers. */
export const requestOf = (...authorization: readonly string[]): CredentialRequest => ({
  headers: (name) => (name === 'authorization' ? authorization : []),
});
