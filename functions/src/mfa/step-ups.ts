import { hash, randomUUID } from 'node:crypto';
import type { DocumentSnapshot, Timestamp, Transaction } from '@google-cloud/firestore';
import { LRUCache } from 'lru-cache';
import { type AuditEvent, type AuditLog, auditEventRef, identifyActor } from '../audit/index.ts';
import { checkRecord } from '../authn/ports.ts';
import type { Principal, PrincipalActor } from '../authz/principal.ts';
import type { Assurance } from '../core/access-types.ts';
import { seconds } from '../core/clock.ts';
import { toDate } from '../core/time.ts';
import type { DirectoryService } from '../directory/index.ts';
import { type FactorProof, noEntry } from '../passkeys/index.ts';
import type { SecondFactors } from '../pipeline/second-factor.ts';
import { type OpenedFirestore, useFirestore } from '../platform/firestore/firestore.ts';
import { removeFound, runOnce } from '../platform/firestore/transaction.ts';
import type { Platform } from '../platform/platform.ts';

const STEP_UPS = 'stepUps';

/** Seconds for which a step-up of bearer tokens counts. */
export const STEP_UP_SECONDS = 43_200;

/** Seconds after which an instance reads one again: its user can have been deleted. */
export const MEMORY_SECONDS = 600;

/** Step-ups in the memory of an instance. */
const MAX_ENTRIES = 5_000;

/** A second factor that a user has proved since a sign-in. */
export interface StepUp {
  /** Seconds since the epoch. */
  readonly at: number;
  readonly methods: readonly string[];
  /** Of the directory entry at that time: a role change ends the step-up. */
  readonly rolesVersion: number;
}

/**
 * The tokens of one sign-in have the same key: a refreshed ID token has its `auth_time`. A token without one, and one that a
 * token exchange or a session has given, dates from the earlier sign-in: its assurance has no time.
 */
function keyOf({ directoryId, issuer, authTime, assurance }: Principal): string {
  return hash('sha256', JSON.stringify([directoryId, issuer, authTime, assurance.at ?? null]), 'base64url');
}

export function toDocument(user: string, { at, ...stepUp }: StepUp): Record<string, unknown> {
  return { user, ...stepUp, at: toDate(at), expireAt: toDate(at + STEP_UP_SECONDS) };
}

/** Only {@link toDocument} writes the fields. */
function fromDocument(snapshot: DocumentSnapshot): StepUp | undefined {
  const fields = snapshot.data() as (Omit<StepUp, 'at'> & { readonly at: Timestamp }) | undefined;
  if (fields === undefined) return undefined;
  const { at, methods, rolesVersion } = fields;
  return { at: at.seconds, methods, rolesVersion };
}

interface KnownStepUp extends StepUp {
  /** Second since the epoch at which it is read again. */
  readonly until: number;
}

/** The step-ups of bearer tokens. Those of sessions are in the sessions. */
export function createStepUps(
  { clock, firestore: open, log }: Pick<Platform, 'clock' | 'firestore' | 'log'>,
  { audit, directory }: { readonly audit: AuditLog; readonly directory: DirectoryService },
) {
  /** Only found ones: what is missing can be proved on another instance. */
  const known = new LRUCache<string, KnownStepUp>({ max: MAX_ENTRIES });
  const refOf = ({ db }: OpenedFirestore, key: string) => db.collection(STEP_UPS).doc(key);

  function remember(key: string, stepUp: StepUp): void {
    known.set(key, { ...stepUp, until: seconds(clock) + MEMORY_SECONDS });
  }

  async function read(key: string): Promise<StepUp | undefined> {
    const stepUp = await useFirestore('mfa.findStepUp', open, async (firestore) =>
      fromDocument(await refOf(firestore, key).get()),
    );
    if (stepUp === undefined) known.delete(key);
    else remember(key, stepUp);
    return stepUp;
  }

  return {
    /** As `SecondFactors.findStepUp`. */
    find(...[principal, rolesVersion, { fresh, since }]: Parameters<SecondFactors['findStepUp']>) {
      const now = seconds(clock);
      const key = keyOf(principal);
      const kept = fresh ? undefined : known.get(key);
      if (kept !== undefined && now < kept.until && kept.at >= since && counts(kept, rolesVersion, now))
        return toAssurance(kept);
      return read(key).then((stepUp) =>
        stepUp !== undefined && counts(stepUp, rolesVersion, now) ? toAssurance(stepUp) : undefined,
      );
    },

    /** The step-up of a token that begins a session. @param now seconds since the epoch */
    async findIn(
      firestore: OpenedFirestore,
      tx: Transaction,
      principal: Principal,
      { rolesVersion, now }: { readonly rolesVersion: number; readonly now: number },
    ): Promise<StepUp | undefined> {
      const stepUp = fromDocument(await tx.get(refOf(firestore, keyOf(principal))));
      return stepUp !== undefined && counts(stepUp, rolesVersion, now) ? stepUp : undefined;
    },

    /** Deletes those of a user, in the transaction that deletes the entry. */
    removeAllIn: ({ db }: OpenedFirestore, tx: Transaction, uid: string) =>
      removeFound(tx, db.collection(STEP_UPS).where('user', '==', uid)),

    /**
     * Writes that the user of a bearer token has proved a second factor. The proof is used up exactly when this is written.
     *
     * @param uid directory id of the user
     * @throws AppError `permission_denied` without an entry in the directory; `token_stale` for a revoked sign-in;
     *   `unavailable`; what the proof throws
     */
    async write(actor: PrincipalActor, uid: string, { method, part }: FactorProof): Promise<Assurance> {
      const { principal } = actor;
      const key = keyOf(principal);
      const id = randomUUID();
      const event: AuditEvent = {
        ...{ ...identifyActor(actor), action: 'mfa.step-up', target: uid, outcome: 'done' },
        after: { methods: [method] },
      };
      const marker = (firestore: OpenedFirestore) => auditEventRef(firestore, id);
      const stepUp = await runOnce('mfa.stepUp', open, marker, async (firestore, tx) => {
        const { entry, now: at } = await directory.readIn(firestore, tx, uid);
        if (entry === undefined) throw noEntry(principal);
        checkRecord(entry, principal.authTime, principal);
        const usePart = await part(firestore, tx);
        const written: StepUp = { at, methods: [method], rolesVersion: entry.rolesVersion };
        tx.set(refOf(firestore, key), toDocument(uid, written));
        audit.append(firestore, tx, event, id);
        usePart();
        return written;
      });
      log.change(event);
      remember(key, stepUp);
      return toAssurance(stepUp);
    },
  };
}

/** Does a step-up count now, for a user with these roles? */
function counts({ at, rolesVersion }: StepUp, current: number, now: number): boolean {
  return rolesVersion === current && now < at + STEP_UP_SECONDS;
}

const toAssurance = ({ at, methods }: StepUp): Assurance => ({ level: 'aal2', at, methods });
