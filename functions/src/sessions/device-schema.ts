import * as z from 'zod';
import { dateTime, toRfc3339 } from '../core/time.ts';
import type { ListedSession, SignIns } from './devices.ts';

export const sessionId = z
  .uuid()
  .meta({ description: 'Public id of a session.', examples: ['5f2c9b1e-7d34-4c0a-9e51-3b8a6f0d2c47'] });

const listedSession = z
  .object({
    id: z.string().meta({ description: 'To end the session. It gives no access.' }),
    current: z.boolean().meta({ description: 'Is it the session of this request?' }),
    browser: z
      .string()
      .optional()
      .meta({
        description: 'Family of the browser, as it said at the sign-in.',
        examples: ['Firefox'],
      }),
    os: z
      .string()
      .optional()
      .meta({
        description: 'Family of the operating system, as the browser said at the sign-in.',
        examples: ['Windows'],
      }),
    network: z
      .string()
      .optional()
      .meta({
        description: 'Network of the address at the sign-in: /24, or /48 of IPv6.',
        examples: ['203.0.113.0/24'],
      }),
    provider: z
      .string()
      .optional()
      .meta({ description: 'The sign-in provider.', examples: ['google.com'] }),
    assuranceLevel: z.enum(['aal1', 'aal2']),
    createdAt: dateTime.meta({ description: 'When the session began.' }),
    lastSeenAt: dateTime.meta({ description: 'Up to ten minutes before the last request.' }),
    endsAt: dateTime.meta({ description: 'The session ends then in any case.' }),
  })
  .meta({ id: 'Session' });

/** What a user is signed in with. */
export const signIns = z
  .object({
    sessions: z.array(listedSession).readonly().meta({ description: 'Last used first.' }),
    firebaseSignIns: z
      .object({
        lastSignInAt: dateTime,
        current: z.boolean().meta({ description: 'Does this request come with a Firebase ID token?' }),
      })
      .optional()
      .meta({
        description:
          'Sign-ins of the Firebase SDK, which cannot be told apart or ended one at a time. Absent: none is valid any more.',
      }),
  })
  .meta({ id: 'SignIns' });

export function toSignInsView({ sessions, firebase }: SignIns): z.input<typeof signIns> {
  return {
    sessions: sessions.map(toSessionView),
    ...(firebase && {
      firebaseSignIns: { lastSignInAt: toRfc3339(firebase.lastSignInAt), current: firebase.current },
    }),
  };
}

function toSessionView(session: ListedSession): z.input<typeof listedSession> {
  const { assurance, created, lastSeen, absoluteEnd } = session;
  return {
    ...session,
    assuranceLevel: assurance.level,
    createdAt: toRfc3339(created),
    lastSeenAt: toRfc3339(lastSeen),
    endsAt: toRfc3339(absoluteEnd),
  };
}
