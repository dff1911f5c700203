import type { CredentialRequest } from '../../src/authn/credential.ts';

/** A request with these lines of `Authorization`. */
export const requestOf = (...authorization: readonly string[]): CredentialRequest =>
  requestWith({ authorization });

/** A request with these lines of its headers, by their names in lower case. */
export const requestWith = (lines: Readonly<Record<string, readonly string[]>>): CredentialRequest => ({
  headers: (name) => lines[name] ?? [],
});
