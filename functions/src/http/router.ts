import { type Request, type RequestHandler, Router } from 'express';
import type * as z from 'zod';
import type { Deps } from '../deps.ts';
import { AppError } from '../errors.ts';
import { guard } from '../guard.ts';
import { headerLines } from '../lib/header-lines.ts';
import { parseFields } from '../lib/parse-fields.ts';
import { requestId } from './request-id.ts';
import type { InputSchemas, Route } from './route.ts';

/** The route table → an Express router: the only place where a handler's value becomes a response. */
export function createRouter(routes: readonly Route[], deps: Deps): Router {
  const router = Router({ strict: true, caseSensitive: true });
  for (const row of routes) router[row.method](row.path, serve(row, deps));
  for (const path of new Set(routes.map((row) => row.path))) {
    const methods = routes.filter((row) => row.path === path).map((row) => row.method.toUpperCase());
    const allow = methods.includes('GET') ? ['HEAD', ...methods] : methods;
    router.all(path, () => {
      throw new AppError('method_not_allowed', `Use ${methods.join(' or ')}.`, { allow });
    });
  }
  return router;
}

function serve(row: Route, deps: Deps): RequestHandler {
  const { access, owner } = row;
  const changes = row.method !== 'get';
  return async (req, res) => {
    const id = requestId(res);
    const authorization = headerLines(req, 'authorization');
    const appCheck = headerLines(req, 'x-firebase-appcheck');
    const resource = owner === undefined ? undefined : () => ({ owner: owner(parseInput(row.input, req)) });
    const principal = await guard(deps, {
      authorization,
      appCheck,
      access,
      changes,
      resource,
      requestId: id,
    });
    const answer = await row.handler(parseInput(row.input, req), { principal, deps, requestId: id });
    if (row.output === null) res.status(204).end();
    else res.json(row.output.parse(answer));
  };
}

function parseInput(schemas: InputSchemas, req: Request): Record<string, unknown> {
  return {
    params: parsePart('params', schemas.params, req.params),
    query: parsePart('query', schemas.query, req.query),
    body: parsePart('body', schemas.body, req.body),
  };
}

function parsePart(part: string, schema: z.ZodObject | undefined, value: unknown): unknown {
  if (schema !== undefined) return parseFields(schema, value, part);
  // No schema, no fields: nothing is accepted and then silently ignored.
  if (typeof value === 'object' && value !== null && Object.keys(value).length === 0) return undefined;
  if (value === undefined) return undefined;
  const message = `This request takes no ${part === 'query' ? 'query parameters' : part}.`;
  throw new AppError('invalid_argument', message, { errors: [{ field: part, message }] });
}
