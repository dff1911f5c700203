import { type AuditEvent, type AuditLog, identifyActor } from '../audit/index.ts';
import { sessionHash } from '../authn/session-cookie/authenticator.ts';
import type { Session } from '../authn/session-cookie/ports.ts';
import type { AccessRule } from '../authz/access-rule.ts';
import type { Principal, PrincipalActor } from '../authz/principal.ts';
import { seconds } from '../core/clock.ts';
import { AppError, invalidField, isRefusal } from '../core/errors.ts';
import { type DirectoryService, findOrProvision, reportingRefusal } from '../directory/index.ts';
import { useFirestore } from '../platform/firestore/firestore.ts';
import type { Platform } from '../platform/platform.ts';
import { type UsersService, type UserView, withCurrentRoles } from '../users/index.ts';
import type { EndSessions } from './end-sessions.ts';
import type { SessionReader } from './read-sessions.ts';
import { SESSIONS, type StoredSession, sessionsIn } from './session-document.ts';

/** A session of a user, and where it began. */
export type ListedSession = StoredSession & Session & { readonly current: boolean };

/** What a user is signed in with. */
export interface SignIns {
  /** Last used first. */
  readonly sessions: readonly ListedSession[];
  /** Sign-ins at Firebase that may still be valid. Firebase does not tell them apart. */
  readonly firebase?: { readonly lastSignInAt: number; readonly current: boolean } | undefined;
}

interface Needs {
  readonly audit: AuditLog;
  readonly directory: DirectoryService;
  readonly users: UsersService;
  readonly reader: SessionReader;
  readonly endings: EndSessions;
}

/** What users, and administrators, see and do with the sessions of a user. */
export function createDevices(
  platform: Pick<Platform, 'accounts' | 'clock' | 'firestore' | 'log'>,
  { audit, directory, users, reader, endings }: Needs,
) {
  const { accounts, clock, firestore: open, log } = platform;

  /** @throws AppError `not_found` for a user who does not exist; `unavailable` */
  async function list(user: string, { session: current, credential, uid }: Principal): Promise<SignIns> {
    const [entry, account, documents] = await Promise.all([
      directory.find(user),
      accounts.find(user),
      useFirestore('sessions.list', open, ({ db }) =>
        db.collection(SESSIONS).where('user', '==', user).get(),
      ),
    ]);
    const record = entry?.identity === undefined ? await directory.records.read(user) : entry;
    if (record === undefined) throw new AppError('not_found', 'There is no such user.');
    const now = seconds(clock);
    const sessions = sessionsIn(documents.docs).flatMap(({ stored }): ListedSession[] => {
      try {
        reader.checkUser(stored, record);
        const isCurrent = credential === 'session-cookie' && stored.id === current?.id;
        return [{ ...stored, ...reader.toLive(stored, record, now).session, current: isCurrent }];
      } catch (error) {
        if (isRefusal(error)) return [];
        throw error;
      }
    });
    const { disabled = true, lastSignInAt = 0, validAfter = 0 } = account ?? {};
    const isFirebase =
      !disabled && !record.disabled && lastSignInAt >= Math.max(record.validAfter, validAfter, 1);
    return {
      sessions: sessions.toSorted((a, b) => b.lastSeen - a.lastSeen),
      ...(isFirebase && {
        firebase: { lastSignInAt, current: credential === 'bearer' && uid === user },
      }),
    };
  }

  return {
    list,

    listOwn: async ({ principal }: PrincipalActor): Promise<SignIns> => list(ownId(principal), principal),

    /** Ends a session of the actor. @throws AppError `not_found`, also for a session of another user; `unavailable` */
    async endOwn(actor: PrincipalActor, id: string): Promise<void> {
      const user = ownId(actor.principal);
      if (!(await endings.end(identifyActor(actor), { user, id }, 'ended-by-user'))) throw noSuchSession();
    },

    /**
     * Ends a session of a user. The transaction checks the permission of `rule` again.
     *
     * @throws AppError `not_found`, `permission_denied`, `unavailable`
     */
    async end(
      actor: PrincipalActor,
      { uid, id }: { uid: string; id: string },
      rule: AccessRule,
    ): Promise<void> {
      const { principal } = actor;
      const by = identifyActor(actor);
      // The permission is not privileged, so authentication has not created the actor's entry. External users need none.
      if (principal.uid !== undefined) await findOrProvision({ directory, accounts, clock }, principal.uid);
      const event: Omit<AuditEvent, 'outcome'> = { ...by, action: 'session.end', target: uid };
      await reportingRefusal({ log, audit }, event, async () => {
        const isEnded = await endings.end(by, { user: uid, id }, 'ended-by-admin', async (firestore, tx) => {
          const { entry, now } = await directory.readIn(firestore, tx, principal.directoryId ?? '');
          withCurrentRoles(principal, rule, { actor: entry, now });
        });
        if (!isEnded) throw noSuchSession();
      });
    },

    /**
     * Ends all sessions of the actor.
     *
     * @param keep the value of the session cookie that goes on; undefined: none
     * @throws AppError `invalid_argument` for a credential other than the session cookie; `token_stale`, `unavailable`
     */
    async revokeOwn(
      actor: PrincipalActor,
      keep?: { readonly cookie: string | undefined },
    ): Promise<UserView> {
      if (keep === undefined) return users.revokeOwn(actor);
      if (actor.principal.credential !== 'session-cookie' || keep.cookie === undefined)
        throw invalidField('except', 'Only a session of the session cookie can be kept.');
      // Also reads the account: a session that was revoked in the Firebase console cannot keep itself.
      const { session } = await reader.read(sessionHash(keep.cookie), seconds(clock));
      return users.revokeOwn(actor, session);
    },
  };
}

export type DevicesService = ReturnType<typeof createDevices>;

function ownId({ directoryId }: Principal): string {
  if (directoryId === undefined) throw new AppError('not_found', 'You have no entry in the directory.');
  return directoryId;
}

function noSuchSession(): AppError {
  return new AppError('not_found', 'There is no such session.');
}
