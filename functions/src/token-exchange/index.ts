import { defineModule } from '../pipeline/module.ts';
import { createFirebaseToken, exchangeToken } from './operations.ts';
import { createTokenExchange } from './service.ts';

/** Firebase custom tokens, for tokens of trusted issuers (RFC 8693) and for sessions. */
export const tokenExchange = defineModule({
  name: 'tokenExchange',
  summary: 'Firebase custom tokens, for tokens of trusted issuers (RFC 8693) and for sessions.',
  create: createTokenExchange,
  operations: [exchangeToken, createFirebaseToken],
});
