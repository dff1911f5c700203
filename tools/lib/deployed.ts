import { readSettings } from '../../functions/cli/settings.ts';
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
  const settings = readSettings(project, ROOT);
  if (Object.keys(settings).length === 0) {
    throw new Error(`functions/.env.${project} cannot be read; docs/guides/deploy.md says how to create it.`);
  }
  const { trustedIssuers } = readProduct(gatehouse, { projectId: project, emulator: false });
  return { region: settings.REGION || 'us-central1', issuers: trustedIssuers };
}
