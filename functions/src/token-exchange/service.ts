import type { AuditLog } from '../audit/index.ts';
import type { Sessions } from '../authn/session-cookie/ports.ts';
import type { DirectoryService } from '../directory/index.ts';
import type { Authentication } from '../pipeline/authentication.ts';
import type { RateLimits } from '../pipeline/rate-limit.ts';
import type { Platform } from '../platform/platform.ts';
import { createCustomTokens } from './custom-token.ts';
import { createExchangeToken } from './exchange-token.ts';
import { createSessionTokens } from './session-token.ts';

export type TokenExchange = ReturnType<typeof createTokenExchange>;

interface Needs {
  readonly audit: AuditLog;
  readonly authentication: Authentication;
  readonly directory: DirectoryService;
  readonly rateLimits: RateLimits;
  readonly sessions: Sessions;
}

export function createTokenExchange(platform: Platform, needs: Needs) {
  const all = { ...needs, createCustomToken: createCustomTokens(platform, needs.directory) };
  return { exchange: createExchangeToken(platform, all), fromSession: createSessionTokens(platform, all) };
}
