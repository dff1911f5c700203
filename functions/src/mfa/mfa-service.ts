import type { AuditLog } from '../audit/index.ts';
import type { DirectoryService } from '../directory/index.ts';
import type { FactorUser, PasskeysService } from '../passkeys/index.ts';
import type { Platform } from '../platform/platform.ts';
import type { SessionsService } from '../sessions/index.ts';
import { createAttempts } from './attempts.ts';
import { createEnrolment } from './enrolment.ts';
import { createChangeFactors } from './factor-changes.ts';
import { createFactors } from './factors.ts';
import { createProofs } from './proofs.ts';
import { createRecoveryCodes } from './recovery-codes-store.ts';
import { createStepUp } from './step-up.ts';
import { createTotpStore } from './totp-store.ts';

export type MfaService = ReturnType<typeof createMfaService>;

export function createMfaService(
  platform: Platform,
  needs: {
    audit: AuditLog;
    directory: DirectoryService;
    passkeys: PasskeysService;
    sessions: SessionsService;
  },
) {
  const { clock, firestore } = platform;
  const { directory } = needs;
  const totp = createTotpStore(firestore);
  const recoveryCodes = createRecoveryCodes(firestore);
  const attempts = createAttempts(firestore, clock);
  const changeFactors = createChangeFactors(platform, { ...needs, totp });

  const hasRecoveryCodes = async (user: FactorUser) => (await recoveryCodes.count(user)) > 0;

  return {
    passkeys: needs.passkeys,
    /** Seconds since the epoch. */
    now: needs.sessions.now,
    factors: createFactors(platform, { ...needs, changeFactors, recoveryCodes, totp }),
    enrolment: createEnrolment(platform, { attempts, changeFactors, recoveryCodes, totp }),
    ...createProofs(platform, { attempts, directory, recoveryCodes, totp }),
    ...createStepUp(platform, { ...needs, hasRecoveryCodes }),
  };
}
