import { bundleForBrowsers } from '../scripts/build.ts';

/** The module that browsers get. */
export type ClientModule = typeof import('../src/index.ts');

export async function loadClient(): Promise<ClientModule> {
  return import(`data:text/javascript,${encodeURIComponent(await bundleForBrowsers())}`);
}

export interface SentRequest {
  readonly url: string;
  readonly method: string;
  readonly headers: Headers;
  readonly credentials: RequestInit['credentials'] | undefined;
  readonly body: unknown;
}

/** The answer to a request: a problem, by its code and further members, or JSON. */
export type Answer = { readonly code: string; readonly [member: string]: unknown } | object | Response;

/** A `fetch` that records requests. @param answer undefined: 204 */
export function scriptedFetch(answer: (request: SentRequest) => Answer | undefined) {
  const requests: SentRequest[] = [];
  const fetch: typeof globalThis.fetch = async (input, init) => {
    const sent = new Request(input, init);
    const { url, method, headers, credentials } = sent;
    const text = await sent.text();
    const request = { url, method, headers, credentials, body: text === '' ? undefined : JSON.parse(text) };
    requests.push(request);
    const answered = answer(request);
    if (answered === undefined) return new Response(null, { status: 204 });
    if (answered instanceof Response) return answered;
    return 'code' in answered ? problem(answered) : Response.json(answered);
  };
  return { fetch, requests };
}

const STATUSES: Readonly<Record<string, number>> = {
  rate_limited: 429,
  invalid_factor: 403,
  csrf_failed: 403,
};

function problem(members: object & { readonly code: unknown }): Response {
  const status = STATUSES[String(members.code)] ?? 401;
  const headers = { 'Content-Type': 'application/problem+json; charset=utf-8', 'Retry-After': '7' };
  return Response.json(
    { status, detail: 'What happened.', requestId: 'request-1', ...members },
    { status, headers },
  );
}
