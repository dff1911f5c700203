import * as z from 'zod';
import { sessionHash } from '../authn/session-cookie/authenticator.ts';
import type { PrincipalActor } from '../authz/principal.ts';
import { AppError } from '../core/errors.ts';
import type { Client } from '../pipeline/client.ts';
import { operation } from '../pipeline/operation.ts';
import { deviceOf } from './device.ts';
import type { IssuedSession } from './read-sessions.ts';
import { currentSession, toSessionView } from './schema.ts';
import type { SessionsService } from './sessions-service.ts';

const none = z.strictObject({});

/** Seconds since the sign-in within which a credential can begin a session, raise one, or enrol a factor. */
export const FRESH = 300;

/** Session cookies of a request that are looked at: each costs reads. */
const MAX_COOKIES = 4;

/** The documents of the session cookies that came along: one, unless another host of the domain has set one, too. */
function hashesOf({ sessionCookies }: Client): string[] {
  return sessionCookies.slice(0, MAX_COOKIES).map(sessionHash);
}

/** Gives the browser its new cookie. */
export function answerWith(client: Client, { value, ...read }: IssuedSession, now: number) {
  client.setSessionCookie(value, read.session.absoluteEnd - now);
  return toSessionView(read, now);
}

/** Begins a session for a user who has just signed in, and gives the browser its cookie. */
export async function beginSession(service: SessionsService, actor: PrincipalActor, client: Client) {
  const options = { replaces: hashesOf(client), device: await deviceOf(client) };
  return answerWith(client, await service.create(actor, options), service.now());
}

export function noSession(): AppError {
  return new AppError('not_found', 'You have no session: sign in, and begin one with POST /sessions.');
}

export const createSession = operation<SessionsService>()({
  name: 'createSession',
  effect: 'write',
  access: { signedIn: true, maxAge: FRESH },
  credentials: 'bearer',
  factorPolicy: 'exempt',
  rateLimit: 'credential',
  http: { method: 'post', path: '/sessions' },
  input: none,
  output: currentSession,
  errors: ['permission_denied'],
  summary:
    'Begin a session with a fresh sign-in: the answer sets an HTTP-only cookie. The session of an old cookie ends.',
  run: (_input, { service, actor, client }) => beginSession(service, actor, client),
});

export const getCurrentSession = operation<SessionsService>()({
  name: 'getCurrentSession',
  effect: 'read',
  access: 'signed-in',
  factorPolicy: 'exempt',
  http: { method: 'get', path: '/sessions/current' },
  input: none,
  output: currentSession,
  errors: ['not_found'],
  summary: 'The session of the cookie: who it is, until when it lives, and its CSRF token.',
  run: async (_input, { service, actor, client }) => {
    const { sessionCookie } = client;
    if (sessionCookie === undefined || actor.principal.session === undefined) throw noSession();
    return toSessionView(await service.current(sessionCookie), service.now());
  },
});

export const endCurrentSession = operation<SessionsService>()({
  name: 'endCurrentSession',
  effect: 'write',
  // A session that has ended already must not keep the browser from removing the cookie.
  access: 'public',
  http: { method: 'delete', path: '/sessions/current' },
  input: none,
  output: null,
  errors: ['csrf_failed', 'unavailable'],
  summary:
    'Sign out this browser: ends the session and removes the cookie. Also 204 when the session has ended.',
  run: async (_input, { service, actor, client }) => {
    const hashes = hashesOf(client);
    if (hashes.length === 0) return;
    const found = await Promise.all(hashes.map((hash) => service.findToEnd(hash)));
    const [only, ...others] = found;
    // A browser with several session cookies can do nothing else, so its page has no CSRF token.
    client.checkCsrf(others.length === 0 && only?.isAlive ? only.session : undefined);
    for (const { session } of found.filter((one) => one !== undefined)) {
      const { id, directoryId: user, issuer } = session;
      await service.end({ actor: user, issuer, requestId: actor.requestId }, { user, id }, 'signed-out');
    }
    client.clearSessionCookie();
  },
});

export const stepUpSession = operation<SessionsService>()({
  name: 'stepUpSession',
  effect: 'write',
  access: { signedIn: true, maxAge: FRESH },
  credentials: 'bearer',
  factorPolicy: 'exempt',
  rateLimit: 'credential',
  http: { method: 'post', path: '/sessions/current/step-up' },
  input: none,
  output: currentSession,
  errors: ['not_found', 'permission_denied', 'version_mismatch'],
  summary:
    'Raise the assurance of the session with a fresh sign-in of the same user. The cookie gets a new value.',
  run: async (_input, { service, actor, client }) => {
    const { sessionCookie } = client;
    if (sessionCookie === undefined) throw noSession();
    return answerWith(client, await service.stepUp(actor, sessionHash(sessionCookie)), service.now());
  },
});
