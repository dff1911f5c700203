import { randomUUID } from 'node:crypto';
import type { Transaction } from '@google-cloud/firestore';
import { type AuditEvent, type AuditLog, auditEventRef, identifyActor } from '../audit/index.ts';
import type { PrincipalActor } from '../authz/principal.ts';
import type { FactorKind } from '../core/access-types.ts';
import { AppError } from '../core/errors.ts';
import { type DirectoryEntry, type DirectoryService, reportRefusal } from '../directory/index.ts';
import { factorUser, type Passkey, type PasskeysService } from '../passkeys/index.ts';
import type { OpenedFirestore } from '../platform/firestore/firestore.ts';
import { runOnce } from '../platform/firestore/transaction.ts';
import type { Platform } from '../platform/platform.ts';
import type { TotpFactor } from './totp-document.ts';
import type { TotpStore } from './totp-store.ts';

/** What a change of one's own factors is decided on, as read in its transaction. */
interface FactorContext {
  readonly firestore: OpenedFirestore;
  readonly tx: Transaction;
  readonly entry: DirectoryEntry;
  /** Also enrolments that are not confirmed. */
  readonly totp: readonly TotpFactor[];
  readonly passkeys: readonly Passkey[];
  /** Seconds since the epoch, by Firestore's clock. */
  readonly now: number;
}

/** The writes of a change, after all reads. */
interface FactorChange<T> {
  readonly result: T;
  /** The kinds of factors that the user has afterwards. Absent: the same as before. */
  readonly factors?: readonly FactorKind[];
  readonly after?: AuditEvent['after'];
  write(): void;
}

interface Needs {
  readonly audit: AuditLog;
  readonly directory: DirectoryService;
  readonly passkeys: Pick<PasskeysService, 'store'>;
  readonly totp: TotpStore;
}

/** Changes the factors of the caller: one transaction with the directory entry and the audit event. */
export type ChangeFactors = <T>(
  actor: PrincipalActor,
  action: AuditEvent['action'],
  decide: (context: FactorContext) => Promise<FactorChange<T>>,
) => Promise<T>;

/** @throws AppError `permission_denied` without an entry; `step_up_required`; `unavailable`; what `decide` throws */
export function createChangeFactors(
  { firestore: open, log }: Pick<Platform, 'firestore' | 'log'>,
  { audit, directory, passkeys, totp }: Needs,
): ChangeFactors {
  return async (actor, action, decide) => {
    const { principal } = actor;
    const target = factorUser(principal);
    const id = randomUUID();
    const by = { ...identifyActor(actor), action, target };
    try {
      const marker = (firestore: OpenedFirestore) => auditEventRef(firestore, id);
      const { event, result } = await runOnce('mfa.changeFactors', open, marker, async (firestore, tx) => {
        const { entry, now } = await directory.readIn(firestore, tx, target);
        if (entry === undefined || entry.pending.includes('deletion')) throw noEntry(actor);
        // Another request can have enrolled a factor since the guard has decided.
        if (entry.factors?.length && principal.assurance.level !== 'aal2') throw needsFactor(entry.factors);
        const [ofTotp, ofPasskeys] = [
          await totp.listIn(firestore, tx, entry),
          await passkeys.store.listIn(firestore, tx, entry),
        ];
        const { result, factors, after, write } = await decide({
          ...{ firestore, tx, entry, now, totp: ofTotp, passkeys: ofPasskeys },
        });
        const event: AuditEvent = { ...by, outcome: 'done', after };
        write();
        if (factors !== undefined) directory.writeFactorsIn(firestore, tx, target, factors);
        audit.append(firestore, tx, event, id);
        return { event, result };
      });
      log.change(event);
      return result;
    } catch (error) {
      await reportRefusal({ log, audit }, by, error);
      throw error;
    }
  };
}

function noEntry({ principal }: PrincipalActor): AppError {
  const detail = 'This needs an entry of your own in the directory.';
  return new AppError('permission_denied', detail, { reason: 'no-directory-entry', caller: principal });
}

function needsFactor(factors: readonly FactorKind[]): AppError {
  return new AppError('step_up_required', 'Prove a second factor first.', {
    reason: 'step-up-required',
    stepUp: { assurance: 'aal2', factors },
  });
}
