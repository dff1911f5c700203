import type { JsonObject } from '../core/json.ts';
import { isPrivileged, type Permission } from './permissions.ts';
import { permissionsOf, type Role } from './roles.ts';

/** Roles and single permissions that a value in a token stands for. */
export interface Rights {
  readonly roles: readonly Role[];
  readonly permissions: readonly Permission[];
}

export const NO_RIGHTS: Rights = Object.freeze({ roles: [], permissions: [] });

/** A claim of an issuer, and what each of its values means here. A value that is not in the table means nothing. */
interface Source {
  /** Keys from the payload inwards, e.g. `['realm_access', 'roles']`. */
  readonly path: readonly string[];
  readonly values: ReadonlyMap<string, Rights>;
}

/** How an issuer's words become Gatehouse's. */
export interface ClaimMapping {
  /** What each of its users has; its services do not. */
  readonly everyone: Rights;
  readonly sources: readonly Source[];
  /** What each scope stands for; `null`: scopes say nothing. */
  readonly scopes: ReadonlyMap<string, Rights> | null;
}

/** What a token gives by its issuer's map. */
export interface MappedRights extends Rights {
  /** Permissions that the token's scopes stand for. Absent where scopes say nothing. */
  readonly scopes?: readonly Permission[];
}

/**
 * A verified payload → what it gives. Deny by default. Scopes limit a user, who got them for the asking; to a service they
 * were given by an administrator of the issuer, so there they give. Pure.
 */
export function mapClaims(payload: JsonObject, map: ClaimMapping, kind: 'user' | 'service'): MappedRights {
  const found = map.sources.flatMap(({ path, values }) => rightsOf(textsAt(payload, path), values));
  if (kind === 'user') found.push(map.everyone);
  if (map.scopes === null) return union(found);
  const scoped = union(rightsOf(scopesOf(payload), map.scopes));
  const scopes = [...new Set([...permissionsOf(scoped.roles), ...scoped.permissions])];
  // A role that comes without half of its permissions would be misread by whoever goes by its name.
  if (kind === 'service') found.push({ roles: scoped.roles.filter(isUnprivilegedRole), permissions: scopes });
  return { ...union(found), scopes };
}

/**
 * All that rights amount to without what is privileged: a token is up to its lifetime old, so what it says never suffices
 * for that, whatever it says.
 */
export function unprivilegedPermissionsOf({ roles, permissions }: Rights): Permission[] {
  return [...permissionsOf(roles), ...permissions].filter((permission) => !isPrivileged(permission));
}

/** Does a role hold nothing privileged? Then a token can give the whole of it. */
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

/** The text, or the texts of a list, at a path; anything else says nothing. */
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
