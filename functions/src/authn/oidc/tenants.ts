/**
 * The tenants of Microsoft Entra ID. A multi-tenant app publishes its issuer as a template, and each tenant is an issuer of
 * its own: https://learn.microsoft.com/en-us/entra/identity-platform/access-tokens#validate-the-issuer
 */

const PLACEHOLDER = '{tenantid}';

const GUID = '[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}';

export const TENANT_ID = new RegExp(`^${GUID}$`);

/** Hosts of Entra ID in any cloud. */
const HOST = /^(login|sts)\.([a-z]+\.)?(microsoftonline|microsoft|windows|chinacloudapi)\.[a-z]+$/;
/** B2C has `tfp` or `te` before the tenant. */
const TENANT_PATH = new RegExp(`^/(te/|tfp/|${GUID}(/|$))`);

/** Is it an issuer of Entra ID without the id of a tenant, e.g. `common`? */
function namesNoTenant(issuer: string): boolean {
  const url = URL.parse(issuer);
  return url !== null && HOST.test(url.hostname) && !TENANT_PATH.test(url.pathname);
}

interface TenantSettings {
  readonly issuer: string;
  readonly jwksUri?: string | undefined;
  readonly tenantIds?: readonly string[] | undefined;
}

/** Why no token can have this issuer, and the field to change. */
export function tenantProblem({ issuer, jwksUri, tenantIds }: TenantSettings) {
  const name = `name the tenant by its id, or write ${PLACEHOLDER} and list tenantIds`;
  if (tenantIds !== undefined && issuer.split(PLACEHOLDER).length !== 2)
    return { field: 'tenantIds', message: `needs ${PLACEHOLDER} once in issuer` } as const;
  for (const [field, url = ''] of Object.entries({ issuer, jwksUri })) {
    if (/[{}<>]/.test(tenantIds === undefined ? url : ofTenant(url, '')))
      return { field, message: `is a template: ${name}` };
  }
  if (tenantIds === undefined && namesNoTenant(issuer))
    return { field: 'issuer', message: `is in no token of Entra ID: ${name}` } as const;
  return undefined;
}

/** The issuer, or the address of the keys, of a tenant. */
export function ofTenant(template: string, tenantId: string): string {
  return template.replaceAll(PLACEHOLDER, tenantId);
}
