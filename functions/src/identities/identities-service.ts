import { identifyActor } from '../audit/index.ts';
import { type ExternalIdentity, externalId } from '../authn/external-identity.ts';
import type { AccessRule } from '../authz/access-rule.ts';
import type { PrincipalActor } from '../authz/principal.ts';
import { AppError } from '../core/errors.ts';
import { type Directory, provisionExternalUser } from '../directory/index.ts';
import type { Platform } from '../platform/platform.ts';
import { createUserView, type UserView, withCurrentRoles } from '../users/index.ts';

/** External users, for administrators. */
export type IdentitiesService = ReturnType<typeof createIdentitiesService>;

export function createIdentitiesService(
  { config, clock, log }: Pick<Platform, 'config' | 'clock' | 'log'>,
  { directory }: { directory: Directory },
) {
  const toView = createUserView({ clock, config });
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
    ): Promise<UserView & { readonly created: boolean }> {
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
  };
}
