import type * as z from 'zod';
import { identifyActor } from '../audit/index.ts';
import { type ExternalIdentity, externalId } from '../authn/external-identity.ts';
import type { AccessRule } from '../authz/access-rule.ts';
import type { PrincipalActor } from '../authz/principal.ts';
import { AppError, toAppError } from '../core/errors.ts';
import {
  applyGrantRequests,
  type DirectoryService,
  type GrantRequest,
  provisionExternalUser,
} from '../directory/index.ts';
import type { Platform } from '../platform/platform.ts';
import { checkExpiry, checkGrant, createUserView, withCurrentRoles } from '../users/index.ts';
import type { createdUser } from './schema.ts';

type CreatedUser = z.input<typeof createdUser>;

interface NewFirebaseUser {
  readonly email: string;
  readonly displayName?: string | undefined;
  /** Absent: the default role. */
  readonly grants?: readonly GrantRequest[] | undefined;
  readonly invite?: boolean | undefined;
  readonly auditReason?: string | undefined;
}

/** Creates users, for administrators. */
export type IdentitiesService = ReturnType<typeof createIdentitiesService>;

export function createIdentitiesService(
  { config, clock, log, accounts }: Pick<Platform, 'config' | 'clock' | 'log' | 'accounts'>,
  { directory }: { directory: DirectoryService },
) {
  const toView = createUserView({ clock, config });

  /** Undefined when Firebase Auth does not create it: the user exists, and can ask for a link on the sign-in page. */
  async function createInvitationLink(email: string, requestId: string): Promise<string | undefined> {
    try {
      return await accounts.createPasswordLink(email, config.invitationUrl);
    } catch (error) {
      log.failure(requestId, toAppError(error));
      return undefined;
    }
  }

  return {
    /**
     * Creates the entry of an external user before the first sign-in, or returns the existing one.
     *
     * @throws AppError `invalid_argument` for an issuer that is not trusted, `permission_denied`, `unavailable`
     */
    async provision(
      actor: PrincipalActor,
      { issuer, subject }: Pick<ExternalIdentity, 'issuer' | 'subject'>,
      rule: AccessRule,
    ): Promise<CreatedUser> {
      if (!config.trustedIssuers.some((trusted) => trusted.issuer === issuer)) {
        const errors = [{ field: 'issuer', message: 'Send a trusted issuer, character by character.' }];
        throw new AppError('invalid_argument', 'This issuer is not trusted.', { errors });
      }
      const { principal } = actor;
      const event = identifyActor(actor);
      const id = externalId(issuer, subject);
      let isNew = false;
      const entry = await provisionExternalUser(
        directory,
        { id, issuer, subject, emailVerified: false },
        {
          actor: principal.directoryId,
          event,
          check(context) {
            withCurrentRoles(principal, rule, context);
            isNew = context.entry?.identity === undefined;
          },
        },
      );
      if (isNew) log.change({ ...event, action: 'user.provision', target: id, outcome: 'done' });
      return { ...toView(entry), created: isNew };
    },

    /**
     * Creates a Firebase user. An administrator decides here, so the sign-up policy does not apply.
     *
     * @throws AppError `already_exists` for the address of another user, `permission_denied`, `exceeds_own_permissions`,
     *   `invalid_argument` for an expiry in the past, `unavailable`
     */
    async createFirebaseUser(
      actor: PrincipalActor,
      { email, displayName, grants: requested, invite, auditReason: reason }: NewFirebaseUser,
      rule: AccessRule,
    ): Promise<CreatedUser> {
      const { principal } = actor;
      const entry = await directory.addUser(actor, { email, displayName, reason }, (context) => {
        const { now } = context;
        const current = withCurrentRoles(principal, rule, context);
        const { defaultRole } = config;
        if (requested === undefined) {
          return defaultRole === 'none' ? [] : [{ role: defaultRole, grantedBy: 'system', grantedAt: now }];
        }
        if (requested.length > 0) withCurrentRoles(principal, { permission: 'roles:assign' }, context);
        const grants = applyGrantRequests([], requested, {
          by: principal.directoryId ?? principal.subject,
          now,
        });
        checkGrant(current, { uid: '', grants: [] }, grants);
        checkExpiry([], grants, now);
        return grants;
      });
      const invitationLink = invite ? await createInvitationLink(email, actor.requestId) : undefined;
      return { ...toView(entry), created: true, invitationLink };
    },
  };
}
