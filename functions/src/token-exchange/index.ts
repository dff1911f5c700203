import type { AuditLog } from '../audit/index.ts';
import type { DirectoryService } from '../directory/index.ts';
import type { Authentication } from '../pipeline/authentication.ts';
import { defineModule } from '../pipeline/module.ts';
import { createExchangeToken } from './exchange-token.ts';
import { exchangeToken } from './operations.ts';

interface Needs {
  readonly audit: AuditLog;
  readonly authentication: Authentication;
  readonly directory: DirectoryService;
}

/** Tokens of trusted issuers for Firebase custom tokens (RFC 8693). */
export const tokenExchange = defineModule({
  name: 'tokenExchange',
  create: ({ accounts, log }, { audit, authentication, directory }: Needs) =>
    createExchangeToken({
      ...{ accounts, audit, directory, log, sync: directory.sync },
      authn: authentication,
    }),
  operations: [exchangeToken],
});
