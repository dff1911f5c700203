import { randomUUID } from 'node:crypto';
import { externalId } from '../authn/external-identity.ts';
import type { Actor } from '../directory/change-access.ts';
import type { Directory } from '../directory/directory.ts';
import type { DirectoryEntry } from '../directory/entry.ts';
import { provisionExternalUser } from '../directory/provision-external-user.ts';
import type { Log } from '../platform/logging/log.ts';
import { withCurrentRoles } from '../users/granting.ts';
import { principalOf } from '../users/users-service.ts';

/** What administrators do with external identities. */
export interface IdentitiesService {
  /** Finds the entry of an identity, or makes it before the person comes for the first time. */
  provision(actor: Actor, identity: { issuer: string; subject: string }): Promise<DirectoryEntry>;
}

interface Deps {
  readonly directory: Directory;
  readonly log: Pick<Log, 'change'>;
}

export function createIdentitiesService({ directory, log }: Deps): IdentitiesService {
  return {
    async provision(actor, { issuer, subject }) {
      const by = principalOf(actor);
      const uid = externalId(issuer, subject);
      const who = { actor: by.directoryId ?? by.subject, issuer: by.issuer, requestId: actor.requestId };
      let isNew = false;
      const entry = await provisionExternalUser(
        directory,
        { id: uid, issuer, subject, emailVerified: false },
        {
          ...{ actor: by.directoryId, event: who, id: randomUUID() },
          check({ entry: before, actor: acting, now }) {
            withCurrentRoles(by, acting, { needed: 'users:write', now: Math.floor(now / 1000) });
            isNew = before?.identity === undefined;
          },
        },
      );
      if (isNew) log.change({ ...who, action: 'user.provision', target: uid, outcome: 'done' });
      return entry;
    },
  };
}
