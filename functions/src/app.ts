import { loadConfig } from './config.ts';
import { once } from './core/once.ts';
import { modules } from './modules.ts';
import { createPlatform, type Platform } from './platform/platform.ts';

/** Everything that the transports of one process need. */
export function createInstance(platform: Platform) {
  const { authenticators, ...built } = modules.create(platform);
  const { authentication, audit, rateLimits, mfa } = built.services;
  if (platform.config.enforcement === 'shadow') platform.log.shadowMode();
  return Object.freeze({
    ...platform,
    ...authentication,
    ...built,
    platform,
    audit,
    rateLimits,
    secondFactors: mfa.secondFactors,
    authenticators: [...authentication.authenticators, ...authenticators],
  });
}

export type Instance = ReturnType<typeof createInstance>;

/** The instance of this process, built when the first request or event needs it. */
export const getInstance = once(() => createInstance(createPlatform(loadConfig())));
