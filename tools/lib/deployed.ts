import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { parseEnv } from 'node:util';
import gatehouse from '../../functions/gatehouse.config.ts';
import type { IssuerProfile } from '../../functions/src/authn/oidc/issuer-profile.ts';
import { readProduct } from '../../functions/src/product-config.ts';
import { ROOT } from './emulator-setup.ts';

interface Deployed {
  readonly region: string;
  readonly issuers: readonly IssuerProfile[];
}

/** What a project is deployed with. @throws Error that names the file or the field that is wrong */
export function readDeployed(project: string): Deployed {
  const { REGION } = parseEnv(readText(`functions/.env.${project}`));
  const { trustedIssuers } = readProduct(gatehouse, { projectId: project, emulator: false });
  return { region: REGION || 'us-central1', issuers: trustedIssuers };
}

function readText(name: string): string {
  try {
    return readFileSync(join(ROOT, name), 'utf8');
  } catch (cause) {
    throw new Error(`${name} cannot be read; docs/guides/deploy.md says how to create it.`, { cause });
  }
}
