import type { IncomingMessage } from 'node:http';

/**
 * Every line of a header as received, where `headers` keeps the first only. As `headersDistinct` does, but without
 * taking all the other headers apart.
 *
 * @param name lower-case
 */
export function headerLines({ headers, rawHeaders }: IncomingMessage, name: string): string[] {
  const lines: string[] = [];
  if (headers[name] === undefined) return lines;
  for (let at = 0; at < rawHeaders.length; at += 2) {
    const raw = rawHeaders[at] ?? '';
    if (raw.length === name.length && raw.toLowerCase() === name) lines.push(rawHeaders[at + 1] ?? '');
  }
  return lines;
}
