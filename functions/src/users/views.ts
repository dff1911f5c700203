import type * as z from 'zod';
import { firebaseIssuer } from '../authn/oidc/providers/firebase.ts';
import type { Principal } from '../authz/principal.ts';
import { activeRoles } from '../authz/role-claims.ts';
import { seconds } from '../core/clock.ts';
import { AppError } from '../core/errors.ts';
import { toRfc3339 } from '../core/time.ts';
import type { CurrentEntry, Grant } from '../directory/index.ts';
import type { Platform } from '../platform/platform.ts';
import type { access, grant, user } from './schema.ts';

export type UserView = z.input<typeof user>;

/** Shows an entry of the directory as the API does. */
export function createUserView({ clock, config }: Pick<Platform, 'clock' | 'config'>) {
  const issuer = firebaseIssuer(config.projectId);
  return (entry: CurrentEntry): UserView => {
    const { uid, identity, email, emailVerified, emails, phoneNumber, displayName, photoUrl } = entry;
    const { providers, disabled, validAfter } = entry;
    return {
      uid,
      identity: identity ?? { issuer, subject: uid },
      email,
      emailVerified,
      emails,
      phoneNumber,
      displayName,
      photoUrl,
      providers,
      disabled,
      ...(validAfter > 0 && { sessionsValidAfter: toRfc3339(validAfter) }),
      roles: activeRoles(entry.grants, seconds(clock)),
      grants: toGrantViews(entry.grants),
      version: entry.rolesVersion,
      synced: entry.pending.length === 0,
      ...(entry.lastSignIn !== undefined && { lastSignInAt: toRfc3339(entry.lastSignIn) }),
      createdAt: toRfc3339(entry.created),
      updatedAt: toRfc3339(entry.updated),
    };
  };
}

export function toGrantViews(grants: readonly Grant[]): z.input<typeof grant>[] {
  return grants.map(({ grantedAt, expiresAt, ...rest }) => ({
    ...rest,
    grantedAt: toRfc3339(grantedAt),
    ...(expiresAt !== undefined && { expiresAt: toRfc3339(expiresAt) }),
  }));
}

/** The principal, as the API shows it to its user. @throws AppError `unauthenticated` for an anonymous one */
export function toPrincipalView(principal: Principal): z.input<typeof access> {
  const { kind, directoryId: uid, issuer, subject, authTime, assurance, tokenExpiresAt } = principal;
  if (kind === 'anonymous') throw new AppError('unauthenticated');
  const { at } = assurance;
  return {
    ...principal,
    kind,
    uid,
    identity: { issuer, subject },
    signedInAt: toRfc3339(authTime),
    assurance: { ...assurance, at: at === undefined ? undefined : toRfc3339(at) },
    tokenExpiresAt: toRfc3339(tokenExpiresAt),
  };
}
