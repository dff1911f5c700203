import type { Query } from '@google-cloud/firestore';
import { type Clock, DAY } from '../core/clock.ts';
import { toAppError } from '../core/errors.ts';
import type { Rfc3339 } from '../core/rfc3339.ts';
import { type OpenedFirestore, type OpenFirestore, useFirestore } from '../platform/firestore/firestore.ts';
import { readPage, startAfterTime, timeToken } from '../platform/firestore/paging.ts';
import type { Log } from '../platform/logging/log.ts';
import { type AuditEvent, fromDocument, type RecordedEvent, toDocument } from './audit-event.ts';
import { createRefusalLimit } from './refusal-limit.ts';

export const AUDIT_EVENTS = 'auditEvents';

export interface AuditQuery {
  readonly actor?: string | undefined;
  readonly target?: string | undefined;
  readonly action?: string | undefined;
  /** This moment included. */
  readonly from?: Rfc3339 | undefined;
  /** This moment excluded. */
  readonly to?: Rfc3339 | undefined;
  readonly pageSize: number;
  readonly pageToken?: string | undefined;
}

export interface AuditPage {
  readonly events: readonly RecordedEvent[];
  readonly nextPageToken?: string;
}

/** Who did what. There is no way to change or remove an event: changes of access write theirs, refusals are added here. */
export interface AuditLog {
  /** Newest first. @throws AppError `invalid_argument`, `unavailable` */
  list(query: AuditQuery): Promise<AuditPage>;
  /** All events from the given page on, read page by page as they are taken. */
  stream(query: AuditQuery): AsyncGenerator<RecordedEvent>;
  /** Records an attempt that was refused. Never throws: the refusal stands whether or not it could be recorded. */
  recordRefusal(event: AuditEvent): Promise<void>;
}

interface Options {
  readonly open: OpenFirestore;
  readonly clock: Clock;
  /** Days for which an event is kept. */
  readonly retention: number;
  readonly log: Pick<Log, 'failure'>;
}

export function createAuditLog({ open, clock, retention, log }: Options): AuditLog {
  const admit = createRefusalLimit(clock);

  async function list(query: AuditQuery): Promise<AuditPage> {
    return useFirestore('auditEvents', open, async (firestore) => {
      const { docs, last } = await readPage(toQuery(firestore, query), query.pageSize);
      const events = docs.map((event) => fromDocument(event.id, event.data()));
      return last === undefined ? { events } : { events, nextPageToken: timeToken(last, 'at') };
    });
  }

  return {
    list,
    async *stream(query) {
      let page = await list(query);
      for (;;) {
        yield* page.events;
        if (page.nextPageToken === undefined) return;
        page = await list({ ...query, pageToken: page.nextPageToken });
      }
    },
    async recordRefusal(event) {
      const suppressed = admit(event);
      if (suppressed === undefined) return;
      try {
        await useFirestore('auditEvents.create', open, async ({ db, FieldValue }) => {
          const expireAt = new Date(clock() + retention * DAY * 1000);
          const counted = suppressed > 0 ? { ...event, after: { ...event.after, suppressed } } : event;
          await db
            .collection(AUDIT_EVENTS)
            .doc()
            .create(toDocument(counted, FieldValue.serverTimestamp(), expireAt));
        });
      } catch (error) {
        log.failure(event.requestId, toAppError(error));
      }
    },
  };
}

function toQuery({ db, Timestamp, FieldPath }: OpenedFirestore, query: AuditQuery): Query {
  let found: Query = db
    .collection(AUDIT_EVENTS)
    .orderBy('at', 'desc')
    .orderBy(FieldPath.documentId(), 'desc');
  for (const field of ['actor', 'target', 'action'] as const) {
    if (query[field] !== undefined) found = found.where(field, '==', query[field]);
  }
  const at = ({ seconds, nanoseconds }: Rfc3339) => new Timestamp(seconds, nanoseconds);
  if (query.from !== undefined) found = found.where('at', '>=', at(query.from));
  if (query.to !== undefined) found = found.where('at', '<', at(query.to));
  return startAfterTime(found, query.pageToken, Timestamp);
}
