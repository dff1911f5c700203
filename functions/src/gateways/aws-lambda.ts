import type { APIGatewayProxyEvent, APIGatewayProxyEventV2 } from 'aws-lambda';
import type { AccessRule } from '../authz/access-rule.ts';
import { systemClock } from '../core/clock.ts';
import { createLog } from '../core/log.ts';
import { type Authorizer, type AuthorizerOptions, authorizerOf } from './authorizer.ts';
import { createGate, type Gate } from './gate.ts';
import { readGateSettings } from './settings.ts';
import { protect, type WithAuthOptions } from './with-auth.ts';

let instance: Gate | undefined;

/** One for each execution environment, so that keys and recognised tokens are shared. */
function instanceGate(): Gate {
  instance ??= createGate({
    profiles: readGateSettings().profiles,
    fetch: globalThis.fetch,
    clock: systemClock,
    log: createLog((line) => process.stdout.write(`${JSON.stringify(line)}\n`)),
  });
  return instance;
}

/**
 * A Lambda authorizer: {@link authorizerOf}, for the issuers in TRUSTED_ISSUERS.
 *
 * @throws Error for settings or routes that are wrong
 */
export function createAuthorizer(options: AuthorizerOptions = {}): Authorizer {
  return authorizerOf(instanceGate(), options);
}

/**
 * Lambda middleware: {@link protect}, for the issuers in TRUSTED_ISSUERS.
 *
 * @throws Error for settings that are wrong
 */
export function withAuth<Event extends APIGatewayProxyEvent | APIGatewayProxyEventV2, Result>(
  access: AccessRule,
  handler: Parameters<typeof protect<Event, Result>>[2],
  options: WithAuthOptions<Event> = {},
): ReturnType<typeof protect<Event, Result>> {
  return protect(instanceGate(), access, handler, options);
}
