import * as z from 'zod';
import { uid } from '../core/uid.ts';
import { operation } from '../pipeline/operation.ts';
import { user } from '../users/index.ts';
import { sessionId, signIns, toSignInsView } from './device-schema.ts';
import type { SessionsService } from './sessions-service.ts';

const byUid = z.strictObject({ uid });
const bySessionId = z.strictObject({ id: sessionId });

export const listMySessions = operation<SessionsService>()({
  name: 'listMySessions',
  effect: 'read',
  access: 'signed-in',
  http: { method: 'get', path: '/me/sessions' },
  input: z.strictObject({}),
  output: signIns,
  errors: ['not_found'],
  summary: 'Where am I signed in?',
  run: async (_input, { service, actor }) => toSignInsView(await service.devices.listOwn(actor)),
});

export const endMySession = operation<SessionsService>()({
  name: 'endMySession',
  effect: 'write',
  access: 'signed-in',
  http: { method: 'delete', path: '/me/sessions/:id' },
  input: bySessionId,
  output: null,
  errors: ['not_found'],
  summary: 'Sign out one of my devices.',
  run: async ({ id }, { service, actor, client }) => {
    await service.devices.endOwn(actor, id);
    if (actor.principal.credential === 'session-cookie' && actor.principal.session?.id === id)
      client.clearSessionCookie();
  },
});

export const revokeMySessions = operation<SessionsService>()({
  name: 'revokeMySessions',
  effect: 'write',
  access: 'signed-in',
  // It writes to Firebase Auth, where a flood of them could hide a revocation in the Firebase console.
  rateLimit: { user: 6, shared: 60, window: 60, allInstances: true },
  http: { method: 'post', path: '/me/revoke' },
  input: z.strictObject({
    except: z.literal('current').optional().meta({
      description: 'Keeps the session of the cookie that the request is sent with.',
    }),
  }),
  output: user,
  errors: ['not_found'],
  summary: 'Sign me out everywhere, or everywhere else.',
  run: async ({ except }, { service, actor, client }) => {
    const keep = except && { cookie: client.sessionCookie };
    const view = await service.devices.revokeOwn(actor, keep);
    if (keep === undefined && actor.principal.credential === 'session-cookie') client.clearSessionCookie();
    return view;
  },
});

export const listUserSessions = operation<SessionsService>()({
  name: 'listUserSessions',
  effect: 'read',
  access: { permission: 'sessions:revoke' },
  http: { method: 'get', path: '/users/:uid/sessions' },
  input: byUid,
  output: signIns,
  errors: ['not_found'],
  summary: 'Where is a user signed in?',
  run: async (input, { service, actor }) =>
    toSignInsView(await service.devices.list(input.uid, actor.principal)),
});

export const endUserSession = operation<SessionsService>()({
  name: 'endUserSession',
  effect: 'write',
  access: { permission: 'sessions:revoke' },
  http: { method: 'delete', path: '/users/:uid/sessions/:id' },
  input: byUid.extend(bySessionId.shape),
  output: null,
  errors: ['not_found'],
  summary: 'Sign out one device of a user.',
  run: (input, { service, actor, access }) => service.devices.end(actor, input, access),
});
