import { randomUUID } from 'node:crypto';
import type { DocumentReference, Query, Transaction, WriteBatch } from '@google-cloud/firestore';
import type * as z from 'zod';
import { toAppError } from '../core/errors.ts';
import { showHiddenIn } from '../core/text.ts';
import { DAY, type Rfc3339 } from '../core/time.ts';
import { type OpenedFirestore, omitUndefined, useFirestore } from '../platform/firestore/firestore.ts';
import { readPage, startAfterTime, timeToken } from '../platform/firestore/paging.ts';
import type { Platform } from '../platform/platform.ts';
import { type AuditEvent, fromDocument, type RecordedEvent } from './audit-event.ts';
import { createRefusalLimit } from './refusal-limit.ts';
import type { auditFilter, auditQuery } from './schema.ts';

const AUDIT_EVENTS = 'auditEvents';

/** The document of the event with an id. */
export const auditEventRef = ({ db }: OpenedFirestore, id: string): DocumentReference =>
  db.doc(`${AUDIT_EVENTS}/${id}`);

/** Events that a stream reads at a time. */
const STREAM_PAGE = 100;

type AuditFilter = Readonly<z.output<typeof auditFilter>>;
export type AuditQuery = Readonly<z.output<typeof auditQuery>>;

interface AuditPage {
  readonly events: readonly RecordedEvent[];
  readonly nextPageToken?: string;
}

/** The record of who did what. Events are appended; there is no way to change or remove one. */
export type AuditLog = ReturnType<typeof createAuditLog>;

export function createAuditLog({
  config,
  clock,
  log,
  firestore: open,
}: Pick<Platform, 'config' | 'clock' | 'log' | 'firestore'>) {
  const limitRefusals = createRefusalLimit(clock);

  /**
   * Adds an event to a transaction or batch, so that neither the change nor its event is written without the other.
   *
   * @param id of the event; random when absent
   */
  function append(
    firestore: OpenedFirestore,
    tx: Pick<Transaction | WriteBatch, 'create'>,
    event: AuditEvent,
    id: string = randomUUID(),
  ): void {
    tx.create(auditEventRef(firestore, id), {
      ...showHiddenIn(omitUndefined(event)),
      at: firestore.FieldValue.serverTimestamp(),
      expireAt: new Date(clock() + config.auditRetention * DAY * 1000),
    });
  }

  /** Newest first. @throws AppError `invalid_argument`, `unavailable` */
  async function list(query: AuditQuery): Promise<AuditPage> {
    return useFirestore('auditEvents', open, async (firestore) => {
      const { docs, last } = await readPage(toQuery(firestore, query), query.pageSize);
      const events = docs.map((event) => fromDocument(event.id, event.data()));
      return last === undefined ? { events } : { events, nextPageToken: timeToken(last, 'at') };
    });
  }

  return {
    append,
    list,

    /** All events that match. Reads a page when the one before has been consumed. */
    async *stream(filter: AuditFilter): AsyncGenerator<RecordedEvent> {
      const query = { ...filter, pageSize: STREAM_PAGE };
      let page = await list(query);
      for (;;) {
        yield* page.events;
        if (page.nextPageToken === undefined) return;
        page = await list({ ...query, pageToken: page.nextPageToken });
      }
    },

    /** Records a refused attempt. Never throws: the caller gets the refusal even if it cannot be recorded. */
    async recordRefusal(event: AuditEvent): Promise<void> {
      const suppressed = limitRefusals(event);
      if (suppressed === undefined) return;
      const recorded = suppressed > 0 ? { ...event, after: { ...event.after, suppressed } } : event;
      try {
        await useFirestore('auditEvents.create', open, async (firestore) => {
          const batch = firestore.db.batch();
          append(firestore, batch, recorded);
          await batch.commit();
        });
      } catch (error) {
        log.failure(event.requestId, toAppError(error));
      }
    },
  };
}

function toQuery({ db, Timestamp, FieldPath }: OpenedFirestore, filter: AuditQuery): Query {
  let query: Query = db
    .collection(AUDIT_EVENTS)
    .orderBy('at', 'desc')
    .orderBy(FieldPath.documentId(), 'desc');
  for (const field of ['actor', 'target', 'action'] as const) {
    if (filter[field] !== undefined) query = query.where(field, '==', filter[field]);
  }
  const at = ({ seconds, nanoseconds }: Rfc3339) => new Timestamp(seconds, nanoseconds);
  if (filter.from !== undefined) query = query.where('at', '>=', at(filter.from));
  if (filter.to !== undefined) query = query.where('at', '<', at(filter.to));
  return startAfterTime(query, filter.pageToken, Timestamp);
}
