import type { JsonObject } from '../core/json.ts';
import { isPrivileged, type Permission } from './permissions.ts';
import { permissionsOf, type Role } from './roles.ts';

/** Roles and single permissions that a value in a token stands for. */
export interface Rights {
  readonly roles: readonly Role[];
  readonly permissions: readonly Permission[];
}

export const NO_RIGHTS: Rights = Object.freeze({ roles: [], permissions: [] });

/** A claim of an issuer, and the rights of each value. Other values give no rights. */
interface Source {
  /** Keys from the payload inwards, e.g. `['realm_access', 'roles']`. */
  readonly path: readonly string[];
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
}

/**
 * Maps a verified payload to rights; claims that are not in the map give none. Scopes limit a user, because a client can ask
 * for any. They give rights to a service, because an administrator of the issuer granted them. Pure.
 */
export function mapClaims(payload: JsonObject, map: ClaimMapping, kind: 'user' | 'service'): MappedRights {
  const rights = map.sources.flatMap(({ path, values }) => rightsOf(textsAt(payload, path), values));
  if (kind === 'user') rights.push(map.everyone);
  if (map.scopes === null) return union(rights);
  const scoped = union(rightsOf(scopesOf(payload), map.scopes));
  const scopes = [...new Set([...permissionsOf(scoped.roles), ...scoped.permissions])];
  // A role with only some of its permissions would mislead code that checks role names.
  if (kind === 'service')
    rights.push({ roles: scoped.roles.filter(isUnprivilegedRole), permissions: scopes });
  return { ...union(rights), scopes };
}

/** The permissions of rights, without privileged ones: a token can be out of date, so it never gives those. */
export function unprivilegedPermissionsOf({ roles, permissions }: Rights): Permission[] {
  return [...permissionsOf(roles), ...permissions].filter((permission) => !isPrivileged(permission));
}

/** Has the role no privileged permission? Then a token can give all of its permissions. */
export const isUnprivilegedRole = (role: Role): boolean => !permissionsOf([role]).some(isPrivileged);

function rightsOf(names: readonly string[], values: ReadonlyMap<string, Rights>): Rights[] {
  return names.flatMap((name) => values.get(name) ?? []);
}

function union(all: readonly Rights[]): Rights {
  return {
    roles: [...new Set(all.flatMap(({ roles }) => roles))],
    permissions: [...new Set(all.flatMap(({ permissions }) => permissions))],
  };
}

/** The text, or the texts of a list, at a path; none for any other value. */
function textsAt(payload: JsonObject, path: readonly string[]): string[] {
  let value: unknown = payload;
  for (const key of path) {
    if (typeof value !== 'object' || value === null || !Object.hasOwn(value, key)) return [];
    // An object that has the key.
    value = (value as JsonObject)[key];
  }
  const list: readonly unknown[] = Array.isArray(value) ? value : [value];
  return list.filter((item) => typeof item === 'string');
}

/** RFC 6749 §3.3: one text, separated by spaces. Okta and Entra ID call it `scp`; there it may be a list. */
function scopesOf(payload: JsonObject): string[] {
  const { scope } = payload;
  if (scope === undefined) return textsAt(payload, ['scp']).flatMap((text) => text.split(' '));
  return typeof scope === 'string' ? scope.split(' ') : [];
}
