import type { CredentialRequest } from '../../src/authn/credential.ts';

/** A request with these `Authorization` headers. */
export const requestOf = (...authorization: readonly string[]): CredentialRequest =>
  requestWith({ authorization });

/** A request with these headers, by their names in lower case. */
export const requestWith = (headers: Readonly<Record<string, readonly string[]>>): CredentialRequest => ({
  headers: (name) => headers[name] ?? [],
});
