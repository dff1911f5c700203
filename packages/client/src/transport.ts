import type { Credentials } from './credentials.ts';
import { GatehouseError, readProblem, type StepUp } from './error.ts';

export interface RequestOptions {
  /** Sent as JSON. */
  readonly body?: object | undefined;
  readonly headers?: Readonly<Record<string, string>>;
  readonly signal?: AbortSignal;
}

/**
 * @param path below the base URL, e.g. `/me/factors`
 * @returns the JSON of the answer; undefined for one without a body
 * @throws GatehouseError
 */
export type Call = <Answer>(method: string, path: string, options?: RequestOptions) => Promise<Answer>;

/** Sends a request to a path below the base URL, or one that a generated client has made. Returns every answer of the API. */
export type Send = (input: string | Request, init?: RequestInit) => Promise<Response>;

interface Connection {
  readonly baseUrl: string;
  readonly fetch: typeof fetch;
  readonly credentials: Credentials;
}

const OUTDATED: readonly unknown[] = ['token_stale', 'invalid_token'];

/** Sends requests with the credential of the user, and replaces a token that is out of date once. */
export function createSend({ baseUrl, fetch, credentials }: Connection): Send {
  return async (input, init) => {
    const request = new Request(typeof input === 'string' ? baseUrl + input : input, init);
    if (!request.url.startsWith(new Request(`${baseUrl}/`).url)) {
      throw new TypeError(`Not below the base URL, and gets no credential: ${request.url}`);
    }
    const attempt = async (refresh: boolean) => {
      const { method } = request;
      const copy = new Request(request.clone(), { credentials: credentials.mode });
      const own = await credentials.headers(method, refresh);
      for (const [name, value] of Object.entries(own)) copy.headers.set(name, value);
      return fetch(copy);
    };
    const response = await attempt(false);
    if (response.status !== 401 || !credentials.canRefresh()) return response;
    return OUTDATED.includes((await readProblem(response))?.code) ? attempt(true) : response;
  };
}

/** Asks for a step-up where the API requires one, and sends the request again, once. */
export function withStepUp(send: Send, prove: (required: StepUp) => Promise<boolean>): Send {
  return async (input, init) => {
    // A body can be sent once only: the second attempt has another copy.
    const copy = typeof input === 'string' ? input : input.clone();
    const response = await send(input, init);
    if (response.status !== 401) return response;
    const problem = await readProblem(response);
    if (problem?.code !== 'step_up_required') return response;
    return (await prove(problem.stepUp ?? {})) ? send(copy, init) : response;
  };
}

export function createCall(send: Send): Call {
  return async <Answer>(method: string, path: string, { body, headers, signal }: RequestOptions = {}) => {
    const response = await send(path, {
      method,
      headers: { ...(body && { 'Content-Type': 'application/json' }), ...headers },
      ...(body && { body: JSON.stringify(body) }),
      ...(signal && { signal }),
    });
    if (!response.ok) throw await GatehouseError.of(response);
    const text = await response.text();
    const answer: Answer = text === '' ? undefined : JSON.parse(text); // as docs/reference/http-api.md has it
    return answer;
  };
}
