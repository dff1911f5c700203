import type { Principal } from '../authz/principal.ts';
import { seconds } from '../core/clock.ts';
import type { DirectoryEntry, DirectoryService } from '../directory/index.ts';
import type { FactorProof } from '../passkeys/index.ts';
import type { Platform } from '../platform/platform.ts';
import type { createAttempts, Guesser } from './attempts.ts';
import { invalidCode } from './invalid-code.ts';
import type { RecoveryCodes } from './recovery-codes-store.ts';
import { decryptSecret } from './secret-encryption.ts';
import { findTimeStep } from './totp.ts';
import type { TotpFactor } from './totp-document.ts';
import type { TotpStore } from './totp-store.ts';

/** Who proves a factor. */
interface Prover extends Guesser {
  /** For the log. */
  readonly principal: Principal;
}

interface Needs {
  readonly attempts: ReturnType<typeof createAttempts>;
  readonly directory: DirectoryService;
  readonly recoveryCodes: RecoveryCodes;
  readonly totp: TotpStore;
}

/**
 * Checks codes of factors. Each attempt is counted before the code is compared. The proof is used up by its part, in the
 * transaction of what it is proved for.
 *
 * Both throw AppError `invalid_factor` for a code that is wrong or used, `rate_limited`, `unavailable`.
 */
export function createProofs(
  { clock, config }: Pick<Platform, 'clock' | 'config'>,
  { attempts, directory, recoveryCodes, totp }: Needs,
) {
  async function entryOf({ user, principal }: Prover): Promise<DirectoryEntry> {
    const entry = await directory.find(user);
    if (entry === undefined) throw invalidCode('no-factor', principal);
    return entry;
  }

  /**
   * The factor that a code is of.
   *
   * @returns undefined for a wrong code
   * @throws Error when it could be of a factor that cannot be decrypted, as its key is not configured
   */
  async function findFactor(factors: readonly TotpFactor[], { user }: Prover, code: string) {
    const now = seconds(clock);
    let failure: unknown;
    for (const { id, secret: encrypted, confirmed } of factors) {
      if (!confirmed) continue;
      try {
        const secret = await decryptSecret(config.mfaKeys, encrypted, { user, factor: id });
        const step = await findTimeStep(secret, code, now);
        if (step !== undefined) return { id, step };
      } catch (error) {
        failure = error;
      }
    }
    if (failure !== undefined) throw failure;
    return undefined;
  }

  return {
    async proveTotp(prover: Prover, code: string): Promise<FactorProof> {
      const { principal } = prover;
      await attempts.count(prover);
      const found = await findFactor(await totp.list(await entryOf(prover)), prover, code);
      if (found === undefined) throw invalidCode('wrong-code', principal);
      const { id, step } = found;
      return {
        method: 'totp',
        async part(firestore, tx) {
          const { entry, now } = await directory.readIn(firestore, tx, prover.user);
          const factors = entry && (await totp.listIn(firestore, tx, entry));
          const factor = factors?.find((one) => one.id === id);
          if (factor === undefined) throw invalidCode('wrong-code', principal);
          if (step <= (factor.lastStep ?? 0)) throw invalidCode('code-used', principal);
          const clear = await attempts.clear(prover)(firestore, tx);
          return () => {
            clear();
            totp.setIn(firestore, tx, { ...factor, lastStep: step, lastUsed: now });
          };
        },
      };
    },

    async proveRecoveryCode(prover: Prover, code: string): Promise<FactorProof> {
      await attempts.count(prover);
      return {
        method: 'recovery-code',
        async part(firestore, tx) {
          const { entry } = await directory.readIn(firestore, tx, prover.user);
          const use = entry && (await recoveryCodes.useIn(firestore, tx, entry, code));
          if (use === undefined) throw invalidCode('wrong-code', prover.principal);
          const clear = await attempts.clear(prover)(firestore, tx);
          return () => {
            clear();
            use();
          };
        },
      };
    },
  };
}
