import type { AuditLog } from '../audit/index.ts';
import type { DirectoryService } from '../directory/index.ts';
import { createCreateSession } from './create-session.ts';
import { createEndSessions } from './end-sessions.ts';
import { isDue } from './lifetime.ts';
import { createSessionReader, type SessionsPlatform } from './read-sessions.ts';
import { createRenewSession } from './renew-session.ts';

/** The server-side sessions. Implements `Sessions` for authentication. */
export type SessionsService = ReturnType<typeof createSessionsService>;

export function createSessionsService(
  platform: SessionsPlatform,
  { audit, directory }: { audit: AuditLog; directory: DirectoryService },
) {
  const reader = createSessionReader(platform, { directory });
  const endings = createEndSessions(platform, { audit, directory });
  return {
    read: reader.read,
    find: reader.find,
    isDue,
    ...createRenewSession(platform, { audit, directory, reader }),
    create: createCreateSession(platform, { audit, directory, reader, endings }),
    end: endings.end,
  };
}
