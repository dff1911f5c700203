import { randomBytes } from 'node:crypto';
import type {
  DocumentReference,
  DocumentSnapshot,
  QueryDocumentSnapshot,
  Timestamp,
} from '@google-cloud/firestore';
import { sessionHash } from '../authn/session-cookie/authenticator.ts';
import type { Session } from '../authn/session-cookie/ports.ts';
import type { Assurance } from '../core/access-types.ts';
import { invalidToken } from '../core/errors.ts';
import { toDate } from '../core/time.ts';
import { type OpenedFirestore, omitUndefined } from '../platform/firestore/firestore.ts';
import type { Device } from './device.ts';

export const SESSIONS = 'sessions';

/** @param valueHash SHA-256 of the cookie value, base64url */
export const refOf = ({ db }: OpenedFirestore, valueHash: string): DocumentReference =>
  db.doc(`${SESSIONS}/${valueHash}`);

/** A random cookie value, and the id of its document. */
export function newValue(): { readonly value: string; readonly valueHash: string } {
  const value = `gs1_${randomBytes(32).toString('base64url')}`;
  return { value, valueHash: sessionHash(value) };
}

/**
 * A session as stored, under the hash of its cookie value. Its ends, and whether a step-up still counts, depend on the roles that
 * the user has at each read.
 */
export interface StoredSession extends Omit<Session, 'idleEnd' | 'absoluteEnd' | 'replaced'>, Device {
  /** Of the sign-in. */
  readonly assurance: Assurance;
  readonly stepUp?: SessionStepUp | undefined;
  /** The cookie value was rotated. Parallel requests may use the old one until this second. */
  readonly replacedUntil?: number | undefined;
}

/** The Firestore document of a session. @param expireAt second since the epoch after which Firestore may delete it (TTL) */
export function toDocument(session: StoredSession, expireAt: number): Record<string, unknown> {
  const { directoryId, assurance, created, lastSeen, replacedUntil, ...rest } = session;
  return omitUndefined({
    ...rest,
    user: directoryId,
    assurance: omitUndefined(assurance),
    created: toDate(created),
    lastSeen: toDate(lastSeen),
    replacedUntil: toDate(replacedUntil),
    expireAt: toDate(expireAt),
  });
}

/** A second factor that the user has proved in a session. */
export interface SessionStepUp {
  /** Seconds since the epoch. */
  readonly at: number;
  readonly methods: readonly string[];
  /** Of the directory entry at that time: a role change ends the step-up. */
  readonly rolesVersion: number;
}

/**
 * The session of a document; undefined when there is none.
 *
 * @throws AppError `invalid_token` for a document that {@link toDocument} did not write: its user signs in again
 */
export function fromDocument(snapshot: DocumentSnapshot): StoredSession | undefined {
  const fields = snapshot.data();
  if (fields === undefined) return undefined;
  try {
    const { user, assurance, stepUp, created, lastSeen, replacedUntil, expireAt: _, ...rest } = fields;
    const { level, at, methods } = assurance;
    return {
      // As written. The sign-in policy refuses a session without a text that it asks for.
      ...(rest as Device & Pick<Session, 'uid' | 'email' | 'emailVerified' | 'provider'>),
      id: text(rest.id),
      directoryId: text(user),
      issuer: text(rest.issuer),
      subject: text(rest.subject),
      assurance: {
        level: levelOf(level),
        at: at === undefined ? undefined : second(at),
        methods: [...methods],
      },
      ...(stepUp !== undefined && {
        stepUp: {
          at: second(stepUp.at),
          methods: [...stepUp.methods],
          rolesVersion: second(stepUp.rolesVersion),
        },
      }),
      validSince: second(rest.validSince),
      created: secondOf(created),
      lastSeen: secondOf(lastSeen),
      csrfKey: text(rest.csrfKey),
      rolesVersion: second(rest.rolesVersion),
      ...(replacedUntil !== undefined && { replacedUntil: secondOf(replacedUntil) }),
    };
  } catch (cause) {
    throw invalidToken('damaged-session', { logDetail: 'a document of sessions is damaged', cause });
  }
}

/** A session with its documents: one, and during the overlap of a rotation two. */
export interface SessionDocuments {
  readonly stored: StoredSession;
  readonly documents: readonly QueryDocumentSnapshot[];
}

/** The sessions of documents, by public id. Damaged documents are no session. */
export function sessionsIn(documents: readonly QueryDocumentSnapshot[]): SessionDocuments[] {
  const groups = Map.groupBy(documents, (document): unknown => document.get('id'));
  return [...groups.values()].flatMap((group) => {
    const read = group.flatMap((document) => {
      try {
        return fromDocument(document) ?? [];
      } catch {
        return [];
      }
    });
    const stored = read.find(({ replacedUntil }) => replacedUntil === undefined);
    return stored === undefined ? [] : [{ stored, documents: group }];
  });
}

function text(value: unknown): string {
  if (typeof value !== 'string' || value === '') throw new TypeError('not a text');
  return value;
}

function levelOf(value: unknown): Assurance['level'] {
  if (value !== 'aal1' && value !== 'aal2') throw new TypeError('not a level');
  return value;
}

/** No comparison with `NaN` is true: nothing would end or be revoked. */
function second(value: unknown): number {
  if (typeof value !== 'number' || !Number.isSafeInteger(value)) throw new TypeError('not a whole number');
  return value;
}

const secondOf = (time: unknown) => second((time as Timestamp).seconds);
