import { ConfigError } from './core/config-error.ts';

/** Which passkeys there are, and who may use them. */
export interface PasskeyConfig {
  /** The domain that passkeys belong to (https://www.w3.org/TR/webauthn-3/#relying-party-identifier). */
  readonly rpId: string;
  /** Of the pages and apps that may use them. */
  readonly origins: readonly string[];
  /** Pages on other domains: browsers ask `/.well-known/webauthn` of the domain for them. */
  readonly relatedOrigins: readonly string[];
}

/** @param site the domain without PASSKEY_RP_ID. In the emulators there is no other */
export function readPasskeys(
  {
    PASSKEY_RP_ID,
    PASSKEY_ORIGINS,
  }: { readonly PASSKEY_RP_ID: string; readonly PASSKEY_ORIGINS: readonly string[] },
  allowedOrigins: readonly string[],
  site: string,
): PasskeyConfig {
  const rpId = site === 'localhost' ? site : PASSKEY_RP_ID || site;
  const own = allowedOrigins.filter((origin) => isWithin(rpId, origin));
  if (own.length === 0 && site !== 'localhost')
    throw new ConfigError(['PASSKEY_RP_ID: ALLOWED_ORIGINS has no page at or below this domain']);
  const related = PASSKEY_ORIGINS.filter((origin) => /^https:/.test(origin) && !isWithin(rpId, origin));
  return Object.freeze({
    rpId,
    origins: Object.freeze([...own, ...PASSKEY_ORIGINS]),
    relatedOrigins: Object.freeze(related),
  });
}

/** Is the host of the origin this domain or below it? */
export function isWithin(domain: string, origin: string): boolean {
  const hostname = URL.parse(origin)?.hostname ?? '';
  return hostname === domain || hostname.endsWith(`.${domain}`);
}
