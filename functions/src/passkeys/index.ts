import { defineModule } from '../pipeline/module.ts';
import { createPasskey, createPasskeyOptions, getSignInOptions, verifySignIn } from './operations.ts';
import { createPasskeysService } from './passkeys-service.ts';

export type { FactorProof } from './factor-proof.ts';
export { factor, factorId, factorName } from './factor-schema.ts';
export { checkFactorChange, type FactorUser, factorUser, noEntry, withKind } from './factor-user.ts';
export type { Passkey } from './passkey-document.ts';
export type { PasskeysService } from './passkeys-service.ts';
export { authenticationResponse, requestOptions } from './response-schema.ts';
export { toFactorView } from './views.ts';

/** WebAuthn: passkeys to sign in with, and as second factors. */
export const passkeys = defineModule({
  name: 'passkeys',
  summary: 'Passkeys: to sign in with, and as second factors.',
  create: createPasskeysService,
  operations: [createPasskeyOptions, createPasskey, getSignInOptions, verifySignIn],
});
