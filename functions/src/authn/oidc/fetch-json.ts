import { unavailable } from '../../core/errors.ts';

/** The part of `fetch` that is used. */
export type Fetch = (
  url: string,
  init: {
    readonly redirect: 'error';
    readonly signal: AbortSignal;
    readonly headers: Record<string, string>;
  },
) => Promise<Response>;

/**
 * Fetches a JSON document of an issuer. Follows no redirect.
 *
 * @param maxBytes longest body, decompressed
 * @param signal cancels the request and the reading of the body
 * @throws AppError `unavailable` for everything but a 200 with JSON
 */
export async function fetchJson(
  fetch: Fetch,
  url: string,
  maxBytes: number,
  signal: AbortSignal,
): Promise<unknown> {
  try {
    const response = await fetch(url, {
      redirect: 'error',
      signal,
      headers: { accept: 'application/json, application/jwk-set+json' },
    });
    if (response.status !== 200) {
      await response.body?.cancel();
      throw new Error(`status ${response.status}`);
    }
    return JSON.parse(await readText(response, maxBytes));
  } catch (cause) {
    throw unavailable(`${url} gave no JSON: ${cause}`, cause);
  }
}

async function readText({ body }: Response, maxBytes: number): Promise<string> {
  const chunks: Uint8Array[] = [];
  let size = 0;
  for await (const chunk of body ?? []) {
    size += chunk.length;
    // Leaving the loop cancels the body.
    if (size > maxBytes) throw new Error(`larger than ${maxBytes} bytes (maxKeySetBytes)`);
    chunks.push(chunk);
  }
  return new TextDecoder('utf-8', { fatal: true }).decode(Buffer.concat(chunks));
}
