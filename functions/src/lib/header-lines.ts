import type { IncomingMessage } from 'node:http';

/**
 * Every line of a header as received, where `headers` keeps the first only. As `headersDistinct` does, but without
 * taking all the other headers apart.
 *
 * @param name lower-case
 */
export function headerLines({ headers, rawHeaders }: IncomingMessage, name: string): string[] {
  if (headers[name] === undefined) return [];
  return rawHeaders.filter((_, index) => index % 2 === 1 && rawHeaders[index - 1]?.toLowerCase() === name);
}
