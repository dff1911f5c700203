import type { PublicKeyCredentialRequestOptionsJSON } from '@simplewebauthn/server';
import type { AuditLog } from '../audit/index.ts';
import { AppError } from '../core/errors.ts';
import type { DirectoryService } from '../directory/index.ts';
import type { Platform } from '../platform/platform.ts';
import type { SessionsService } from '../sessions/index.ts';
import { createVerifyAssertion } from './assertions.ts';
import { type Ceremony, CHALLENGE_LIFETIME, createChallenges } from './challenges.ts';
import type { FactorProof } from './factor-proof.ts';
import { createPasskeyStore } from './passkey-store.ts';
import { createRegistration, toDescriptor } from './registration.ts';
import type { AuthenticationResponse } from './response-schema.ts';
import { createSignIn } from './sign-in.ts';

export type PasskeysService = ReturnType<typeof createPasskeysService>;

export function createPasskeysService(
  platform: Pick<Platform, 'accounts' | 'clock' | 'config' | 'firestore' | 'log'>,
  { audit, directory, sessions }: { audit: AuditLog; directory: DirectoryService; sessions: SessionsService },
) {
  const { clock, config, firestore: open } = platform;
  const store = createPasskeyStore(open);
  const challenges = createChallenges(open, clock);
  for (const { removeAllIn } of [store, challenges])
    directory.whenDeleted((uid) => (firestore, tx) => removeAllIn(firestore, tx, uid));
  const verifyAssertion = createVerifyAssertion(platform, { directory, challenges });

  async function requestOptions(
    ceremony: Ceremony,
    allowCredentials?: ReturnType<typeof toDescriptor>[],
  ): Promise<PublicKeyCredentialRequestOptionsJSON> {
    const { generateAuthenticationOptions } = await import('@simplewebauthn/server');
    const options = await generateAuthenticationOptions({
      rpID: config.passkeys.rpId,
      timeout: CHALLENGE_LIFETIME * 1000,
      userVerification: 'required',
      ...(allowCredentials && { allowCredentials }),
    });
    await challenges.store(options.challenge, ceremony);
    return options;
  }

  return {
    store,
    sessions,
    registration: createRegistration(platform, { audit, directory, challenges, store }),
    signIn: createSignIn(platform, { audit, directory, verifyAssertion }),

    /** Options for a sign-in without a name: the browser shows the passkeys that it has. @throws AppError `unavailable` */
    signInOptions: () => requestOptions({ ceremony: 'sign-in' }),

    /** Options for a step-up. @param user directory id @throws AppError `not_found` without a passkey; `unavailable` */
    async stepUpOptions(user: string): Promise<PublicKeyCredentialRequestOptionsJSON> {
      const entry = await directory.find(user);
      const passkeys = entry === undefined ? [] : await store.list(entry);
      if (passkeys.length === 0) throw new AppError('not_found', 'You have no passkey.');
      return requestOptions({ ceremony: 'step-up', user }, passkeys.map(toDescriptor));
    },

    /**
     * Verifies a response to the options of a step-up.
     *
     * @param user directory id
     * @throws AppError `invalid_factor`, also from the part; `unavailable`
     */
    async proveStepUp(user: string, response: AuthenticationResponse): Promise<FactorProof> {
      const { checkIn } = await verifyAssertion(response, { ceremony: 'step-up', user });
      return { method: 'passkey', part: async (firestore, tx) => (await checkIn(firestore, tx)).use };
    },
  };
}
