import * as z from 'zod';
import { type ClaimMapping, isUnprivilegedRole, NO_RIGHTS, type Rights } from '../../authz/claim-mapping.ts';
import { CLAIM_FORMATS } from '../../authz/claim-values.ts';
import { ALL_PERMISSIONS, isPrivileged } from '../../authz/permissions.ts';
import { ALL_ROLES, isRole } from '../../authz/roles.ts';

const name = z.enum([...ALL_ROLES, ...ALL_PERMISSIONS]);

const toRights = (names: z.output<typeof name>[]): Rights => ({
  roles: names.filter(isRole),
  permissions: names.filter((one) => !isRole(one)),
});

/** A token can never give privileged rights, so the map must not contain them. */
const rights = z
  .array(
    name.refine((one) => (isRole(one) ? isUnprivilegedRole(one) : !isPrivileged(one)), {
      error: 'is privileged: give a grant in the directory instead',
    }),
  )
  .transform(toRights);

const tableOf = (values: z.ZodType<Rights>) =>
  z.record(z.string().min(1), values).transform((table) => new Map(Object.entries(table)));
const table = tableOf(rights);

/** Privileged permissions are allowed here: scopes also limit the grants of users. They give none to services. */
const scopes = tableOf(z.array(name).transform(toRights));

const claim = z
  .strictObject({
    path: z.array(z.string().min(1)).min(1).max(8),
    format: z.enum(CLAIM_FORMATS).default('list'),
    property: z.string().min(1).optional(),
    values: table,
  })
  .refine(({ format, property }) => property === undefined || format === 'list' || format === 'json', {
    path: ['property'],
    error: 'is for the formats list and json',
  });

/** The `map` of a trusted issuer. */
export const mapSchema = z.strictObject({
  everyone: rights.optional(),
  groups: table.optional(),
  permissions: table.optional(),
  scopes: scopes.optional(),
  claims: z.array(claim).optional(),
});

/** @param groups the claim in which this kind of issuer lists groups */
export function toAccessMap(map: z.output<typeof mapSchema>, groups: string): ClaimMapping {
  const source = (claim: string, values: ReadonlyMap<string, Rights> | undefined) =>
    values === undefined ? [] : [{ path: [claim], format: 'list' as const, values }];
  return {
    everyone: map.everyone ?? NO_RIGHTS,
    sources: [
      ...source(groups, map.groups),
      // The claim of Auth0 with RBAC and "Add Permissions in the Access Token"; RFC 9068 §2.2.3.1 has no such claim.
      ...source('permissions', map.permissions),
      ...(map.claims ?? []),
    ],
    scopes: map.scopes ?? null,
  };
}
