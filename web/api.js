import { BASE_PATH } from './vendor/base-path.js';

/** The user signed out while the request was under way: its response must not be shown. */
export class SignedOut extends Error {}

const TIMEOUT_MS = 15_000; // longer than a cold start

async function ask(path, init) {
  const signal = AbortSignal.timeout(TIMEOUT_MS);
  // No session cookie of another page of this host: with a token, it would be a second credential.
  const options = { ...init, signal, cache: 'no-store', credentials: 'omit' };
  return read(await fetch(`${BASE_PATH}${path}`, options));
}

/** Calls the API without a credential. */
export const callAnonymously = (method, path) => ask(path, { method });

async function read(response) {
  const isJson = /\bjson\b/.test(response.headers.get('content-type') ?? '');
  const body = isJson ? await response.json() : undefined;
  return {
    ok: response.ok,
    status: response.status,
    body,
    problem: response.ok ? undefined : body,
    code: response.ok ? undefined : (body?.code ?? 'no_problem_details'),
    requestId: response.headers.get('x-request-id') ?? body?.requestId,
    challenge: response.headers.get('www-authenticate') ?? undefined,
  };
}

/**
 * Calls the API of this site as the signed-in user. A stale token is refreshed once, and the request repeated.
 * @param {import('firebase/auth').Auth} auth
 * @param {() => void} onReplaced called when a request needed a new ID token
 */
export function createApi(auth, onReplaced) {
  async function send(user, { method, path, body }, isFresh) {
    const headers = { Authorization: `Bearer ${await user.getIdToken(isFresh)}` };
    if (body !== undefined) headers['Content-Type'] = 'application/json';
    return ask(path, { method, headers, body: body && JSON.stringify(body) });
  }

  return async function call(method, path, body) {
    const user = auth.currentUser;
    if (!user) throw new SignedOut();
    const request = { method, path, body };
    let answer = await send(user, request, false);
    if (answer.code === 'token_stale') {
      answer = await send(user, request, true);
      if (answer.code !== 'token_stale' && auth.currentUser === user) onReplaced();
    }
    if (auth.currentUser !== user) throw new SignedOut();
    return answer;
  };
}

/** `Bearer realm="x", error="y"` as [name, value] pairs, for display. */
export function parseChallenge(header) {
  return [...header.matchAll(/([\w-]+)="((?:[^"\\]|\\.)*)"/g)].map(([, name, value]) => [
    name,
    value.replace(/\\(.)/g, '$1'),
  ]);
}
