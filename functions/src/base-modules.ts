import { audit } from './audit/index.ts';
import type { FirstSight } from './authn/ports.ts';
import { type DirectoryService, directory } from './directory/index.ts';
import { identities } from './identities/index.ts';
import { meta } from './meta/index.ts';
import { mfa } from './mfa/index.ts';
import { ownerClaim } from './owner-claim/index.ts';
import { passkeys } from './passkeys/index.ts';
import { type Authentication, createAuthentication } from './pipeline/authentication.ts';
import { compose, defineModule } from './pipeline/module.ts';
import { rateLimits } from './rate-limits/index.ts';
import { sessions } from './sessions/index.ts';
import { signUp } from './sign-up/index.ts';
import { tokenExchange } from './token-exchange/index.ts';
import { users } from './users/index.ts';

const authentication = defineModule({
  name: 'authentication',
  create: (
    platform,
    { directory, signUp }: { directory: DirectoryService; signUp: { firstSight: FirstSight } },
  ): Authentication => createAuthentication(platform, directory, signUp.firstSight),
  operations: [],
});

/** The modules of Gatehouse itself, in the order in which they are built. */
export const baseModules = compose()
  .use(meta)
  .use(audit)
  .use(directory)
  .use(signUp)
  .use(authentication)
  .use(rateLimits)
  .use(users)
  .use(sessions)
  .use(passkeys)
  .use(mfa)
  .use(identities)
  .use(ownerClaim)
  .use(tokenExchange);
