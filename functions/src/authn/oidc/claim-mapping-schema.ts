import * as z from 'zod';
import { type ClaimMapping, isUnprivilegedRole, NO_RIGHTS, type Rights } from '../../authz/claim-mapping.ts';
import { ALL_PERMISSIONS, isPrivileged } from '../../authz/permissions.ts';
import { ALL_ROLES, isRole } from '../../authz/roles.ts';

const name = z.enum([...ALL_ROLES, ...ALL_PERMISSIONS]);

const toRights = (names: z.output<typeof name>[]): Rights => ({
  roles: names.filter(isRole),
  permissions: names.filter((one) => !isRole(one)),
});

/** What a token can never give is refused here rather than ignored later. */
const rights = z
  .array(
    name.refine((one) => (isRole(one) ? isUnprivilegedRole(one) : !isPrivileged(one)), {
      error: 'is privileged: give a grant in the directory instead',
    }),
  )
  .transform(toRights);

const table = z.record(z.string().min(1), rights).transform((values) => new Map(Object.entries(values)));

/** A scope limits what people hold by a grant, too. What it gives to a service leaves out what is privileged. */
const scopes = z
  .record(z.string().min(1), z.array(name).transform(toRights))
  .transform((values) => new Map(Object.entries(values)));

/** The `map` of a trusted issuer. */
export const mapSchema = z.strictObject({
  everyone: rights.optional(),
  groups: table.optional(),
  permissions: table.optional(),
  scopes: scopes.optional(),
  claims: z
    .array(z.strictObject({ path: z.array(z.string().min(1)).min(1).max(8), values: table }))
    .optional(),
});

export type MapSetting = z.output<typeof mapSchema>;

/** @param groups the claim in which this kind of issuer lists them */
export function toAccessMap(map: MapSetting, groups: string): ClaimMapping {
  const source = (claim: string, values: ReadonlyMap<string, Rights> | undefined) =>
    values === undefined ? [] : [{ path: [claim], values }];
  return {
    everyone: map.everyone ?? NO_RIGHTS,
    sources: [
      ...source(groups, map.groups),
      // Auth0 puts it there with RBAC and its "add permissions" switched on; RFC 9068 §2.2.3.1 has no such claim.
      ...source('permissions', map.permissions),
      ...(map.claims ?? []),
    ],
    scopes: map.scopes ?? null,
  };
}
