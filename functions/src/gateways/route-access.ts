import * as z from 'zod';
import type { AccessRule } from '../authz/access-rule.ts';
import { ALL_PERMISSIONS, type Permission } from '../authz/permissions.ts';

const METHODS = ['GET', 'HEAD', 'POST', 'PUT', 'PATCH', 'DELETE', 'OPTIONS'] as const;

/** What a route of the API behind the gate asks for. A route that is public has no authorizer. */
export interface RouteAccess {
  readonly method: (typeof METHODS)[number] | 'ANY';
  /** As in API Gateway: `/notes/{id}`, `/files/{path+}`. */
  readonly path: string;
  readonly access: 'signed-in' | Permission;
}

export const ruleOf = (access: RouteAccess['access']): AccessRule =>
  access === 'signed-in' ? access : { permission: access };

const PATH = /^\/$|^(\/([\w.~@-]+|\{[\w.-]+\}))*\/([\w.~@-]+|\{[\w.-]+\+?\})$/;

const schema = z
  .array(
    z.strictObject({
      method: z.enum([...METHODS, 'ANY']),
      path: z.string().regex(PATH, 'is not a path like /notes/{id}'),
      access: z.enum(['signed-in', ...ALL_PERMISSIONS], 'is neither signed-in nor a permission'),
    }),
  )
  .min(1)
  .max(200);

/** One route, ready to be compared. */
export interface Row {
  readonly method: string;
  /** Is it one of many methods that `ANY` stands for? Then it gives way to a route of the method itself. */
  readonly any: boolean;
  /** A parameter is `*`, one that takes the rest of the path `**`. */
  readonly segments: readonly string[];
  readonly access: RouteAccess['access'];
}

export interface RouteTable {
  /** One for each method; `ANY` is all of them. */
  readonly rows: readonly Row[];
  /** The row of an HTTP API's `routeKey`, whatever its parameters are called. */
  byKey(routeKey: string): RouteAccess | undefined;
}

/** @throws Error with a line for each thing that is wrong */
export function createRouteTable(routes: unknown): RouteTable {
  const parsed = schema.safeParse(routes);
  if (!parsed.success) {
    const lines = parsed.error.issues.map(({ path, message }) => `  ROUTES: ${path.join('.')}: ${message}`);
    throw new Error(`The routes of the gate are wrong:\n${lines.join('\n')}`);
  }
  const byKey = new Map<string, RouteAccess>();
  for (const route of parsed.data) {
    const key = withoutNames(`${route.method} ${route.path}`);
    if (byKey.has(key)) throw new Error(`The routes of the gate are wrong:\n  ROUTES: ${key} is there twice`);
    byKey.set(key, route);
  }
  const ownRow = (method: string, path: string) => byKey.has(withoutNames(`${method} ${path}`));
  return {
    rows: parsed.data.flatMap(({ method, path, access }): Row[] => {
      const row = { segments: segmentsOf(path), access };
      if (method !== 'ANY') return [{ ...row, method, any: false }];
      return METHODS.filter((one) => !ownRow(one, path)).map((one) => ({ ...row, method: one, any: true }));
    }),
    byKey: (routeKey) => byKey.get(withoutNames(routeKey)),
  };
}

const withoutNames = (key: string) => key.replaceAll(/\{[\w.-]+(\+?)\}/g, '{$1}');

function segmentsOf(path: string): string[] {
  return path
    .slice(1)
    .split('/')
    .map((segment) => (segment.startsWith('{') ? (segment.endsWith('+}') ? '**' : '*') : segment));
}
