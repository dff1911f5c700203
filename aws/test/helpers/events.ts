/** Events in the shapes that AWS publishes: Developer Guide, “Input to a Lambda authorizer”, “Lambda proxy integration”. */

export const API = 'arn:aws:execute-api:us-east-1:123456789012:abcdef123/test';

type Lines = readonly string[];

/** `arn:aws:execute-api:…/<stage>/<METHOD>/<path>` */
export const arnOf = (method: string, path: string) => `${API}/${method}${path}`;

/** REST API, TOKEN: the event has the value of one header only. */
export const tokenEvent = (authorizationToken: unknown, method = 'GET', path = '/notes') => ({
  type: 'TOKEN',
  methodArn: arnOf(method, path),
  authorizationToken,
});

/** Headers in REST APIs and payload 1.0: `headers` has the last line, `multiValueHeaders` every line. */
function headers1(authorization: Lines, name: string) {
  const [last] = authorization.slice(-1);
  return {
    headers: {
      Accept: '*/*',
      Host: 'abcdef123.execute-api.us-east-1.amazonaws.com',
      ...(last !== undefined && { [name]: last }),
    },
    multiValueHeaders: { Accept: ['*/*'], ...(last !== undefined && { [name]: authorization }) },
  };
}

const requestContext1 = (method: string, path: string) => ({
  accountId: '123456789012',
  apiId: 'abcdef123',
  resourceId: '05c7jb',
  stage: 'test',
  // A caller can choose this value by the header x-amzn-requestid.
  requestId: 'chosen-by-the-caller',
  identity: { sourceIp: '192.0.2.1', userAgent: 'curl' },
  resourcePath: path,
  path: `/test${path}`,
  httpMethod: method,
  protocol: 'HTTP/1.1',
});

interface RequestOptions {
  readonly method?: string | undefined;
  readonly path?: string | undefined;
  /** Path of the route that API Gateway chose. */
  readonly resource?: string | undefined;
  readonly name?: string;
  readonly version?: string | undefined;
}

/** REST API, REQUEST; and payload 1.0 of an HTTP API. */
export const requestEvent = (
  authorization: Lines,
  { method = 'GET', path = '/notes', resource = path, name = 'Authorization', version }: RequestOptions = {},
) => ({
  ...(version !== undefined && {
    version,
    // `$request.header.Authorization`, `$context.httpMethod` and `$context.path`.
    identitySource: [...authorization, method, path].join(),
    authorizationToken: [...authorization, method, path].join(),
  }),
  type: 'REQUEST',
  methodArn: arnOf(method, path),
  resource,
  path,
  httpMethod: method,
  ...headers1(authorization, name),
  queryStringParameters: {},
  multiValueQueryStringParameters: {},
  pathParameters: {},
  stageVariables: {},
  requestContext: { ...requestContext1(method, resource), path: `/test${path}` },
});

/** WebSocket API, REQUEST. */
export const connectEvent = (headers: Readonly<Record<string, string>>) => ({
  type: 'REQUEST',
  methodArn: `${API}/$connect`,
  headers: { Connection: 'upgrade', Upgrade: 'websocket', 'Sec-WebSocket-Version': '13', ...headers },
  multiValueHeaders: Object.fromEntries(
    Object.entries({ Connection: 'upgrade', ...headers }).map(([name, value]) => [name, [value]]),
  ),
  queryStringParameters: {},
  multiValueQueryStringParameters: {},
  stageVariables: {},
  requestContext: {
    routeKey: '$connect',
    eventType: 'CONNECT',
    messageDirection: 'IN',
    stage: 'test',
    connectedAt: 1_795_424_400_000,
    requestTimeEpoch: 1_795_424_400_001,
    identity: { sourceIp: '192.0.2.1' },
    requestId: 'chosen-by-the-caller',
    domainName: 'abcdef123.execute-api.us-east-1.amazonaws.com',
    connectionId: 'L0SM9cOFvHcCIhw=',
    apiId: 'abcdef123',
  },
});

const headers2 = (authorization: Lines) => ({
  accept: '*/*',
  ...(authorization.length > 0 && { authorization: authorization.join(',') }),
});

const requestContext2 = (method: string, path: string, routeKey: string) => ({
  accountId: '123456789012',
  apiId: 'abcdef123',
  domainName: 'abcdef123.execute-api.us-east-1.amazonaws.com',
  domainPrefix: 'abcdef123',
  http: { method, path, protocol: 'HTTP/1.1', sourceIp: '192.0.2.1', userAgent: 'curl' },
  requestId: 'chosen-by-the-caller',
  routeKey,
  stage: '$default',
  time: '23/Nov/2026:09:00:00 +0000',
  timeEpoch: 1_795_424_400_000,
});

/** HTTP API, payload 2.0, authorizer. */
export const simpleEvent = (
  authorization: Lines,
  { method = 'GET', path = '/notes', routeKey }: { method?: string; path?: string; routeKey?: string } = {},
) => ({
  version: '2.0',
  type: 'REQUEST',
  routeArn: `arn:aws:execute-api:us-east-1:123456789012:abcdef123/$default/${method}${path}`,
  // `$request.header.Authorization` and `$context.routeKey`.
  identitySource: [...authorization, routeKey ?? `${method} ${path}`],
  routeKey: routeKey ?? `${method} ${path}`,
  rawPath: path,
  rawQueryString: '',
  cookies: [],
  headers: headers2(authorization),
  queryStringParameters: {},
  requestContext: requestContext2(method, path, routeKey ?? `${method} ${path}`),
  pathParameters: {},
  stageVariables: {},
});

/** REST API, Lambda proxy integration; and payload 1.0 of an HTTP API. */
export const proxyEvent = (authorization: Lines, { name = 'Authorization', owner = 'bob' } = {}) => ({
  resource: '/notes/{owner}',
  path: `/notes/${owner}`,
  httpMethod: 'GET',
  ...headers1(authorization, name),
  queryStringParameters: null,
  multiValueQueryStringParameters: null,
  pathParameters: { owner },
  stageVariables: null,
  requestContext: requestContext1('GET', '/notes/{owner}'),
  body: null,
  isBase64Encoded: false,
});

/** HTTP API, payload 2.0, Lambda proxy integration; and a function URL. */
export const proxyEvent2 = (authorization: Lines, { owner = 'bob', cookies = [] as Lines } = {}) => ({
  version: '2.0',
  routeKey: 'GET /notes/{owner}',
  rawPath: `/notes/${owner}`,
  rawQueryString: '',
  cookies,
  headers: headers2(authorization),
  requestContext: requestContext2('GET', `/notes/${owner}`, 'GET /notes/{owner}'),
  pathParameters: { owner },
  isBase64Encoded: false,
});
