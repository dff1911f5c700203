/** Readers of API Gateway's events. Fields may be missing. */

export interface HeaderMaps {
  readonly headers?: Readonly<Record<string, string | undefined>> | null | undefined;
  readonly multiValueHeaders?: Readonly<Record<string, readonly string[] | undefined>> | null | undefined;
}

/**
 * Every `Authorization` line of a request. REST APIs keep the letter case of the name, with an entry for each; only
 * `multiValueHeaders` has every line. Payload 2.0 joins lines by commas, which no token contains.
 */
export const authorizationLines = (event: HeaderMaps): string[] => headerLines(event, 'authorization');

/**
 * The credentials of a request that opens a WebSocket, each as a line of `Authorization`. A browser cannot set that header
 * there: `new WebSocket(url, ['bearer', token])` sends the token as a subprotocol.
 */
export function connectLines(event: HeaderMaps): string[] {
  const [name, token, ...others] = headerLines(event, 'sec-websocket-protocol');
  const fromBrowser = name === 'bearer' && token !== undefined && others.length === 0;
  return [...authorizationLines(event), ...(fromBrowser ? [`Bearer ${token}`] : [])];
}

/** Every line of a header. @param wanted in lower case */
export function headerLines({ headers, multiValueHeaders }: HeaderMaps, wanted: string): string[] {
  const all = linesIn(multiValueHeaders, wanted);
  return all.length > 0 ? all : linesIn(headers, wanted);
}

/** The lines that a value was joined from (RFC 9110 §5.2). */
export function splitLines(value: string): string[] {
  return value.split(',').map((line) => line.trim());
}

function linesIn(map: HeaderMaps['headers'] | HeaderMaps['multiValueHeaders'], wanted: string): string[] {
  return Object.entries(map ?? {})
    .filter(([name]) => name.toLowerCase() === wanted)
    .flatMap(([, value]) => value ?? [])
    .flatMap(splitLines);
}

export interface InvokedMethod {
  readonly method: string;
  /** Begins with a slash. */
  readonly path: string;
}

/** The route of a WebSocket API that a client opens. It is the only one that API Gateway asks an authorizer about. */
export const CONNECT = '$connect';

/**
 * Whether the event is of a WebSocket API: its ARN ends in `<stage>/$connect`. In the ARN of another API a method follows the
 * stage, so no caller can choose this.
 */
export const isConnect = ({ type, methodArn }: { readonly type?: unknown; readonly methodArn?: unknown }) =>
  type === 'REQUEST' &&
  typeof methodArn === 'string' &&
  /^arn:aws[a-z-]*:execute-api:[a-z0-9-]+:\d{12}:[a-z0-9]+\/[\w-]+\/\$connect$/.test(methodArn);

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
