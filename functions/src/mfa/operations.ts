import * as z from 'zod';
import { uid } from '../core/uid.ts';
import { factor, factorId, factorName, factorUser } from '../passkeys/index.ts';
import { operation } from '../pipeline/operation.ts';
import { FRESH } from '../sessions/index.ts';
import type { MfaService } from './mfa-service.ts';
import { confirmedTotp, factorList, newRecoveryCodes, startedTotp, totpCode, toView } from './schema.ts';

const none = z.strictObject({});

/** For the first factor. For a further one, the policy `enrolment` also asks for a second factor. */
const recentSignIn = { signedIn: true, maxAge: FRESH } as const;

export const listMyFactors = operation<MfaService>()({
  name: 'listMyFactors',
  effect: 'read',
  access: 'signed-in',
  factorPolicy: 'exempt',
  http: { method: 'get', path: '/me/factors' },
  input: none,
  output: factorList,
  summary: 'My second factors.',
  run: async (_input, { service, actor }) => {
    const { factors, recoveryCodesLeft } = await service.factors.list(actor);
    return { factors: factors.map(toView), recoveryCodesLeft };
  },
});

export const startTotp = operation<MfaService>()({
  name: 'startTotp',
  effect: 'write',
  access: recentSignIn,
  factorPolicy: 'enrolment',
  rateLimit: 'credential',
  http: { method: 'post', path: '/me/factors/totp' },
  input: z.strictObject({ name: factorName.default('Authenticator app') }),
  output: startedTotp,
  errors: ['too_many_factors'],
  summary: 'Begin to enrol an authenticator app: the answer has its secret, and the QR code.',
  run: ({ name }, { service, actor }) => service.enrolment.start(actor, name),
});

export const confirmTotp = operation<MfaService>()({
  name: 'confirmTotp',
  effect: 'write',
  access: recentSignIn,
  factorPolicy: 'enrolment',
  rateLimit: 'credential',
  http: { method: 'post', path: '/me/factors/totp/confirm' },
  input: z.strictObject({ code: totpCode }),
  output: confirmedTotp,
  errors: ['invalid_factor', 'not_found'],
  summary:
    'Confirm the authenticator app with a code of it. Also answers the recovery codes, where you have none.',
  run: async ({ code }, { service, actor, client: { address } }) => {
    const { factor: enrolled, ...codes } = await service.enrolment.confirm(actor, code, {
      user: factorUser(actor.principal),
      address,
    });
    return { factor: toView(enrolled), ...codes };
  },
});

export const renameFactor = operation<MfaService>()({
  name: 'renameFactor',
  effect: 'write',
  access: 'signed-in',
  factorPolicy: 'enrolment',
  http: { method: 'patch', path: '/me/factors/:id' },
  input: z.strictObject({ id: factorId, name: factorName }),
  output: factor,
  errors: ['not_found'],
  summary: 'Give a second factor another name.',
  run: async ({ id, name }, { service, actor }) => toView(await service.factors.rename(actor, id, name)),
});

export const deleteFactor = operation<MfaService>()({
  name: 'deleteFactor',
  effect: 'write',
  access: 'signed-in',
  factorPolicy: 'enrolment',
  http: { method: 'delete', path: '/me/factors/:id' },
  input: z.strictObject({ id: factorId }),
  output: null,
  errors: ['last_factor', 'not_found'],
  summary: 'Delete a second factor. The recovery codes end with the last one.',
  run: ({ id }, { service, actor }) => service.factors.remove(actor, id),
});

export const createRecoveryCodes = operation<MfaService>()({
  name: 'createRecoveryCodes',
  effect: 'write',
  access: 'signed-in',
  factorPolicy: 'enrolment',
  http: { method: 'post', path: '/me/factors/recovery-codes' },
  input: none,
  output: newRecoveryCodes,
  errors: ['not_found'],
  summary: 'Get ten new recovery codes. The old ones end.',
  run: async (_input, { service, actor }) => ({
    recoveryCodes: await service.factors.createRecoveryCodes(actor),
  }),
});

export const resetUserFactors = operation<MfaService>()({
  name: 'resetUserFactors',
  effect: 'write',
  access: { permission: 'users:write' },
  http: { method: 'delete', path: '/users/:uid/factors' },
  input: z.strictObject({ uid }),
  output: null,
  errors: ['own_account', 'exceeds_own_permissions'],
  summary: 'Delete the second factors of a user who has lost them, and sign the user out everywhere.',
  run: (input, { service, actor, access }) => service.factors.reset(actor, input.uid, access),
});
