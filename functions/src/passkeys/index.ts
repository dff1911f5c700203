import { defineModule } from '../pipeline/module.ts';
import { createPasskeysService } from './passkeys-service.ts';

export type { FactorProof } from './factor-proof.ts';
export { factor, factorId, factorName } from './factor-schema.ts';
export type { Passkey } from './passkey-document.ts';
export type { PasskeyUser } from './passkey-store.ts';
export type { PasskeysService } from './passkeys-service.ts';
export { toFactorView } from './views.ts';

/** WebAuthn: passkeys to sign in with, and as second factors. */
export const passkeys = defineModule({
  name: 'passkeys',
  summary: 'Passkeys: to sign in with, and as second factors.',
  create: createPasskeysService,
  operations: [],
});
