import * as z from 'zod';
import type { AccessMap, Rights } from '../../authz/access-map.ts';
import { ALL_PERMISSIONS, isPrivileged } from '../../authz/permissions.ts';
import { ALL_ROLES, isRole } from '../../authz/roles.ts';

/** Names of roles and permissions. One that a token can never give is refused here rather than ignored later. */
const rights = z
  .array(
    z.enum([...ALL_ROLES, ...ALL_PERMISSIONS]).refine((name) => isRole(name) || !isPrivileged(name), {
      error: 'is privileged: give a grant in the directory instead',
    }),
  )
  .transform(
    (names): Rights => ({
      roles: names.filter(isRole),
      permissions: names.filter((name) => !isRole(name)),
    }),
  );

const table = z.record(z.string().min(1), rights).transform((values) => new Map(Object.entries(values)));

/** The `map` of an issuer in TRUSTED_ISSUERS. */
export const mapSchema = z.strictObject({
  everyone: rights.optional(),
  groups: table.optional(),
  permissions: table.optional(),
  scopes: table.optional(),
  claims: z
    .array(z.strictObject({ path: z.array(z.string().min(1)).min(1).max(8), values: table }))
    .optional(),
});

export type MapSetting = z.output<typeof mapSchema>;

/** @param groups the claim in which this kind of issuer lists them */
export function toAccessMap(map: MapSetting, groups: string): AccessMap {
  const source = (claim: string, values: ReadonlyMap<string, Rights> | undefined) =>
    values === undefined ? [] : [{ path: [claim], values }];
  return {
    everyone: map.everyone ?? { roles: [], permissions: [] },
    sources: [
      ...source(groups, map.groups),
      // Auth0 puts it there with RBAC and its "add permissions" switched on; RFC 9068 §2.2.3.1 has no such claim.
      ...source('permissions', map.permissions),
      ...(map.claims ?? []),
    ],
    scopes: map.scopes ?? null,
  };
}
