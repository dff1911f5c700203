import type { IssuerProfile } from '../authn/oidc/issuer-profile.ts';
import { parseTrustedIssuers } from '../authn/oidc/trusted-issuers.ts';

/** What a Lambda function is told by its environment. */
export interface GateSettings {
  readonly profiles: readonly IssuerProfile[];
  /** The setting ROUTES as JSON, unchecked. Absent: whoever is signed in passes. */
  readonly routes?: unknown;
}

const WRONG = 'The gate cannot start, its settings are wrong:';

type Environment = Readonly<Record<string, string | undefined>>;

/** @throws Error that names the variable that is wrong. Thrown at start-up, so that a bad setting lets nobody pass. */
export function readGateSettings(env: Environment = process.env): GateSettings {
  if (env.NODE_TLS_REJECT_UNAUTHORIZED === '0') {
    throw new Error(
      'The gate refuses to start with NODE_TLS_REJECT_UNAUTHORIZED=0: anybody’s keys would be believed.',
    );
  }
  const profiles = trustedIssuers(env.TRUSTED_ISSUERS ?? '');
  const { ROUTES = '' } = env;
  return Object.freeze({ profiles, ...(ROUTES.trim() !== '' && { routes: parseJson(ROUTES) }) });
}

function trustedIssuers(text: string): readonly IssuerProfile[] {
  const profiles = parseTrustedIssuers(text, { local: false, allowFirebase: true });
  if (profiles.length === 0) {
    throw new Error('The gate cannot start: TRUSTED_ISSUERS names nobody whose tokens it could accept.');
  }
  return profiles;
}

function parseJson(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    throw new Error(`${WRONG}\n  ROUTES: is not JSON`);
  }
}
