import { ALL_PERMISSIONS, type Permission } from '../../functions/src/authz/permissions.ts';
import { ConfigError } from '../../functions/src/core/config-error.ts';
import { CONNECT } from './events.ts';

const METHODS = ['ANY', 'GET', 'HEAD', 'POST', 'PUT', 'PATCH', 'DELETE', 'OPTIONS'] as const;

/** What a route of the API behind the authorizer asks for. A public route has no authorizer. */
export interface RouteAccess {
  /** `ANY`: every method that has no row of its own, and the route `$connect`, which has no method. */
  readonly method: (typeof METHODS)[number];
  /** As in API Gateway: `/notes/{id}`, `/files/{path+}`, and `$connect` of a WebSocket API. */
  readonly path: string;
  readonly access: 'signed-in' | { readonly permission: Permission };
}

export interface RouteTable {
  /** @param template path of the route that API Gateway chose, as `resource` of its events names it */
  byTemplate(method: string, template: unknown): RouteAccess | undefined;
  /** @param routeKey of an HTTP API, such as `GET /notes/{id}` */
  byKey(routeKey: unknown): RouteAccess | undefined;
  /** Finds only routes without parameters, because it compares the path of the request unchanged. */
  byPath(method: string, path: string): RouteAccess | undefined;
}

/** @throws ConfigError with the path of each wrong field: `routes[0].access.permission: …` */
export function createRouteTable(routes: readonly RouteAccess[]): RouteTable {
  const problems = routeProblems(routes).map((problem) => `routes${problem}`);
  if (problems.length > 0) throw new ConfigError(problems);
  const byKey = new Map(routes.map((route) => [withoutNames(`${route.method} ${route.path}`), route]));
  const find = (method: string, path: string) => byKey.get(`${method} ${path}`) ?? byKey.get(`ANY ${path}`);
  return {
    byTemplate: (method, template) =>
      typeof template === 'string' ? find(method, withoutNames(template)) : undefined,
    byKey: (routeKey) => (typeof routeKey === 'string' ? byKey.get(withoutNames(routeKey)) : undefined),
    byPath: (method, path) => (/[{}]/.test(path) ? undefined : find(method, path)),
  };
}

/** Two paths are the same route if they differ only in the names of their parameters. */
const withoutNames = (key: string) => key.replaceAll(/\{[\w.-]+(\+?)\}/g, '{$1}');

const PATH = /^\/$|^(\/([\w.~@-]+|\{[\w.-]+\}))*\/([\w.~@-]+|\{[\w.-]+\+?\})$/;

/** Checks the values, which casts and JavaScript can make wrong. By hand, because the package has no dependencies of its own. */
function routeProblems(routes: unknown): string[] {
  if (!Array.isArray(routes) || routes.length === 0) return [': is not a list of routes'];
  const seen = new Map<string, number>();
  return routes.flatMap((route: unknown, index) => {
    const { method, path, access, ...others } = fieldsOf(route);
    const key = withoutNames(`${method} ${path}`);
    const first = seen.get(key) ?? index;
    seen.set(key, first);
    return [
      ...(isOneOf(METHODS, method) ? [] : [`[${index}].method: is none of ${METHODS.join(', ')}`]),
      ...(path === CONNECT || (typeof path === 'string' && PATH.test(path))
        ? []
        : [`[${index}].path: is not a path like /notes/{id}`]),
      ...(path === CONNECT && method !== 'ANY' ? [`[${index}].method: is ANY for ${CONNECT}`] : []),
      ...accessProblems(access).map((problem) => `[${index}].access${problem}`),
      ...Object.keys(others).map((name) => `[${index}].${name}: there is no such field`),
      ...(first < index ? [`[${index}]: is the same route as [${first}]`] : []),
    ];
  });
}

function accessProblems(access: unknown): string[] {
  if (access === 'signed-in') return [];
  const { permission, ...others } = fieldsOf(access);
  if (permission === undefined) return [': is neither signed-in nor a permission'];
  return [
    ...(isOneOf(ALL_PERMISSIONS, permission) ? [] : ['.permission: is not a permission']),
    ...Object.keys(others).map((name) => `.${name}: there is no such field`),
  ];
}

const isOneOf = (values: readonly unknown[], value: unknown) => values.includes(value);

function fieldsOf(value: unknown): Record<string, unknown> {
  return typeof value === 'object' && value !== null ? { ...value } : {};
}
