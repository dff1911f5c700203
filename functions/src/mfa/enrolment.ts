import type { PrincipalActor } from '../authz/principal.ts';
import { seconds } from '../core/clock.ts';
import { AppError } from '../core/errors.ts';
import { withKind } from '../passkeys/index.ts';
import type { Platform } from '../platform/platform.ts';
import type { createAttempts, Guesser } from './attempts.ts';
import type { ChangeFactors } from './factor-changes.ts';
import { invalidCode } from './invalid-code.ts';
import type { RecoveryCodes } from './recovery-codes-store.ts';
import { decryptSecret, encryptSecret } from './secret-encryption.ts';
import { findTimeStep, generateTotp, type TotpSecret } from './totp.ts';
import { newFactorId, type TotpFactor } from './totp-document.ts';
import type { TotpStore } from './totp-store.ts';

/** Seconds in which an enrolment can be confirmed. */
export const ENROLMENT_SECONDS = 600;
/** TOTP factors of a user. */
const MAX_TOTP = 5;

interface Needs {
  readonly attempts: ReturnType<typeof createAttempts>;
  readonly changeFactors: ChangeFactors;
  readonly recoveryCodes: RecoveryCodes;
  readonly totp: TotpStore;
}

interface StartedTotp extends TotpSecret {
  readonly id: string;
}

interface ConfirmedTotp {
  readonly factor: TotpFactor;
  /** Present where the user had none. Never stored. */
  readonly recoveryCodes?: readonly string[];
}

/** Enrols TOTP factors. The secret counts when the user has sent a code of it. */
export function createEnrolment(
  { clock, config }: Pick<Platform, 'clock' | 'config'>,
  { attempts, changeFactors, recoveryCodes, totp }: Needs,
) {
  return {
    /** Replaces an earlier enrolment that was not confirmed. @throws AppError `too_many_factors` for too many factors */
    async start(actor: PrincipalActor, name: string): Promise<StartedTotp> {
      const { email, subject } = actor.principal;
      const generated = await generateTotp({ issuer: config.mfa.productName, label: email ?? subject });
      const id = newFactorId();
      return changeFactors(actor, 'factor.start', async ({ firestore, tx, entry, totp: known, now }) => {
        if (known.filter(({ confirmed }) => confirmed).length >= MAX_TOTP) throw tooMany();
        const secret = await encryptSecret(config.mfaKeys, generated.secret, { user: entry.uid, factor: id });
        const keyId = config.mfaKeys[0]?.id ?? '';
        const factor: TotpFactor = {
          ...{ id, user: entry.uid, kind: 'totp', name, secret, keyId, confirmed: false },
          // A deleted user may come back in this second.
          ...{ created: Math.max(now, entry.created), expireAt: now + ENROLMENT_SECONDS },
        };
        return {
          result: { id, ...generated },
          after: { kind: 'totp', factor: id },
          write() {
            for (const { id: old, confirmed } of known) if (!confirmed) totp.removeIn(firestore, tx, old);
            totp.setIn(firestore, tx, factor);
          },
        };
      });
    },

    /** @throws AppError `invalid_factor` for a wrong code, `not_found` without an enrolment, `rate_limited` */
    async confirm(actor: PrincipalActor, code: string, guesser: Guesser): Promise<ConfirmedTotp> {
      await attempts.count(guesser);
      return changeFactors(actor, 'factor.enrol', async ({ firestore, tx, entry, totp: known, now }) => {
        const started = known.find(({ confirmed, expireAt = 0 }) => !confirmed && now < expireAt);
        if (started === undefined)
          throw new AppError('not_found', 'Start the enrolment of a TOTP factor first.');
        const owner = { user: entry.uid, factor: started.id };
        const secret = await decryptSecret(config.mfaKeys, started.secret, owner);
        const lastStep = await findTimeStep(secret, code, seconds(clock));
        if (lastStep === undefined) throw invalidCode('wrong-code', actor.principal);
        const clear = await attempts.clear(guesser)(firestore, tx);
        const codes = await recoveryCodes.createMissingIn(firestore, tx, entry, now);
        const factor: TotpFactor = { ...started, confirmed: true, lastStep, expireAt: undefined };
        return {
          result: { factor, ...(codes && { recoveryCodes: codes.codes }) },
          factors: withKind(entry, 'totp'),
          after: { kind: 'totp', factor: factor.id },
          write() {
            clear();
            codes?.write();
            totp.setIn(firestore, tx, factor);
          },
        };
      });
    },
  };
}

function tooMany(): AppError {
  return new AppError('too_many_factors', `You have ${MAX_TOTP} authenticator apps. Delete one first.`);
}
