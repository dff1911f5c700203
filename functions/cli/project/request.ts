import * as z from 'zod';
import { type Api, originOf } from './origins.ts';

/** How to reach a project. */
export interface ProjectAccess {
  readonly projectId: string;
  /** An OAuth access token of Google. */
  readonly accessToken: () => Promise<string>;
  /** The project that pays the quota of the calls. User credentials from gcloud need one; the Firebase CLI's login has its own. */
  readonly quotaProject?: string | undefined;
  /** How long to wait for each answer, in milliseconds. 10 s by default. */
  readonly deadlineMs?: number | undefined;
}

/**
 * An API that did not answer as expected. `status` is that of HTTP; undefined without an answer: timeout, no network, or
 * an answer that is not JSON of the expected shape.
 */
export class ApiError extends Error {
  override name = 'ApiError';
  readonly status: number | undefined;
  constructor(message: string, status?: number, cause?: unknown) {
    super(message, { cause });
    this.status = status;
  }
}

interface Call {
  readonly query?: Readonly<Record<string, string>> | undefined;
  /** Makes the call a POST with this JSON. */
  readonly body?: unknown;
}

/** The fields of Google's error answers that we show. */
const failure = z.object({ error: z.object({ message: z.string() }) });

/**
 * Calls an API once, without a retry.
 *
 * @param path with the API's version, such as `v1/projects/shop`
 * @throws ApiError
 */
export async function call<T>(
  access: ProjectAccess,
  [api, path]: readonly [Api, string],
  schema: z.ZodType<T>,
  { query = {}, body }: Call = {},
): Promise<T> {
  const url = new URL(`${originOf(api)}/${path}`);
  for (const [name, value] of Object.entries(query)) url.searchParams.set(name, value);
  const { status, text } = await send(access, url, body);
  const json = parse(text);
  if (status < 200 || status > 299) {
    const message = failure.safeParse(json).data?.error.message ?? `status ${status}`;
    throw new ApiError(`${url.host}: ${message}`, status);
  }
  const { data, error } = schema.safeParse(json);
  if (error)
    throw new ApiError(`${url.host}: unexpected answer: ${z.prettifyError(error)}`, undefined, error);
  return data;
}

async function send(access: ProjectAccess, url: URL, body: unknown) {
  const { quotaProject, deadlineMs = 10_000 } = access;
  const signal = AbortSignal.timeout(deadlineMs);
  const explain = (error: unknown) =>
    signal.aborted ? `no answer in ${deadlineMs / 1000} s` : reasonOf(error);
  const headers = {
    authorization: `Bearer ${await tokenOf(access, signal).catch((error) => {
      throw new ApiError(`no access token: ${explain(error)}`, undefined, error);
    })}`,
    ...(quotaProject !== undefined && { 'x-goog-user-project': quotaProject }),
    ...(body !== undefined && { 'content-type': 'application/json' }),
  };
  try {
    const init = body === undefined ? {} : { method: 'POST', body: JSON.stringify(body) };
    const response = await fetch(url, { ...init, headers, signal, redirect: 'error' });
    return { status: response.status, text: await response.text() };
  } catch (error) {
    throw new ApiError(`${url.host}: ${explain(error)}`, undefined, error);
  }
}

/** The credentials may ask a server for the token, and cannot be cancelled. */
function tokenOf({ accessToken }: ProjectAccess, signal: AbortSignal): Promise<string> {
  const timeout = new Promise<never>((_resolve, reject) =>
    signal.addEventListener('abort', () => reject(signal.reason)),
  );
  return Promise.race([accessToken(), timeout]);
}

/** `fetch` says "fetch failed" and has the reason in its cause. */
function reasonOf(error: unknown): string {
  if (!(error instanceof Error)) return String(error);
  return error instanceof TypeError && error.cause instanceof Error ? error.cause.message : error.message;
}

function parse(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}

/** Schema of a page of a list. A field without items is absent. */
export const pageOf = <T extends z.ZodRawShape>(fields: T) =>
  z.object({ ...fields, nextPageToken: z.string().optional() });

/** All pages of a list. @throws ApiError */
export async function callPages<T extends { readonly nextPageToken?: string | undefined }>(
  access: ProjectAccess,
  target: readonly [Api, string],
  schema: z.ZodType<T>,
  query: Readonly<Record<string, string>> = {},
): Promise<T[]> {
  const pages: T[] = [];
  let pageToken: string | undefined;
  do {
    const page = await call(access, target, schema, { query: { ...query, ...(pageToken && { pageToken }) } });
    pages.push(page);
    pageToken = page.nextPageToken;
  } while (pageToken);
  return pages;
}

/** The answer, or undefined when the resource does not exist. @throws ApiError of any other kind */
export async function unlessMissing<T>(answer: Promise<T>): Promise<T | undefined> {
  try {
    return await answer;
  } catch (error) {
    if (error instanceof ApiError && error.status === 404) return undefined;
    throw error;
  }
}
