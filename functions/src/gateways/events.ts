/** What API Gateway's events say, read without trusting that they are whole. */

interface HeaderMaps {
  readonly headers?: Readonly<Record<string, string | undefined>> | null | undefined;
  readonly multiValueHeaders?: Readonly<Record<string, readonly string[] | undefined>> | null | undefined;
}

/**
 * Every `Authorization` line of a request. REST APIs keep the name's casing, and each casing apart; only
 * `multiValueHeaders` has every line. Payload 2.0 has neither: there lines are joined by commas, which no token contains.
 */
export function authorizationLines({ headers, multiValueHeaders }: HeaderMaps): string[] {
  const all = linesIn(multiValueHeaders);
  return all.length > 0 ? all : linesIn(headers);
}

/** One value → the lines it was joined from (RFC 9110 §5.2). */
export function splitLines(value: string): string[] {
  return value.split(',').map((line) => line.trim());
}

function linesIn(map: HeaderMaps['headers'] | HeaderMaps['multiValueHeaders']): string[] {
  return Object.entries(map ?? {})
    .filter(([name]) => name.toLowerCase() === 'authorization')
    .flatMap(([, value]) => value ?? [])
    .flatMap(splitLines);
}

/** The API, its stage, and what was asked for there. */
export interface InvokedMethod {
  /** `arn:aws:execute-api:<region>:<account>:<api>/<stage>` */
  readonly api: string;
  readonly method: string;
  /** Begins with a slash. */
  readonly path: string;
}

/**
 * Takes apart the ARN of what is being called. Nothing of the caller's is left in `api`: the path is theirs.
 *
 * @throws Error for anything that is no such ARN
 */
export function readMethodArn(arn: string): InvokedMethod {
  const [, api, method, path] =
    /^(arn:aws[a-z-]*:execute-api:[a-z0-9-]+:\d{12}:[a-z0-9]+\/(?:[\w-]+|\$default))\/([A-Z]+)(?:\/(.*))?$/s.exec(
      arn,
    ) ?? [];
  if (api === undefined || method === undefined) throw new Error('the event names no method of an API');
  return { api, method, path: `/${path ?? ''}` };
}
