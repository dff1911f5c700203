import type { IssuerProfile } from '../../functions/src/authn/oidc/issuer-profile.ts';
import { readTrustedIssuers } from '../../functions/src/authn/oidc/trusted-issuers.ts';
import type { Permission } from '../../functions/src/authz/permissions.ts';
import type { Role } from '../../functions/src/authz/roles.ts';
import { ConfigError, collectProblems } from '../../functions/src/core/config-error.ts';
import type { IssuerSetting } from '../../functions/src/core/gatehouse-config.ts';
import { createRouteTable, type RouteAccess, type RouteTable } from './route-table.ts';

/** What `authorizer.config.ts` exports. */
export interface AuthorizerConfig {
  /** ID tokens of this Firebase project are accepted. */
  readonly firebaseProjectId?: string;
  /** Other accepted issuers: `cognito({...})`, `auth0({...})`, `oidc({...})`. */
  readonly trustedIssuers: readonly IssuerSetting<Role | Permission>[];
  /** What each route of the API asks for. `null`: every signed-in caller is allowed, and the back end decides. */
  readonly routes: readonly RouteAccess[] | null;
}

/** Types a configuration: a misspelt name does not compile. Values are checked by the build and at start. */
export const defineAuthorizerConfig = (config: AuthorizerConfig): AuthorizerConfig => config;

export interface Settings {
  readonly profiles: readonly IssuerProfile[];
  readonly routes: RouteTable | null;
}

/** @throws ConfigError with the path of each wrong field: `routes[0].path: …` */
export function readConfig(config: AuthorizerConfig): Settings {
  const { firebaseProjectId, trustedIssuers, routes, ...others } = config;
  const problems = Object.keys(others).map((name) => `${name}: there is no such field`);
  const profiles = collectProblems(problems, () => readIssuers(firebaseProjectId, trustedIssuers));
  const table = collectProblems(problems, () => (routes === null ? null : createRouteTable(routes)));
  if (problems.length > 0 || profiles === undefined || table === undefined) throw new ConfigError(problems);
  return Object.freeze({ profiles, routes: table });
}

/**
 * @param env of the Lambda function
 * @throws ConfigError as {@link readConfig}, and for an environment in which keys of any server would be accepted
 */
export function readSettings(
  config: AuthorizerConfig,
  env: Readonly<Record<string, string | undefined>> = process.env,
): Settings {
  if (env.NODE_TLS_REJECT_UNAUTHORIZED === '0') {
    throw new ConfigError(['NODE_TLS_REJECT_UNAUTHORIZED: 0 would accept keys from any server']);
  }
  return readConfig(config);
}

/** Adds Firebase to the trusted issuers. */
function readIssuers(
  projectId: string | undefined,
  trustedIssuers: AuthorizerConfig['trustedIssuers'],
): readonly IssuerProfile[] {
  const all = projectId === undefined ? trustedIssuers : [...trustedIssuers, { type: 'firebase', projectId }];
  if (all.length === 0)
    throw new ConfigError(['trustedIssuers: is empty, and there is no firebaseProjectId']);
  try {
    return readTrustedIssuers(all, { local: false, allowFirebase: true });
  } catch (error) {
    if (!(error instanceof ConfigError)) throw error;
    const last = `trustedIssuers[${trustedIssuers.length}].projectId`;
    throw new ConfigError(error.problems.map((problem) => problem.replace(last, 'firebaseProjectId')));
  }
}
