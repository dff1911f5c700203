import { type AuditLog, identifyActor } from '../audit/index.ts';
import { createSessionAuthenticator, sessionHash } from '../authn/session-cookie/authenticator.ts';
import type { ReadSession } from '../authn/session-cookie/ports.ts';
import type { PrincipalActor } from '../authz/principal.ts';
import { seconds } from '../core/clock.ts';
import { isRefusal } from '../core/errors.ts';
import { type DirectoryService, reportingRefusal } from '../directory/index.ts';
import type { Platform } from '../platform/platform.ts';
import type { UsersService } from '../users/index.ts';
import { createCreateSession, type FindStepUp } from './create-session.ts';
import { createDevices } from './devices.ts';
import { createEndSessions } from './end-sessions.ts';
import { isDue, toSession } from './lifetime.ts';
import { createSessionReader, type SessionsPlatform } from './read-sessions.ts';
import { createRenewSession } from './renew-session.ts';
import type { StoredSession } from './session-document.ts';

/** The server-side sessions. Implements `Sessions` for authentication. */
export type SessionsService = ReturnType<typeof createSessionsService>;

export function createSessionsService(
  platform: SessionsPlatform & Pick<Platform, 'accounts'>,
  { audit, directory, users }: { audit: AuditLog; directory: DirectoryService; users: UsersService },
) {
  const { clock, config, log } = platform;
  const reader = createSessionReader(platform, { directory });
  const endings = createEndSessions(platform, { audit, directory });
  const sessions = {
    read: reader.read,
    isDue,
    ...createRenewSession(platform, { audit, directory, reader }),
  };
  const authenticator = createSessionAuthenticator(sessions, config);
  const now = () => seconds(clock);
  let findStepUp: FindStepUp = async () => undefined;
  const create = createCreateSession(platform, {
    ...{ audit, directory, reader, endings },
    findStepUp: (...query) => findStepUp(...query),
  });

  /** A refused attempt is a line in the log; a denial also an audit event. */
  function reporting<T>(
    actor: PrincipalActor,
    action: 'session.create' | 'session.step-up',
    work: () => Promise<T>,
  ): Promise<T> {
    const by = identifyActor(actor);
    return reportingRefusal({ log, audit }, { ...by, action, target: by.actor }, work);
  }

  return {
    ...sessions,
    stepUp: (actor: PrincipalActor, valueHash: string) =>
      reporting(actor, 'session.step-up', () => sessions.stepUp(actor, valueHash)),
    authenticator,
    /** Seconds since the epoch. */
    now,
    create: (...[actor, options]: Parameters<typeof create>) =>
      reporting(actor, 'session.create', () => create(actor, options)),
    /** Registers where the step-ups of bearer tokens are: a session takes over that of its token. */
    takeOverStepUps(find: FindStepUp): void {
      findStepUp = find;
    },
    end: endings.end,
    devices: createDevices(platform, { audit, directory, users, reader, endings }),

    /** The session of a cookie that was authenticated, from memory. */
    async current(value: string): Promise<ReadSession> {
      const { session: read } = await authenticator.authenticate(value, now());
      if (read === undefined) throw new Error('the authenticator of sessions gives the session');
      if (!read.session.replaced) return read;
      // This request has rotated the value, or another one of the page: the session goes on.
      const stored = await reader.find(sessionHash(value));
      if (stored === undefined) return read;
      const current = { ...stored, replacedUntil: undefined };
      return { ...read, session: toSession(current, read.record, now(), config.sessions) };
    },

    /** The session of a cookie, for signing out. @returns `isAlive`: could it be used for anything else? */
    async findToEnd(
      valueHash: string,
    ): Promise<{ readonly session: StoredSession; readonly isAlive: boolean } | undefined> {
      // A damaged one cannot be used, and TTL removes it.
      const session = await reader.find(valueHash).catch((error) => {
        if (!isRefusal(error)) throw error;
        return undefined;
      });
      // A value that was replaced long ago may be in other hands.
      if (session === undefined || now() >= (session.replacedUntil ?? Number.POSITIVE_INFINITY))
        return undefined;
      try {
        reader.toLive(session, await reader.readRecord(session), now());
        return { session, isAlive: true };
      } catch (error) {
        if (isRefusal(error)) return { session, isAlive: false };
        throw error;
      }
    },
  };
}
