import { defineModule } from '../pipeline/module.ts';
import {
  endMySession,
  endUserSession,
  listMySessions,
  listUserSessions,
  revokeMySessions,
} from './device-operations.ts';
import { createSession, endCurrentSession, getCurrentSession, stepUpSession } from './operations.ts';
import { createSessionsService } from './sessions-service.ts';

export { validSinceOf } from './lifetime.ts';
export { answerWith, beginSession, FRESH, noSession } from './operations.ts';
export type { IssuedSession } from './read-sessions.ts';
export { currentSession } from './schema.ts';
export type { SessionsService } from './sessions-service.ts';
export { userOf } from './sign-in.ts';

/** Sessions of the session cookie. */
export const sessions = defineModule({
  name: 'sessions',
  summary: 'Sessions in an HTTP-only cookie.',
  create: createSessionsService,
  operations: [
    createSession,
    getCurrentSession,
    endCurrentSession,
    stepUpSession,
    listMySessions,
    endMySession,
    revokeMySessions,
    listUserSessions,
    endUserSession,
  ],
  authenticators: ({ authenticator }) => [authenticator],
});
