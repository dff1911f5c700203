import type { Authorizer } from './authorizer.ts';
import { createAuthorizer } from './aws-lambda.ts';
import type { RouteAccess } from './route-access.ts';
import { readGateSettings } from './settings.ts';

/** What the zip of `npm run build:lambda` exports. */

export { createAuthorizer, withAuth } from './aws-lambda.ts';

/** The handler `index.authorizer`, by the settings TRUSTED_ISSUERS and ROUTES. */
export const authorizer: Authorizer = createAuthorizer({
  // Checked there.
  routes: readGateSettings().routes as readonly RouteAccess[] | undefined,
});
