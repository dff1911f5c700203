import * as z from 'zod';
import { toRfc3339 } from '../core/time.ts';
import { authenticationResponse, factorUser, requestOptions } from '../passkeys/index.ts';
import { operation } from '../pipeline/operation.ts';
import { answerWith, currentSession } from '../sessions/index.ts';
import { access } from '../users/index.ts';
import type { MfaService } from './mfa-service.ts';
import { recoveryCode as code, totpCode } from './schema.ts';

const totp = z.strictObject({ totp: totpCode });
const recoveryCode = z.strictObject({ recoveryCode: code });
const passkey = z.strictObject({ passkey: authenticationResponse });

const ONE = 'Send one of totp, recoveryCode and passkey.';

export const stepUp = operation<MfaService>()({
  name: 'stepUp',
  effect: 'write',
  access: 'signed-in',
  factorPolicy: 'exempt',
  rateLimit: 'credential',
  rotatesSession: true,
  http: { method: 'post', path: '/me/step-up' },
  input: z
    .strictObject({ ...totp.shape, ...recoveryCode.shape, ...passkey.shape })
    .partial()
    .refine((sent) => Object.values(sent).filter((one) => one !== undefined).length === 1, ONE),
  body: z.union([totp, recoveryCode, passkey]),
  output: z.object({ assurance: access.shape.assurance, session: currentSession.optional() }).meta({
    id: 'SteppedUp',
    description: 'What you have proved now; `session`: of the cookie, if you sent one.',
  }),
  errors: ['invalid_factor', 'permission_denied', 'version_mismatch'],
  summary:
    'Prove a second factor: raises the session of the cookie, which gets a new value, or the tokens of your sign-in.',
  run: async (input, { service, actor, client }) => {
    const { totp, recoveryCode, passkey } = input;
    const prove = (uid: string) => {
      const prover = { user: uid, address: client.address, principal: actor.principal };
      if (totp !== undefined) return service.proveTotp(prover, totp);
      if (recoveryCode !== undefined) return service.proveRecoveryCode(prover, recoveryCode);
      // The schema takes one of the three.
      if (passkey === undefined) throw new Error('no proof');
      return service.passkeys.proveStepUp(uid, passkey);
    };
    const { assurance, session } = await service.stepUp(actor, client.sessionCookie, prove);
    const { at } = assurance;
    return {
      assurance: { ...assurance, at: at === undefined ? undefined : toRfc3339(at) },
      session: session && answerWith(client, session, service.now()),
    };
  },
});

export const getStepUpOptions = operation<MfaService>()({
  name: 'getStepUpOptions',
  effect: 'write',
  access: 'signed-in',
  factorPolicy: 'exempt',
  rateLimit: 'credential',
  http: { method: 'post', path: '/me/step-up/options' },
  input: z.strictObject({}),
  output: requestOptions,
  errors: ['not_found', 'permission_denied'],
  summary: 'Options for navigator.credentials.get(), to step up with a passkey.',
  run: (_input, { service, actor: { principal } }) => service.passkeys.stepUpOptions(factorUser(principal)),
});
