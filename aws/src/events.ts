/** Readers of API Gateway's events. Fields may be missing. */

interface HeaderMaps {
  readonly headers?: Readonly<Record<string, string | undefined>> | null | undefined;
  readonly multiValueHeaders?: Readonly<Record<string, readonly string[] | undefined>> | null | undefined;
}

/**
 * Every `Authorization` line of a request. REST APIs keep the letter case of the name, with an entry for each; only
 * `multiValueHeaders` has every line. Payload 2.0 joins lines by commas, which no token contains.
 */
export function authorizationLines({ headers, multiValueHeaders }: HeaderMaps): string[] {
  const all = linesIn(multiValueHeaders);
  return all.length > 0 ? all : linesIn(headers);
}

/** The lines that a value was joined from (RFC 9110 §5.2). */
export function splitLines(value: string): string[] {
  return value.split(',').map((line) => line.trim());
}

function linesIn(map: HeaderMaps['headers'] | HeaderMaps['multiValueHeaders']): string[] {
  return Object.entries(map ?? {})
    .filter(([name]) => name.toLowerCase() === 'authorization')
    .flatMap(([, value]) => value ?? [])
    .flatMap(splitLines);
}

export interface InvokedMethod {
  readonly method: string;
  /** Begins with a slash. */
  readonly path: string;
}

/**
 * Parses `arn:aws:execute-api:<region>:<account>:<api>/<stage>/<METHOD>/<path>`. The caller chooses only the path.
 *
 * @throws Error for anything else
 */
export function readMethodArn(arn: string): InvokedMethod {
  const [, method, path = ''] =
    /^arn:aws[a-z-]*:execute-api:[a-z0-9-]+:\d{12}:[a-z0-9]+\/(?:[\w-]+|\$default)\/([A-Z]+)(?:\/(.*))?$/s.exec(
      arn,
    ) ?? [];
  if (method === undefined) throw new Error('the event names no method of an API');
  return { method, path: `/${path}` };
}
