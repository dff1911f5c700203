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

const send = (method, path, body, headers = {}) =>
  ask(path, {
    method,
    headers: body === undefined ? headers : { ...headers, 'Content-Type': 'application/json' },
    body: body && JSON.stringify(body),
  });

/** Calls the API without a credential. */
export const callAnonymously = (method, path, body) => send(method, path, body);

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
  return async function call(method, path, body) {
    const user = auth.currentUser;
    if (!user) throw new SignedOut();
    const sendAs = async (isFresh) =>
      send(method, path, body, { Authorization: `Bearer ${await user.getIdToken(isFresh)}` });
    let answer = await sendAs(false);
    if (answer.code === 'token_stale') {
      answer = await sendAs(true);
      if (answer.code !== 'token_stale' && auth.currentUser === user) onReplaced();
    }
    if (auth.currentUser !== user) throw new SignedOut();
    return answer;
  };
}

/** Why the API refused a call, as one sentence with the code. */
export const whyRefused = ({ problem, code }) =>
  `${problem?.detail ?? problem?.title ?? 'Refused'} (${code})`;

/** `Bearer realm="x", error="y"` as [name, value] pairs, for display. */
export function parseChallenge(header) {
  return [...header.matchAll(/([\w-]+)="((?:[^"\\]|\\.)*)"/g)].map(([, name, value]) => [
    name,
    value.replace(/\\(.)/g, '$1'),
  ]);
}
