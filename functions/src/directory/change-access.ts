import { randomUUID } from 'node:crypto';
import { type AuditAction, type AuditEvent, type AuditLog, identifyActor } from '../audit/index.ts';
import type { Actor } from '../authz/principal.ts';
import { AppError, ERRORS, isRefusal, toAppError } from '../core/errors.ts';
import type { TransactionPart } from '../platform/firestore/transaction.ts';
import type { Log } from '../platform/logging/log.ts';
import type { ChangeContext, Directory } from './directory.ts';
import { applyEdit, type Edit, summarizeGrants } from './edit.ts';
import type { DirectoryEntry } from './entry.ts';
import { type AccountSync, LEASE_SECONDS } from './sync/account-sync.ts';

/** What is changed, for the audit log. */
interface Intent {
  readonly uid: string;
  readonly action: AuditAction;
  readonly reason?: string | undefined;
  /** The change uses the claim code of the first owner. */
  readonly ownerClaim?: true;
  /** What the transaction also does. */
  readonly part?: TransactionPart;
}

/**
 * Changes the access of a user: one transaction over the directory, the owners, the access change and the audit event; then
 * Firebase Auth is updated. If that last step fails, the change stands and the entry says what is pending.
 *
 * @param decide pure; throws to refuse the change; undefined changes nothing
 * @returns the entry after the change; undefined when nothing was changed
 * @throws AppError `not_found`, `last_owner`, `unavailable`, or what `decide` throws
 */
export type ChangeAccess = (
  actor: Actor,
  intent: Intent,
  decide: (context: ChangeContext) => Edit | undefined,
) => Promise<DirectoryEntry | undefined>;

interface Deps {
  readonly directory: Directory;
  readonly sync: AccountSync;
  readonly audit: Pick<AuditLog, 'recordRefusal'>;
  readonly log: Pick<Log, 'change'>;
}

export function createChangeAccess({ directory, sync, audit, log }: Deps): ChangeAccess {
  return async (actor, intent, decide) => {
    const { uid, action, reason, ownerClaim, part } = intent;
    const id = randomUUID();
    const event = { ...identifyActor(actor), action, target: uid, reason };
    return reportingRefusal({ log, audit }, event, async () => {
      const outcome = await directory.change(
        { id, uid, actor: directoryIdOf(actor), ownerClaim, part },
        (context) => {
          const { entry, now } = context;
          if (entry === undefined) throw new AppError('not_found', 'There is no such user.');
          const edit = decide({ ...context, entry });
          if (edit === undefined) return undefined;
          const edited = applyEdit(entry, edit, now);
          const isLeased = entry.lease !== undefined && now < entry.lease.until;
          const lease = isLeased ? entry.lease : { by: id, until: now + LEASE_SECONDS };
          return {
            ...edited,
            entry: { ...edited.entry, ...(edited.entry.pending.length > 0 && { lease }) },
            audit: { ...event, outcome: 'done', ...difference(entry, edited.entry, edit) },
          };
        },
      );
      if (!outcome?.entry || !outcome.audit) return undefined;
      log.change(outcome.audit);
      const { entry } = outcome;
      const isSynced = await sync.syncAccount(uid, { leased: entry.lease?.by === id ? entry : undefined });
      return isSynced ? { ...entry, pending: [], lease: undefined } : entry;
    });
  };
}

/** Does the work of a change. Reports what it throws, as {@link reportRefusal} does, and throws it again. */
export async function reportingRefusal<T>(
  deps: Parameters<typeof reportRefusal>[0],
  event: Omit<AuditEvent, 'outcome'>,
  work: () => Promise<T>,
): Promise<T> {
  try {
    return await work();
  } catch (error) {
    await reportRefusal(deps, event, error);
    throw error;
  }
}

/** Writes a change that was refused, or failed, to the log; a denial also to the audit log. */
export async function reportRefusal(
  { log, audit }: Pick<Deps, 'log' | 'audit'>,
  event: Omit<AuditEvent, 'outcome'>,
  error: unknown,
): Promise<void> {
  const { code, reason = code, logDetail } = toAppError(error);
  const refusal = { ...event, outcome: 'refused', reason } as const;
  if (isRefusal(error)) {
    log.change({ ...refusal, code });
    if (isDenial(code)) await audit.recordRefusal(refusal);
  } else {
    log.change({ ...refusal, outcome: 'unknown', code, detail: logDetail });
  }
}

function isDenial(code: keyof typeof ERRORS): boolean {
  return ERRORS[code].status === 403 || code === 'last_owner' || code === 'owner_exists';
}

function directoryIdOf(actor: Actor): string | undefined {
  return actor.kind === 'principal' ? actor.principal.directoryId : undefined;
}

/** The parts of an entry that an edit changes, before and after. */
function difference(
  before: DirectoryEntry,
  after: DirectoryEntry,
  edit: Edit,
): Pick<AuditEvent, 'before' | 'after'> {
  const parts = (entry: DirectoryEntry) => ({
    ...((edit.grants !== undefined || edit.remove) && summarizeGrants(entry)),
    ...((edit.disabled !== undefined || edit.remove) && { disabled: entry.disabled }),
    ...(edit.factors && { factors: entry.factors ?? [] }),
    ...(before.validAfter !== after.validAfter && { validAfter: entry.validAfter }),
  });
  const kept = edit.keptSession && { keptSession: edit.keptSession };
  return { before: parts(before), ...(!edit.remove && { after: { ...parts(after), ...kept } }) };
}
