import type { Query, QueryDocumentSnapshot, Timestamp } from '@google-cloud/firestore';
import { decodePageToken, encodePageToken, invalidPageToken } from '../../core/pagination.ts';

interface Page {
  readonly docs: readonly QueryDocumentSnapshot[];
  /** The next page begins after it; undefined when there is none. */
  readonly last: QueryDocumentSnapshot | undefined;
}

/** The first documents of a query. Reads one more to find out whether there is another page. */
export async function readPage(query: Query, size: number): Promise<Page> {
  const { docs } = await query.limit(size + 1).get();
  const shown = docs.slice(0, size);
  return { docs: shown, last: docs.length > size ? shown.at(-1) : undefined };
}

/** The page token of a list that is ordered by a time and the id. */
export function timeToken(last: QueryDocumentSnapshot, field: string): string {
  const { seconds, nanoseconds } = last.get(field);
  return encodePageToken([seconds, nanoseconds, last.id]);
}

/** Continues after a {@link timeToken}. @throws AppError `invalid_argument` for any other token */
export function startAfterTime(query: Query, token: string | undefined, Time: typeof Timestamp): Query {
  const after = decodePageToken(token, ['number', 'number', 'string']);
  if (after === undefined) return query;
  const [seconds, nanoseconds, id] = after;
  if (!/^[A-Za-z0-9-]{1,64}$/.test(String(id))) throw invalidPageToken();
  try {
    return query.startAfter(new Time(Number(seconds), Number(nanoseconds)), String(id));
  } catch (error) {
    throw invalidPageToken(error);
  }
}
