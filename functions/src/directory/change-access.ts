import { randomUUID } from 'node:crypto';
import type { AuditEvent } from '../audit/audit-event.ts';
import type { AuditLog } from '../audit/audit-log.ts';
import type { Principal } from '../authz/principal.ts';
import { AppError, ERRORS, toAppError } from '../core/errors.ts';
import type { Log } from '../platform/logging/log.ts';
import type { Directory } from './directory.ts';
import { applyEdit, type Edit } from './edit.ts';
import type { DirectoryEntry } from './entry.ts';
import { summarizeGrants } from './grant.ts';
import { type AccountSync, LEASE_MS } from './sync/account-sync.ts';

/** Who does it, and in which request. A name stands for what is no principal: `system`, `operator`. */
export interface Actor {
  readonly principal: Principal | string;
  readonly requestId: string;
}

/** What was asked for, for the record. */
export interface Intent {
  readonly uid: string;
  readonly action: string;
  readonly reason?: string | undefined;
}

/** Both as they are when the change is committed. @property actor undefined when it has no entry in the directory */
interface Standing {
  readonly entry: DirectoryEntry;
  readonly actor: DirectoryEntry | undefined;
  /** Seconds since the epoch, by Firestore's clock. */
  readonly now: number;
}

/**
 * Changes somebody's access: one transaction over the directory, the owners, the access change and the audit event; then
 * Firebase Auth is told. Should that last step fail, the entry says what is left, and the change holds all the same.
 *
 * @param decide pure; throws what refuses the change; undefined leaves all as it is
 * @returns the entry as the change left it; undefined when nothing was to do
 * @throws AppError `not_found`, `last_owner`, `unavailable`, or what `decide` throws
 */
export type ChangeAccess = (
  actor: Actor,
  intent: Intent,
  decide: (standing: Standing) => Edit | undefined,
) => Promise<DirectoryEntry | undefined>;

interface Deps {
  readonly directory: Directory;
  readonly sync: AccountSync;
  readonly audit: Pick<AuditLog, 'recordRefusal'>;
  readonly log: Pick<Log, 'change'>;
}

export function createChangeAccess({ directory, sync, audit, log }: Deps): ChangeAccess {
  return async (actor, intent, decide) => {
    const { uid, action } = intent;
    const id = randomUUID();
    const event = { ...whoOf(actor), action, target: uid, reason: intent.reason, requestId: actor.requestId };
    let recorded: AuditEvent | undefined;
    try {
      const outcome = await directory.change({ id, uid, actor: directoryIdOf(actor) }, (situation) => {
        const { entry } = situation;
        if (entry === undefined) throw new AppError('not_found', 'There is no such user.');
        const now = Math.floor(situation.now / 1000);
        const edit = decide({ entry, actor: situation.actor, now });
        if (edit === undefined) return undefined;
        const edited = applyEdit(entry, edit, now);
        const isTaken = entry.lease !== undefined && situation.now < entry.lease.until;
        const lease = isTaken ? entry.lease : { by: id, until: situation.now + LEASE_MS };
        recorded = { ...event, outcome: 'done', ...difference(entry, edited.entry, edit) };
        return {
          ...edited,
          entry: { ...edited.entry, ...(edited.entry.pending.length > 0 && { lease: lease }) },
          audit: recorded,
        };
      });
      if (!outcome?.entry || recorded === undefined) return undefined;
      log.change(recorded);
      const { entry } = outcome;
      const isTold = await sync.syncAccount(uid, { leased: entry.lease?.by === id ? entry : undefined });
      return isTold ? { ...entry, pending: [], lease: undefined } : entry;
    } catch (error) {
      const { code, reason = code, logDetail } = toAppError(error);
      const refusal = { ...event, outcome: 'refused', reason } as const;
      if (ERRORS[code].status < 500) {
        log.change({ ...refusal, code });
        if (isDenial(code)) await audit.recordRefusal(refusal);
      } else {
        log.change({ ...refusal, outcome: 'unknown', code, detail: logDetail });
      }
      throw error;
    }
  };
}

function isDenial(code: keyof typeof ERRORS): boolean {
  return ERRORS[code].status === 403 || code === 'last_owner';
}

function directoryIdOf({ principal }: Actor): string | undefined {
  return typeof principal === 'string' ? undefined : principal.directoryId;
}

function whoOf({ principal }: Actor): Pick<AuditEvent, 'actor' | 'issuer'> {
  if (typeof principal === 'string') return { actor: principal };
  return { actor: principal.directoryId ?? principal.subject, issuer: principal.issuer };
}

/** The parts of an entry that an edit is about, before and after. */
function difference(
  before: DirectoryEntry,
  after: DirectoryEntry,
  edit: Edit,
): Pick<AuditEvent, 'before' | 'after'> {
  const parts = ({ grants, rolesVersion, disabled, validAfter }: DirectoryEntry) => ({
    ...((edit.grants !== undefined || edit.remove) && {
      version: rolesVersion,
      grants: summarizeGrants(grants),
    }),
    ...((edit.disabled !== undefined || edit.remove) && { disabled }),
    ...(before.validAfter !== after.validAfter && { validAfter }),
  });
  return { before: parts(before), ...(!edit.remove && { after: parts(after) }) };
}
