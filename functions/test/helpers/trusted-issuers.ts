import type { IssuerProfile } from '../../src/authn/oidc/issuer-profile.ts';
import { readTrustedIssuers } from '../../src/authn/oidc/trusted-issuers.ts';
import { parseConfigJson } from '../../src/core/config-error.ts';

/** The profiles of trusted issuers that are given as JSON. @param text empty: no issuer */
export function parseTrustedIssuers(
  text: string,
  runtime: Parameters<typeof readTrustedIssuers>[1],
  name = 'TRUSTED_ISSUERS',
): readonly IssuerProfile[] {
  return readTrustedIssuers(text.trim() === '' ? [] : parseConfigJson(text, name), runtime, name);
}
