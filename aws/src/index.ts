import { systemClock } from '../../functions/src/core/clock.ts';
import { createLog } from '../../functions/src/core/log.ts';
import config from '../authorizer.config.ts';
import { type AuthorizerHandler, createHandler } from './handler.ts';
import { createLambdaAuthorizer } from './lambda-authorizer.ts';
import { readSettings } from './settings.ts';
import { createWithAuth } from './with-auth.ts';

/** What the zip of `npm run build:lambda` exports. A wrong configuration stops the function's start. */

const { profiles, routes } = readSettings(config);

/** One for each execution environment, so that keys and verified tokens are shared. */
const lambdaAuthorizer = createLambdaAuthorizer({
  profiles,
  fetch: globalThis.fetch,
  clock: systemClock,
  log: createLog((line) => process.stdout.write(`${JSON.stringify(line)}\n`)),
});

/** The handler `index.authorizer` of a Lambda authorizer. */
export const authorizer: AuthorizerHandler = createHandler(lambdaAuthorizer, routes);

/** Middleware for Lambda functions: `withAuth(access, handler, options)`. */
export const withAuth = createWithAuth(lambdaAuthorizer);
