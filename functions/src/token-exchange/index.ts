import { defineModule } from '../pipeline/module.ts';
import { createExchangeToken } from './exchange-token.ts';
import { exchangeToken } from './operations.ts';

/** Tokens of trusted issuers for Firebase custom tokens (RFC 8693). */
export const tokenExchange = defineModule({
  name: 'tokenExchange',
  summary: 'Tokens of trusted issuers for Firebase custom tokens (RFC 8693).',
  create: createExchangeToken,
  operations: [exchangeToken],
});
