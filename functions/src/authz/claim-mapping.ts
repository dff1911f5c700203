import type { JsonObject } from '../core/json.ts';
import { type ClaimReading, readClaim } from './claim-values.ts';
import { isPrivileged, type Permission } from './permissions.ts';
import { permissionsOf, type Role } from './roles.ts';

/** Roles and single permissions that a value in a token stands for. */
export interface Rights {
  readonly roles: readonly Role[];
  readonly permissions: readonly Permission[];
}

export const NO_RIGHTS: Rights = Object.freeze({ roles: [], permissions: [] });

/** A claim of an issuer, and the rights of each value. Other values give no rights. */
interface Source extends ClaimReading {
  readonly values: ReadonlyMap<string, Rights>;
}

/** How claims of an issuer become roles and permissions. */
export interface ClaimMapping {
  /** Rights of every user of the issuer, but not of its services. */
  readonly everyone: Rights;
  readonly sources: readonly Source[];
  /** Rights of each scope; `null`: scopes are ignored. */
  readonly scopes: ReadonlyMap<string, Rights> | null;
}

/** The rights that a token gives by its issuer's map. */
export interface MappedRights extends Rights {
  /** Permissions of the token's scopes. Absent where scopes are ignored. */
  readonly scopes?: readonly Permission[];
  /** Mapped claims that are present and cannot be read. Absent where there are none. */
  readonly unreadable?: readonly UnreadableClaim[];
}

export interface UnreadableClaim {
  /** Its path, e.g. `realm_access.roles`. */
  readonly claim: string;
  /** Nothing of its value. */
  readonly shape: string;
}

/**
 * Maps a verified payload to rights; claims that are not in the map give none. Scopes limit a user, because a client can ask
 * for any. They give rights to a service, because an administrator of the issuer granted them. Pure.
 */
export function mapClaims(payload: JsonObject, map: ClaimMapping, kind: 'user' | 'service'): MappedRights {
  const unreadable: UnreadableClaim[] = [];
  const read = ({ values, ...reading }: Source) => {
    const { texts, unreadable: shape } = readClaim(payload, reading, (text) => values.has(text));
    if (shape !== undefined) unreadable.push({ claim: reading.path.join('.'), shape });
    return texts.flatMap((text) => values.get(text) ?? []);
  };
  const rights = map.sources.flatMap(read);
  if (kind === 'user') rights.push(map.everyone);
  const granted = () => ({ ...union(rights), ...(unreadable.length > 0 && { unreadable }) });
  if (map.scopes === null) return granted();
  // Okta and Entra ID call it `scp`. Some issuers have a list.
  const path = payload.scope === undefined ? ['scp'] : ['scope'];
  const scoped = union(read({ path, format: 'scopes', values: map.scopes }));
  const scopes = [...new Set([...permissionsOf(scoped.roles), ...scoped.permissions])];
  // A role with only some of its permissions would mislead code that checks role names.
  if (kind === 'service')
    rights.push({ roles: scoped.roles.filter(isUnprivilegedRole), permissions: scopes });
  return { ...granted(), scopes };
}

/** The permissions of rights, without privileged ones: a token can be out of date, so it never gives those. */
export function unprivilegedPermissionsOf({ roles, permissions }: Rights): Permission[] {
  return [...permissionsOf(roles), ...permissions].filter((permission) => !isPrivileged(permission));
}

/** Has the role no privileged permission? Then a token can give all of its permissions. */
export const isUnprivilegedRole = (role: Role): boolean => !permissionsOf([role]).some(isPrivileged);

function union(all: readonly Rights[]): Rights {
  return {
    roles: [...new Set(all.flatMap(({ roles }) => roles))],
    permissions: [...new Set(all.flatMap(({ permissions }) => permissions))],
  };
}
