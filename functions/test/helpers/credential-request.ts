import type { CredentialRequest } from '../../src/authn/credential.ts';

/** A request with these lines of `Authorization`. */
export const requestOf = (...authorization: readonly string[]): CredentialRequest => ({
  headers: (name) => (name === 'authorization' ? authorization : []),
});
