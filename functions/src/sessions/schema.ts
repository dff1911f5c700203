import * as z from 'zod';
import { csrfTokenOf } from '../authn/session-cookie/csrf.ts';
import type { ReadSession } from '../authn/session-cookie/ports.ts';
import { activeRoles } from '../authz/role-claims.ts';
import { permissionsOf } from '../authz/roles.ts';
import { dateTime, toRfc3339 } from '../core/time.ts';
import { access } from '../users/index.ts';

export const currentSession = access
  .pick({ uid: true, identity: true, email: true, emailVerified: true, provider: true, assurance: true })
  .extend({
    id: z.string().meta({
      description: 'Public id of the session, as in `/me/sessions`.',
      examples: ['4f7c2b1e-8d3a-4c59-9b26-7f0e5a1d6c38'],
    }),
    roles: access.shape.roles.meta({ description: 'Roles that the directory gives you now.' }),
    permissions: access.shape.permissions,
    createdAt: dateTime,
    idleEndsAt: dateTime.meta({
      description: 'The session ends then without a request. Requests move this time by themselves.',
    }),
    endsAt: dateTime.meta({ description: 'The session ends then in any case.' }),
    csrfToken: z.string().meta({
      description:
        'For the header X-CSRF-Token of requests that change something. It stays while the session lives.',
    }),
  })
  .meta({ id: 'CurrentSession', description: 'The session of the cookie.' });

/** The session, as its user sees it. @param now seconds since the epoch */
export function toSessionView({ session, record }: ReadSession, now: number): z.input<typeof currentSession> {
  const { id, directoryId: uid, issuer, subject, email, emailVerified, provider, assurance } = session;
  const { at } = assurance;
  const roles = activeRoles(record.grants, now);
  return {
    id,
    uid,
    identity: { issuer, subject },
    email,
    emailVerified,
    provider,
    assurance: { ...assurance, at: at === undefined ? undefined : toRfc3339(at) },
    roles,
    permissions: permissionsOf(roles),
    createdAt: toRfc3339(session.created),
    idleEndsAt: toRfc3339(Math.min(session.idleEnd, session.absoluteEnd)),
    endsAt: toRfc3339(session.absoluteEnd),
    csrfToken: csrfTokenOf(session),
  };
}
