import { audit } from './audit/index.ts';
import type { FirstSight } from './authn/ports.ts';
import { loadConfig } from './config.ts';
import { once } from './core/once.ts';
import { type DirectoryService, directory } from './directory/index.ts';
import { identities } from './identities/index.ts';
import { meta } from './meta/index.ts';
import { notes } from './notes/index.ts';
import { type Authentication, createAuthentication } from './pipeline/authentication.ts';
import { compose, defineModule } from './pipeline/module.ts';
import { createPlatform, type Platform } from './platform/platform.ts';
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

/** Every module, in the order in which they are built. A new feature is a folder, its permissions, and one line here. */
export const modules = compose()
  .use(meta)
  .use(audit)
  .use(directory)
  .use(signUp)
  .use(authentication)
  .use(users)
  .use(identities)
  .use(tokenExchange)
  .use(notes);

/** Everything that the transports of one process need. */
export function createInstance(platform: Platform) {
  const { authenticators, ...built } = modules.create(platform);
  const { authentication, audit } = built.services;
  return Object.freeze({
    ...platform,
    ...authentication,
    ...built,
    platform,
    audit,
    authenticators: [...authentication.authenticators, ...authenticators],
  });
}

export type Instance = ReturnType<typeof createInstance>;

/** The instance of this process, built when the first request or event needs it. */
export const getInstance = once(() => createInstance(createPlatform(loadConfig())));
