import type { IssuerProfile } from '../../functions/src/authn/oidc/issuer-profile.ts';
import type { issuerSchema } from '../../functions/src/authn/oidc/issuer-schema.ts';
import { parseTrustedIssuers } from '../../functions/src/authn/oidc/trusted-issuers.ts';
import { createRouteTable, type RouteAccess, type RouteTable } from './route-table.ts';

type IssuerInput = (typeof issuerSchema)['_zod']['input'];

/** What `authorizer.config.ts` exports. */
export interface AuthorizerConfig {
  /** The Firebase project whose ID tokens are accepted. */
  readonly firebaseProjectId?: string;
  /** Every other issuer whose tokens are accepted. */
  readonly trustedIssuers: readonly Exclude<IssuerInput, { type: 'firebase' }>[];
  /** What each route of the API asks for. `null`: every signed-in caller is allowed, and the back end decides. */
  readonly routes: readonly RouteAccess[] | null;
}

/** Checks the types of a configuration; a wrong name does not compile. */
export const defineAuthorizerConfig = (config: AuthorizerConfig): AuthorizerConfig => config;

export interface Settings {
  readonly profiles: readonly IssuerProfile[];
  readonly routes: RouteTable | null;
}

/** @throws Error with one line for each wrong value, which begins with its path: `routes.0.path: …` */
export function readConfig(config: AuthorizerConfig): Settings {
  const { firebaseProjectId, trustedIssuers, routes, ...others } = config;
  const errors = Object.keys(others).map((name) => `${name}: there is no such field`);

  /** What one part is read to; `undefined` after an error, whose lines may begin with a path inside the part. */
  function part<Value>(name: string, read: () => Value): Value | undefined {
    try {
      return read();
    } catch (error) {
      // The readers throw nothing else.
      const { message } = error as Error;
      errors.push(...message.split('\n').map((line) => `${name}${/^\d/.test(line) ? '.' : ': '}${line}`));
      return undefined;
    }
  }

  const firebase =
    firebaseProjectId === undefined ? [] : [{ type: 'firebase', projectId: firebaseProjectId }];
  const profiles = part('trustedIssuers', () => {
    const parsed = parse([...trustedIssuers, ...firebase]);
    if (parsed.length === 0) throw new Error('is empty, and there is no firebaseProjectId');
    return parsed;
  });
  const table = part('routes', () => (routes === null ? null : createRouteTable(routes)));
  if (errors.length > 0 || profiles === undefined || table === undefined) {
    const lines = errors.map((line) =>
      line.replace(`trustedIssuers.${trustedIssuers.length}.projectId`, 'firebaseProjectId'),
    );
    throw new Error(['Invalid configuration:', ...lines].join('\n  '));
  }
  return Object.freeze({ profiles, routes: table });
}

const parse = (issuers: readonly unknown[]) =>
  parseTrustedIssuers(JSON.stringify(issuers), { local: false, gate: true });

/**
 * @param env of the Lambda function
 * @throws Error as {@link readConfig}, and for an environment that makes the authorizer accept forged keys
 */
export function readSettings(
  config: AuthorizerConfig,
  env: Readonly<Record<string, string | undefined>> = process.env,
): Settings {
  if (env.NODE_TLS_REJECT_UNAUTHORIZED === '0') {
    throw new Error('Invalid configuration: NODE_TLS_REJECT_UNAUTHORIZED=0 would accept keys of any server.');
  }
  return readConfig(config);
}
