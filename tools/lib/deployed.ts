import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { parseEnv } from 'node:util';
import type { IssuerProfile } from '../../functions/src/authn/oidc/issuer-profile.ts';
import { parseTrustedIssuers } from '../../functions/src/authn/oidc/trusted-issuers.ts';
import { ROOT } from './emulator-setup.ts';

interface Deployed {
  readonly region: string;
  readonly issuers: readonly IssuerProfile[];
}

/** Reads the settings that a project is deployed with. @throws Error that names the file */
export function readDeployed(project: string): Deployed {
  const name = `functions/.env.${project}`;
  const { REGION, TRUSTED_ISSUERS = '' } = parseEnv(readText(name));
  try {
    const issuers = parseTrustedIssuers(TRUSTED_ISSUERS, { local: false, allowFirebase: false });
    return { region: REGION || 'us-central1', issuers };
  } catch (error) {
    throw new Error(
      `TRUSTED_ISSUERS in ${name} is invalid:\n${error instanceof Error ? error.message : error}`,
    );
  }
}

function readText(name: string): string {
  try {
    return readFileSync(join(ROOT, name), 'utf8');
  } catch (cause) {
    throw new Error(`${name} cannot be read; README, "Deploy", says how to make it.`, { cause });
  }
}
