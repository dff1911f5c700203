import { pipeline } from 'node:stream/promises';
import type { Express, Request, RequestHandler, Response } from 'express';
import type * as z from 'zod';
import type { Resource } from '../authz/decide.ts';
import type { Principal } from '../authz/principal.ts';
import { AppError } from '../core/errors.ts';
import { headerLines } from '../core/header-lines.ts';
import { parseInput } from '../core/parse-input.ts';
import { requestLabels } from '../core/request-labels.ts';
import type { Deps } from '../deps.ts';
import { guard } from '../pipeline/guard.ts';
import { requestId } from './request-id.ts';
import type { InputSchemas, Route } from './route.ts';

/**
 * The route table → routes of an app: the only place where a handler's value becomes a response. Not a router for each
 * mount: going into one takes a request longer than all the paths it is compared with.
 */
export function addRoutes(
  app: Express,
  routes: readonly Route[],
  deps: Deps,
  mounts: readonly string[],
): void {
  const mounted = (path: string) => mounts.map((mount) => mount + path);
  for (const row of routes) app[row.method](mounted(row.path), serve(row, deps));
  for (const path of new Set(routes.map((row) => row.path))) {
    const methods = routes.filter((row) => row.path === path).map((row) => row.method.toUpperCase());
    const allow = methods.includes('GET') ? ['HEAD', ...methods] : methods;
    app.route(mounted(path)).all(() => {
      throw new AppError('method_not_allowed', `Use ${methods.join(' or ')}.`, { allow });
    });
  }
}

function serve(row: Route, deps: Deps): RequestHandler {
  const { access, owner, appCheck: needsAppCheck } = row;
  // Never both: what is in the other one is the gateway's, or anybody's.
  const credentialHeader = deps.config.behindGateway ? 'x-forwarded-authorization' : 'authorization';
  const changes = row.method !== 'get';
  return async (req, res) => {
    const id = requestId(res);
    const headers = (name: string) => headerLines(req, name === 'authorization' ? credentialHeader : name);
    const appCheck = headerLines(req, 'x-firebase-appcheck');
    const resource =
      owner && ((who: Principal) => resourceOf(owner(parseRequest(row.input, req), deps, who)));
    const principal = await guard(deps, {
      request: { headers },
      appCheck,
      needsAppCheck,
      access,
      changes,
      resource,
      requestId: id,
      labels: requestLabels(req, deps.config.projectId),
    });
    const input = parseRequest(row.input, req);
    const ifMatch = req.headers['if-match'];
    // A condition that nobody looks at would be a promise.
    if (ifMatch !== undefined && changes && row.etag === undefined) {
      throw new AppError('invalid_request', 'This request takes no If-Match.');
    }
    const context = { principal, deps, requestId: id, ...(ifMatch !== undefined && { ifMatch }) };
    if (row.stream !== undefined) {
      res.vary('Accept');
      // A HEAD would read it all for nothing.
      if (req.method === 'GET' && req.accepts(['application/json', NDJSON]) === NDJSON)
        return sendLines(res, row.stream(input, context));
    }
    const answer = await row.handler(input, context);
    if (row.output === null) {
      res.status(204).end();
      return;
    }
    const output = row.output.parse(answer);
    if (row.etag === undefined) return sendJson(res, output);
    // Express answers 304 to who has this version already (RFC 9110 §13.1.2).
    res.set('ETag', row.etag(output));
    res.json(output);
  };
}

async function resourceOf(owner: Promise<string | undefined>): Promise<Resource | undefined> {
  const found = await owner;
  return found === undefined ? undefined : { owner: found };
}

/** What `res.json` comes to where there is no ETag, and no setting of Express to be asked. */
function sendJson(res: Response, value: unknown): void {
  const text = JSON.stringify(value);
  const length = String(Buffer.byteLength(text));
  res.writeHead(res.statusCode, [
    'Content-Type',
    'application/json; charset=utf-8',
    'Content-Length',
    length,
  ]);
  res.end(text);
}

const NDJSON = 'application/x-ndjson';

/** One JSON text a line, each written as it comes and as fast as the client reads. */
async function sendLines(res: Response, items: AsyncIterable<unknown>): Promise<void> {
  const lines = items[Symbol.asyncIterator]();
  // The first one before the headers: what fails at once is still a problem+json.
  let next = await lines.next();
  res.type(NDJSON);
  async function* text() {
    try {
      for (; !next.done; next = await lines.next()) yield `${JSON.stringify(next.value)}\n`;
    } finally {
      await lines.return?.();
    }
  }
  try {
    await pipeline(text(), res);
  } catch (error) {
    // The client has read as much as it wanted: nothing failed.
    if (!(error instanceof Error && 'code' in error && error.code === 'ERR_STREAM_PREMATURE_CLOSE'))
      throw error;
  }
}

function parseRequest(schemas: InputSchemas, req: Request): Record<string, unknown> {
  return {
    params: parsePart('params', schemas.params, req.params),
    // Express takes the query apart each time it is asked, also where there is none.
    query: parsePart('query', schemas.query, req.url.includes('?') ? req.query : {}),
    body: parsePart('body', schemas.body, req.body),
  };
}

function parsePart(part: string, schema: z.ZodObject | undefined, value: unknown): unknown {
  if (schema !== undefined) return parseInput(schema, value, part);
  // No schema, no fields: nothing is accepted and then silently ignored.
  if (typeof value === 'object' && value !== null && Object.keys(value).length === 0) return undefined;
  if (value === undefined) return undefined;
  const message = `This request takes no ${part === 'query' ? 'query parameters' : part}.`;
  throw new AppError('invalid_argument', message, { errors: [{ field: part, message }] });
}
