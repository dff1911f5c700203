import { randomUUID } from 'node:crypto';
import type { Transaction } from '@google-cloud/firestore';
import { type AuditEvent, type AuditLog, auditEventRef, identifyActor } from '../audit/index.ts';
import type { PrincipalActor } from '../authz/principal.ts';
import type { FactorKind } from '../core/access-types.ts';
import { type DirectoryEntry, type DirectoryService, reportingRefusal } from '../directory/index.ts';
import { checkFactorChange, factorUser, type Passkey, type PasskeysService } from '../passkeys/index.ts';
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

/** @throws AppError as {@link checkFactorChange}; `unavailable`; what `decide` throws */
export function createChangeFactors(
  { firestore: open, log }: Pick<Platform, 'firestore' | 'log'>,
  { audit, directory, passkeys, totp }: Needs,
): ChangeFactors {
  return async (actor, action, decide) => {
    const target = factorUser(actor.principal);
    const id = randomUUID();
    const by = { ...identifyActor(actor), action, target };
    return reportingRefusal({ log, audit }, by, async () => {
      const marker = (firestore: OpenedFirestore) => auditEventRef(firestore, id);
      const { event, result } = await runOnce('mfa.changeFactors', open, marker, async (firestore, tx) => {
        const { entry: found, now } = await directory.readIn(firestore, tx, target);
        const entry = checkFactorChange(found, actor);
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
    });
  };
}
